// The direction of imports (ARCHITECTURE.md, "The house"). test/imports.test.ts plants a violation of each rule and
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
    only('domain'),
    only('signing', 'domain/'),
    only('config', 'domain/'),
    only('telemetry', 'domain/'),
    only('vault', 'domain/'),
    only('net', 'domain/'),
    only('store', 'domain/'),
    only('engine', 'domain/', 'signing/', 'vault/', 'store/store\\.ts$', 'dialects/dialect\\.ts$'),
    only('operations', 'domain/', 'signing/', 'vault/', 'engine/', 'store/store\\.ts$', 'dialects/dialect\\.ts$'),
    only('http', 'domain/', 'operations/', 'store/store\\.ts$', 'dialects/dialect\\.ts$'),
    only('dialects', 'domain/', 'signing/', 'http/', 'operations/'),
    only('api', 'domain/', 'http/', 'operations/', 'dialects/dialect\\.ts$', 'store/store\\.ts$'),
    {
      name: 'store-contract-imports-only-domain',
      severity: 'error',
      from: { path: '^src/store/store\\.ts$' },
      to: { path: '^src/', pathNot: '^src/domain/' },
    },
    {
      name: 'databases-never-meet',
      severity: 'error',
      from: { path: '^src/store/([^/]+)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/store/[^/]+/', pathNot: '^src/store/($1|conformance)/' },
    },
    {
      name: 'vendors-never-meet',
      severity: 'error',
      from: { path: '^src/dialects/([^/]+)/' },
      to: { path: '^src/dialects/[^/]+/', pathNot: ['^src/dialects/$1/', '^src/dialects/conformance/'] },
    },
    {
      name: 'only-app-sees-everything',
      severity: 'error',
      from: { path: '^src/(?!app\\.ts|main\\.ts|cli/)', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(app|main)\\.ts$' },
    },
    {
      name: 'src-does-not-import-tests-or-benchmarks',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(test|bench|examples)/' },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['node', 'import'],
    },
  },
}
