// Builds the pages and compresses their files. `npm ci` runs it. It does nothing where Vite is not installed, and where
// no source has changed since the last build.

import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzipSync } from 'node:zlib'
import type { build as Build } from 'vite'

const entries = ['dashboard', 'portal']
const folder = import.meta.dirname
const built = join(folder, 'dist')
const mark = join(built, 'built-from')
const scalarPackage = '@scalar/fastify-api-reference'
const brotli = promisify(brotliCompress)

const vite = await import('vite').catch((error: NodeJS.ErrnoException) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
  return null
})
if (vite === null) console.log('ui: Vite is not installed, so the pages are not built')
else await Promise.all([buildPages(vite.build), buildDocs()])

async function buildPages(build: typeof Build): Promise<void> {
  if (existsSync(mark) && readFileSync(mark, 'utf8') === sourcesHash()) return console.log('ui: nothing has changed')
  for (const entry of entries) {
    rmSync(join(built, entry), { recursive: true, force: true })
    await build({ configFile: join(folder, 'vite.config.ts'), mode: entry, logLevel: 'warn' })
    for (const name of readdirSync(join(built, entry), { recursive: true, encoding: 'utf8' })) {
      const path = join(built, entry, name)
      if (statSync(path).isFile()) await compressFile(path, 9)
    }
  }
  writeFileSync(mark, sourcesHash())
}

/**
 * Writes the script of the page /docs. To compress it takes 7 s, so that it is kept until Scalar has another version. Only
 * the package for Fastify has the script in one file without dependencies.
 */
async function buildDocs(): Promise<void> {
  const target = join(built, 'docs')
  const version = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.resolve(scalarPackage))))
  const path = join(target, `assets/scalar-${version.digest('hex').slice(0, 8)}.js`)
  // Written last.
  if (existsSync(`${path}.br`)) return
  rmSync(target, { recursive: true, force: true })
  mkdirSync(dirname(path), { recursive: true })
  const [{ default: scalar }, { default: createServer }] = await Promise.all([import(scalarPackage), import('fastify')])
  const server = createServer()
  await server.register(scalar, { routePrefix: '/docs', configuration: { sources: [] } })
  const { body } = await server.inject('/docs/js/scalar.js')
  await server.close()
  writeFileSync(path, body.replace(/\n\/\/# sourceMappingURL=.*\n?$/, ''))
  await compressFile(path, 11)
}

/** @param quality of Brotli, 0 to 11 */
async function compressFile(path: string, quality: number): Promise<void> {
  const content = readFileSync(path)
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }))
  writeFileSync(`${path}.br`, await brotli(content, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }))
}

function sourcesHash(): string {
  const hash = createHash('sha256')
  const sources = globSync('{*.ts,*.json,{dashboard,portal,shared}/**/*}', { cwd: folder }).toSorted()
  for (const source of [...sources, '../package-lock.json']) {
    const path = join(folder, source)
    if (statSync(path).isFile()) hash.update(`${source}\0`).update(readFileSync(path)).update('\0')
  }
  return hash.digest('hex')
}
