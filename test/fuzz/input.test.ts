// The short form of the fuzzer: a few thousand of requests from a fixed seed. The long form is `npm run test:fuzz`.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from './fuzz.ts'

test('whatever comes in, the answer is clear, and the server is as before', { timeout: 120_000 }, async (t) => {
  const { requests, seconds, statuses, residentBytes, slowestMs } = await fuzz({
    seed: 20_261_121,
    requests: 3000,
    timeMs: 15_000,
  })
  t.diagnostic(`${requests} requests in ${seconds} s, ${slowestMs} ms the slowest, ${residentBytes} bytes`)
  t.diagnostic(JSON.stringify(statuses))
  const succeeded = Object.entries(statuses).filter(([status]) => status.startsWith('2'))
  const count = succeeded.reduce((sum, [, one]) => sum + one, 0)
  assert.ok(count > requests / 10, 'enough of it was valid to reach what lies behind the checks')
})
