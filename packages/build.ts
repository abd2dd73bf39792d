// Builds what is published of a package: `node packages/build.ts [package] [target]`. Node refuses TypeScript below
// `node_modules`, so the target gets JavaScript, declarations and source maps, in the folders of the sources. Its
// package.json is that of the sources, with paths of the built files and without what only development needs.

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The members of package.json that are published besides `bin` and `exports`. */
const published = ['name', 'version', 'description', 'keywords', 'license', 'author', 'homepage', 'repository', 'bugs']
const needed = ['type', 'sideEffects', 'engines', 'dependencies', 'peerDependencies', 'peerDependenciesMeta']

interface Manifest {
  readonly bin?: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string>>
  readonly [member: string]: unknown
}

const repository = resolve(import.meta.dirname, '..')
const source = resolve(process.argv[2] ?? repository)
const target = resolve(process.argv[3] ?? join(source, 'dist'))

if (source === repository && !existsSync(join(source, 'ui/dist/dashboard'))) {
  console.error('the pages are not built: npm run build builds them')
  process.exit(1)
}
rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })
compile()
copyAssets()
writeManifest()

function compile(): void {
  const config = join(target, 'tsconfig.json')
  const sources = source === repository ? ['src', 'packages/*/src'] : ['src']
  const compilerOptions = {
    // What Node 24 has: a later feature fails the build.
    lib: ['es2025'],
    noEmit: false,
    allowJs: true,
    declaration: true,
    sourceMap: true,
    inlineSources: true,
    rewriteRelativeImportExtensions: true,
    typeRoots: [join(repository, 'node_modules/@types')],
    rootDir: source,
    outDir: target,
  }
  const include = sources.map((folder) => join(source, folder))
  const exclude = [join(source, '**/*.test.ts')]
  writeFileSync(
    config,
    JSON.stringify({ extends: join(nearest('tsconfig.json'), 'tsconfig.json'), compilerOptions, include, exclude }),
  )
  const tsc = join(repository, 'node_modules/typescript/bin/tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-p', config], { stdio: 'inherit' })
  rmSync(config)
  if (status !== 0) process.exit(1)
  // tsc rewrites the imports of JavaScript only. Editors and tools look for `.js` in declarations too.
  for (const file of globSync('**/*.d.ts', { cwd: target })) {
    const path = join(target, file)
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replaceAll(/((?:from|import\() ?['"]\.[^'"\n]*)\.ts(['"])/g, '$1.js$2'))
  }
}

/** The folder of `name` that is next to the package: its own, or the repository. */
function nearest(name: string): string {
  return existsSync(join(source, name)) ? source : repository
}

/** Copies the files that the program reads beside its modules, and the documents of the package. */
function copyAssets(): void {
  const assets = ['src/**/*.sql', 'ui/dist/*/**', 'README.md', 'CHANGELOG.md']
  for (const file of globSync(assets, { cwd: source, exclude: ['src/**/rendered/*', '**/node_modules/**'] })) {
    cpSync(join(source, file), join(target, file), { recursive: true })
  }
  cpSync(join(nearest('LICENSE'), 'LICENSE'), join(target, 'LICENSE'))
}

function writeManifest(): void {
  const manifest = manifestOf(source)
  const kept = Object.entries(manifest).filter(([member]) => [...published, ...needed].includes(member))
  const exports = Object.entries(manifest.exports).map(([name, path]) => [name, builtExport(path)])
  const built = {
    ...Object.fromEntries(kept),
    // All packages are published together.
    version: manifestOf(repository)['version'],
    bin: manifest.bin,
    exports: Object.fromEntries(exports),
  }
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(built, null, 2)}\n`)
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
}

function builtExport(path: string): { readonly types: string; readonly default: string } | string {
  if (!path.endsWith('.ts')) return path
  return { types: path.replace(/\.ts$/, '.d.ts'), default: path.replace(/\.ts$/, '.js') }
}
