// A short run of the fuzzer: 3,000 requests from a fixed seed. The long run is `npm run test:fuzz`.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from './fuzz.ts'

test(
  'every generated request gets a documented response, and the server stays healthy',
  { timeout: 120_000 },
  async (t) => {
    const { requests, seconds, statuses, residentBytes, slowestMs } = await fuzz({
      seed: 20_261_121,
      requests: 3000,
      timeMs: 15_000,
    })
    t.diagnostic(`${requests} requests in ${seconds} s, slowest ${slowestMs} ms, ${residentBytes} bytes resident`)
    t.diagnostic(JSON.stringify(statuses))
    const succeeded = Object.entries(statuses).filter(([status]) => status.startsWith('2'))
    const count = succeeded.reduce((sum, [, one]) => sum + one, 0)
    assert.ok(count > requests / 10, `only ${count} requests were valid: the code behind validation is hardly tested`)
  },
)
