// SECURITY.md names the tests that hold each promise: they exist. And no dependency runs code when it is installed, but
// for those that are known to.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

test('every promise of SECURITY.md names tests, and all of them exist', () => {
  const promises = [...read('SECURITY.md').matchAll(/^\| (?!Threat|---)(.*?) +\|.*\| +(.*?) +\|$/gm)]
  assert.ok(promises.length > 5)
  for (const [, threat = '', tests = ''] of promises) {
    const files = [...tests.matchAll(/`([^`]+)`/g)].map(([, file]) => file ?? '')
    assert.ok(files.length > 0, threat)
    for (const file of files) assert.ok(existsSync(new URL(`../${file}`, import.meta.url)), `${threat}: ${file}`)
  }
})

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
