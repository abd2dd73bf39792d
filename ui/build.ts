// Builds the pages and compresses their files. `npm ci` runs it. It does nothing where Vite is not installed, and where
// no source has changed since the last build.

import { createHash } from 'node:crypto'
import { existsSync, globSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const entries = ['dashboard', 'portal']
const folder = import.meta.dirname
const built = join(folder, 'dist')
const mark = join(built, 'built-from')

const vite = await import('vite').catch((error: NodeJS.ErrnoException) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
  return null
})
if (vite === null) console.log('ui: Vite is not installed, so the pages of dashboard and portal are not built')
else if (existsSync(mark) && readFileSync(mark, 'utf8') === sourcesHash()) console.log('ui: nothing has changed')
else {
  rmSync(built, { recursive: true, force: true })
  for (const entry of entries) {
    await vite.build({ configFile: join(folder, 'vite.config.ts'), mode: entry, logLevel: 'warn' })
  }
  compressFiles()
  writeFileSync(mark, sourcesHash())
}

function compressFiles(): void {
  for (const name of readdirSync(built, { recursive: true, encoding: 'utf8' })) {
    const path = join(built, name)
    if (!statSync(path).isFile()) continue
    const content = readFileSync(path)
    writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }))
    writeFileSync(`${path}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }))
  }
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
