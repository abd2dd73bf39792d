// SECURITY.md and docs/reliability.md name the tests that hold each promise: they exist. And no dependency runs code when
// it is installed, but for those that are known to.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

for (const [document, column] of [
  ['SECURITY.md', 3],
  ['docs/reliability.md', 2],
] as const) {
  test(`every promise of ${document} names tests, and all of them exist`, () => {
    const table = /(?:^\|.*\|\n)+/m.exec(read(document))?.[0] ?? ''
    // Without its head and the line below.
    const promises = table.trim().split('\n').slice(2)
    assert.ok(promises.length > 5)
    for (const promise of promises) {
      const files = [...(promise.split(' | ')[column - 1] ?? '').matchAll(/`([^` ]+\/[^` ]+)`/g)]
      assert.ok(files.length > 0, promise)
      for (const [, file] of files) assert.ok(existsSync(new URL(`../${file}`, import.meta.url)), `${promise}: ${file}`)
    }
  })
}

test('no dependency has an install script but those that are allowed', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { hasInstallScript?: boolean }>
  }
  const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: Record<string, boolean> }
  const running = Object.entries(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length))
  assert.deepEqual(running.toSorted(), Object.keys(allowScripts).toSorted())
})
