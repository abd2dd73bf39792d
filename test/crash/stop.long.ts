// SIGTERM under load, many times: the server exits in time with code 0, no accepted event is lost, and no delivered
// event is sent again.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { limits } from '../../src/domain/limits.ts'
import { assertNothingLost } from '../support/crash-verdict.ts'
import { runCrashes } from '../support/crash-run.ts'
import { stopSite } from '../support/crash-site.ts'
import { crashSeed } from '../support/random.ts'
import { isFull } from '../support/size.ts'

const rounds = isFull ? 100 : 5
const timeout = 90_000 + rounds * 8_000

void suite('SIGTERM under load: no event is lost, and none is sent twice', { concurrency: 2 }, () => {
  for (const database of ['SQLite', 'PostgreSQL'] as const) {
    void test(`${rounds} times on ${database}`, { timeout }, async (t) => {
      let stopMsMax = 0
      const site = await stopSite(database, (ms) => (stopMsMax = Math.max(stopMsMax, ms)))
      const run = await runCrashes(site, rounds, crashSeed)
      assertNothingLost(t, run, rounds)
      t.diagnostic(`longest stop ${Math.round(stopMsMax)} ms`)
      assert.equal(run.verdict.duplicates, 0, `seed ${crashSeed}`)
      assert.ok(stopMsMax < limits.stopMs, `a stop took ${stopMsMax} ms, seed ${crashSeed}`)
    })
  }
})
