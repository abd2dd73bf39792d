// SECURITY.md and docs/reliability.md name the tests that hold each promise: they exist. And no dependency runs code when
// it is installed, but for those that are known to.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

for (const document of ['SECURITY.md', 'docs/reliability.md']) {
  test(`every promise of ${document} names tests, and all of them exist`, () => {
    let promises = 0
    for (const [table] of read(document).matchAll(/(?:^\|.*\|\n)+/gm)) {
      const [head = [], , ...rows] = table.split('\n').map((row) => row.split('|').map((cell) => cell.trim()))
      const column = head.findIndex((cell) => cell === 'Tests' || cell === 'Proved by')
      if (column === -1) continue
      for (const row of rows.filter((cells) => cells.length > 1)) {
        promises += 1
        const files = [...(row[column] ?? '').matchAll(/`([^` ]+\/[^` ]+)`/g)]
        assert.ok(files.length > 0, row.join('|'))
        for (const [, file] of files)
          assert.ok(existsSync(new URL(`../${file}`, import.meta.url)), `${row[1]}: ${file}`)
      }
    }
    assert.ok(promises > 5)
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
