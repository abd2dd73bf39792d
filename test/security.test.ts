// The tests that SECURITY.md and docs/reliability.md name for each promise exist. No dependency runs code when it is
// installed, except for the known ones.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

/** The sections whose list items are promises. Each has at least so many of them. */
const promises = [
  { document: 'SECURITY.md', section: 'Promises', atLeast: 10 },
  { document: 'docs/reliability.md', section: 'Promises', atLeast: 20 },
  { document: 'docs/reliability.md', section: 'How webhook services lose events', atLeast: 10 },
]

for (const { document, section, atLeast } of promises) {
  test(`every item under "${section}" in ${document} names a test, and all named tests exist`, () => {
    const text = read(document)
      .split(/^## /m)
      .find((part) => part.startsWith(`${section}\n`))
    const items = text?.split(/^- /m).slice(1) ?? []
    assert.ok(items.length >= atLeast, `${items.length} promises`)
    for (const item of items) {
      const [, proof = ''] = /^ {2}- Proved by: (.*?)(?=^ {2}- |^#|(?![^]))/ms.exec(item) ?? []
      const files = [...proof.matchAll(/`([^` ]+\/[^` ]+)`/g)].map(([, file]) => file)
      assert.ok(files.length > 0, `no test is named: ${item}`)
      for (const file of files) {
        assert.match(file ?? '', /^test\/|\.test\.ts$/)
        assert.ok(existsSync(new URL(`../${file}`, import.meta.url)), `${file} does not exist: ${item}`)
      }
    }
  })
}

test('only the allowed dependencies have an install script', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { hasInstallScript?: boolean }>
  }
  const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: Record<string, boolean> }
  const running = Object.entries(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length))
  assert.deepEqual(running.toSorted(), Object.keys(allowScripts).toSorted())
})
