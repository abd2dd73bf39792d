// The direction of imports is checked by dependency-cruiser. A checker that reads nothing passes everything, so each
// rule is shown a violation here and must find it.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, suite, test } from 'node:test'
import { ownDialect, registry } from '../src/dialects/registry.ts'

const root = new URL('..', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'posthorn-imports-'))
after(() => rmSync(folder, { recursive: true }))

const vendors = registry.map(({ dialect }) => dialect.name).filter((name) => name !== ownDialect)
const vendor = vendors[0] ?? ''

const violations: readonly [file: string, imports: string, rule: string][] = [
  ['src/domain/planted.ts', '../contracts/store.ts', 'domain-imports-only'],
  ['src/contracts/planted.ts', '../engine/engine.ts', 'contracts-imports-only'],
  ['src/signing/planted.ts', '../engine/engine.ts', 'signing-imports-only'],
  ['src/config/planted.ts', '../engine/engine.ts', 'config-imports-only'],
  ['src/telemetry/planted.ts', '../engine/engine.ts', 'telemetry-imports-only'],
  ['src/vault/planted.ts', '../engine/engine.ts', 'vault-imports-only'],
  ['src/quota/planted.ts', '../front/tokens.ts', 'quota-imports-only'],
  ['src/net/planted.ts', '../store/rows.ts', 'net-imports-only'],
  ['src/store/planted.ts', '../engine/engine.ts', 'store-imports-only'],
  ['src/engine/planted-store.ts', '../store/sqlite/sqlite-store.ts', 'engine-imports-only'],
  ['src/engine/planted-vendor.ts', `../dialects/${vendor}/${vendor}.ts`, 'engine-imports-only'],
  ['src/engine/planted-dialect.ts', '../contracts/dialect.ts', 'engine-knows-deliveries-only'],
  ['src/operations/planted.ts', '../store/sqlite/sqlite-store.ts', 'operations-imports-only'],
  ['src/http/planted.ts', '../operations/context.ts', 'http-imports-only'],
  ['src/front/planted.ts', '../dialects/registry.ts', 'front-imports-only'],
  ['src/api/planted.ts', '../engine/engine.ts', 'api-imports-only'],
  ['src/web/planted.ts', '../engine/engine.ts', 'web-imports-only'],
  ['ui/dashboard/planted.ts', '../../src/api/tenants.ts', 'pages-import-shapes-alone'],
  ['ui/shared/planted.ts', '../dashboard/router.tsx', 'shared-parts-know-no-page'],
  ['src/domain/planted-page.ts', '../../ui/shared/client.ts', 'src-does-not-import-tests'],
  ['src/dialect-kit/planted.ts', '../store/rows.ts', 'dialect-kit-imports-only'],
  ['src/dialect-check/planted.ts', '../operations/context.ts', 'dialect-check-imports-only'],
  ['src/dialect-draft/planted.ts', '../dialect-kit/fields/fields.ts', 'dialect-draft-imports-only'],
  ['src/dialects/planted-operation.ts', '../operations/context.ts', 'dialects-imports-only'],
  [`src/dialects/${vendor}/planted-store.ts`, '../../store/rows.ts', 'dialects-imports-only'],
  [`src/dialects/${vendor}/planted-kit.ts`, '../../dialect-kit/fields/fields.ts', 'vendors-import-the-kit-alone'],
  [`src/dialects/${vendor}/planted-promise.ts`, '../../domain/maybe-promise.ts', 'fast-path-stays-inside'],
  [`src/dialects/${vendor}/planted-vendor.ts`, '../standard/standard.ts', 'vendors-never-meet'],
  ['src/net/planted-dependency.ts', 'standardwebhooks', 'no-development-dependency'],
  ['src/store/planted/planted.ts', '../sqlite/sqlite-store.ts', 'databases-never-meet'],
  ['src/operations/planted-app.ts', '../app.ts', 'only-app-sees-everything'],
  ['src/domain/planted-bench.ts', '../../bench/run.ts', 'src-does-not-import-tests'],
  ['packages/client/src/planted.ts', 'node:fs', 'packages-stand-alone'],
  ['packages/verify/src/planted.ts', '../../../src/contracts/recipe.ts', 'packages-stand-alone'],
  ['src/domain/planted-nothing.ts', './nowhere.ts', 'no-missing'],
  ['src/domain/planted-cycle.ts', './planted-cycle-back.ts', 'no-cycle'],
  ['src/domain/planted-cycle-back.ts', './planted-cycle.ts', 'no-cycle'],
]

suite('the direction of imports', () => {
  for (const name of ['src', 'test', 'bench', 'ui', 'packages', '.dependency-cruiser.js', 'package.json']) {
    cpSync(join(root, name), join(folder, name), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))

  test('is kept by the code as it is', () => {
    const { status, output } = cruise()
    assert.equal(status, 0, output)
    assert.ok(Number(/(\d+) modules/.exec(output)?.[1]) > 80, output)
  })

  test('is broken, for each rule, by an import of a type alone', () => {
    for (const [file, imports] of violations) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      const text = `import type * as planted from '${imports}'\nexport type Planted = typeof planted\n`
      writeFileSync(join(folder, file), text)
    }
    const { output } = cruise()
    for (const [file, , rule] of violations) {
      const found = output
        .split('\n')
        .some((line) => line.includes(` ${rule}`) && line.includes(`: ${file.replace('.ts', '')}`))
      assert.ok(found, `${rule} did not find ${file}:\n${output}`)
    }
  })
})

test("a vendor's name stands in its own folder, in the registry, and nowhere else in the source", () => {
  assert.ok(vendors.length > 0)
  const files = globSync('src/**/*.{ts,sql}', { cwd: root }).filter((file) => !file.endsWith('.test.ts'))
  assert.ok(files.length > 100)
  for (const file of files) {
    if (file === 'src/dialects/registry.ts') continue
    const text = readFileSync(join(root, file), 'utf8')
    for (const name of vendors) {
      if (file.startsWith(`src/dialects/${name}/`)) continue
      assert.doesNotMatch(text, new RegExp(`\\b${name}\\b`, 'i'), file)
    }
  }
})

function cruise(): { status: number | null; output: string } {
  const command = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [command, '--config', '.dependency-cruiser.js', 'src', 'ui', 'packages'],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  )
  return { status, output: stdout + stderr }
}
