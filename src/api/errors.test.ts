import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { operatorErrorCodes } from './error-codes.ts'

test('docs/errors.md lists every code of the operator API with its status, and no other', () => {
  const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `(\w+)` +\| (\d{3}) +\| (.+?) *\|$/gm)]
  const documented = rows.map(([, code, status]) => [code, Number(status)] as const)
  assert.equal(new Set(documented.map(([code]) => code)).size, documented.length, 'no code is listed twice')
  assert.deepEqual(Object.fromEntries(documented), { ...operatorErrorCodes })
})
