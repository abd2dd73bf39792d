// A Node that is too old for the program says so in one line. The test uses an old Node of this machine if there is one.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { test } from 'node:test'

const repository = resolve(import.meta.dirname, '..')
const { engines, scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  readonly engines: { readonly node: string }
  readonly scripts: { readonly start: string }
}
const [oldest = ''] = /[\d.]+$/.exec(engines.node) ?? []
const [oldestMajor = 0, oldestMinor = 0] = oldest.split('.').map(Number)
/** The arguments of the command of `npm start`, without `exec node`. */
const startArguments = scripts.start.split(' ').slice(2)

for (const version of [`${oldestMajor - 1}.99.9`, `${oldestMajor}.${oldestMinor - 1}.9`]) {
  test(`a Node that pretends to be ${version} gets one line`, () => {
    const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`
    assertRefused(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`])
  })
}

const old = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'node'))
  .find(isOld)

test('an old Node gets one line', { skip: old === undefined && 'needs a Node that is too old' }, () => {
  assertRefused(old ?? '', [])
})

function isOld(node: string): boolean {
  const { status, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  return status === 0 && Number.parseInt(stdout.slice(1), 10) < oldestMajor
}

function assertRefused(node: string, options: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(node, [...options, ...startArguments], {
    cwd: repository,
    encoding: 'utf8',
  })
  assert.match(stderr, new RegExp(`^posthorn: [^\n]* Node \\d+\\.[^\n]* Node ${RegExp.escape(oldest)} [^\n]*\n$`))
  assert.deepEqual([status, stdout], [1, ''])
}
