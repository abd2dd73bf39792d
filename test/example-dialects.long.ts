// The files of examples/dialects pass the check, and one server can serve all of them.

import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { after, suite, test } from 'node:test'
import { openSite } from '../src/testing/site.ts'
import { checkDialect } from '../src/dialect-check/check-dialect.ts'
import { DefinedDialect } from '../src/dialect-kit/define-dialect.ts'
import { loadDialects } from '../src/dialects/load.ts'
import { registry } from '../src/dialects/registry.ts'

const folder = resolve(import.meta.dirname, '../examples/dialects')
const files = globSync('*.ts', { cwd: folder })
  .filter((file) => !file.endsWith('.examples.ts'))
  .map((file) => resolve(folder, file))
const all = await loadDialects(files)
const loaded = all.slice(registry.length).filter((one) => one instanceof DefinedDialect)

test('there are examples, and each has the examples of its vendor', () => {
  assert.ok(loaded.length >= 3)
  assert.deepEqual(
    loaded.map(({ dialect }) => dialect.name),
    files.map((file) => basename(file, '.ts')),
  )
  for (const { definition } of loaded) {
    assert.ok((definition.examples?.requests?.length ?? 0) > 0)
    assert.ok((definition.examples?.deliveries?.length ?? 0) > 0)
  }
})

suite('served all at once with the shipped ones, each passes the check:', { concurrency: 4 }, () => {
  const site = openSite(all)
  after(async () => (await site).close())
  for (const defined of loaded) {
    test(defined.dialect.name, async () => {
      const results = await checkDialect(defined, await site)
      assert.ok(results.length > 30)
      assert.deepEqual(
        results.filter(({ faults }) => faults.length > 0),
        [],
      )
    })
  }
})
