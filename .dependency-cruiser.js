// The direction of imports (ARCHITECTURE.md, "The house"). test/imports.long.ts plants a violation of each rule and
// sees it found, so that a parser which reads nothing cannot pass for a clean house.

const only = (from, ...to) => ({
  name: `${from}-imports-only`,
  severity: 'error',
  from: { path: `^src/${from}/`, pathNot: '\\.test\\.ts$' },
  to: { path: '^src/', pathNot: [`^src/${from}/`, ...to.map((folder) => `^src/${folder}`)] },
})

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-missing', severity: 'error', from: {}, to: { couldNotResolve: true } },
    // From the lowest room to the highest: an arrow never points to a room further down this list.
    only('domain'),
    only('contracts', 'domain/'),
    only('signing', 'domain/'),
    only('config', 'domain/', 'private-folder\\.ts$'),
    only('telemetry', 'domain/', 'contracts/'),
    only('vault', 'domain/', 'contracts/'),
    only('quota', 'domain/', 'contracts/'),
    only('store', 'domain/', 'contracts/', 'private-folder\\.ts$'),
    only('net', 'domain/', 'contracts/'),
    only('engine', 'domain/', 'contracts/', 'vault/'),
    only('operations', 'domain/', 'contracts/', 'vault/', 'engine/'),
    only('http', 'domain/', 'contracts/'),
    only('front', 'domain/', 'contracts/', 'quota/', 'operations/', 'http/'),
    only('dialect-kit', 'domain/', 'contracts/', 'signing/', 'quota/', 'operations/', 'http/', 'front/'),
    only('dialects', 'contracts/', 'dialect-kit/'),
    only('dialect-check', 'domain/', 'contracts/', 'dialect-kit/'),
    only('dialect-draft'),
    {
      name: 'vendors-import-the-kit-alone',
      comment: 'a shipped dialect may use nothing that a file from outside could not',
      severity: 'error',
      from: { path: '^src/dialects/[^/]+/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: ['^src/dialects/', '^src/dialect-kit/index\\.ts$'] },
    },
    only('api', 'domain/', 'contracts/', 'operations/', 'http/', 'front/'),
    only('web', 'domain/', 'contracts/', 'operations/', 'http/', 'front/', 'api/'),
    {
      name: 'engine-knows-deliveries-only',
      comment: "what the APIs need of a dialect is none of the engine's business",
      severity: 'error',
      from: { path: '^src/engine/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/contracts/dialect\\.ts$' },
    },
    {
      name: 'fast-path-stays-inside',
      comment: 'a value instead of a promise is worth its trouble on the way of a request only',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(domain|operations|http|front|api|dialect-kit)/' },
      to: { path: '^src/domain/maybe-promise\\.ts$' },
    },
    {
      name: 'no-development-dependency',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], pathNot: '^node_modules/@types/' },
    },
    {
      name: 'databases-never-meet',
      severity: 'error',
      from: { path: '^src/store/([^/]+)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/store/[^/]+/', pathNot: '^src/store/$1/' },
    },
    {
      name: 'vendors-never-meet',
      severity: 'error',
      from: { path: '^src/dialects/([^/]+)/' },
      to: { path: '^src/dialects/[^/]+/', pathNot: '^src/dialects/$1/' },
    },
    {
      name: 'only-app-sees-everything',
      severity: 'error',
      from: { path: '^src/(?!app\\.ts|main\\.ts|posthorn\\.js|cli/|library/|testing/)', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/((app|main)\\.ts$|library/)' },
    },
    {
      name: 'pages-import-shapes-alone',
      comment: 'the pages know the shapes of the API, as types, and nothing else of the service',
      severity: 'error',
      from: { path: '^ui/' },
      to: {
        path: '^src/',
        pathNot:
          '^src/(api/[a-z-]*shapes?|api/(attempt-requests|dialects|receiving|status|stream)|contracts/recipe)\\.ts$',
      },
    },
    {
      name: 'dashboard-and-portal-never-meet',
      severity: 'error',
      from: { path: '^ui/(dashboard|portal)/' },
      to: { path: '^ui/(dashboard|portal)/', pathNot: '^ui/$1/' },
    },
    {
      name: 'shared-parts-know-no-page',
      severity: 'error',
      from: { path: '^ui/shared/' },
      to: { path: '^ui/(dashboard|portal)/' },
    },
    {
      name: 'packages-stand-alone',
      comment: 'they run in browsers and other runtimes too: no dependency, and no module of Node',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/' },
      to: { pathNot: '^packages/$1/src/' },
    },
    {
      name: 'src-does-not-import-tests-or-benchmarks',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(test|bench|examples|ui)/' },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^ui/dist/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['node', 'import'],
    },
  },
}
