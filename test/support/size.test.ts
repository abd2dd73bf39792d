// Every test file with more than one size runs long in CI, because a file `x.long.ts` imports it.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '../..')

function textsOf(pattern: string): ReadonlyMap<string, string> {
  const files = globSync(pattern, { cwd: root })
  return new Map(files.map((file) => [file, readFileSync(resolve(root, file), 'utf8')]))
}

test('every test file with more than one size is imported by a file of `npm run test:long`', () => {
  const long = [...textsOf('test/**/*.long.ts').values()].join('\n')
  const sized = [...textsOf('{src,test}/**/*.test.ts')].filter(([, text]) => /from '.*support\/size\.ts'/.test(text))
  assert.ok(sized.length > 0)
  const missing = sized.map(([file]) => file).filter((file) => !long.includes(`/${basename(file)}'`))
  assert.deepEqual(missing, [])
})
