// SIGTERM under load, again and again: the server ends in time and with 0, nothing accepted is lost, and nothing that
// succeeded is sent again.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { limits } from '../../src/domain/limits.ts'
import { assertNothingLost } from '../support/crash-verdict.ts'
import { runCrashes } from '../support/crash-run.ts'
import { stopSite } from '../support/crash-site.ts'
import { crashSeed, long } from '../support/crash-size.ts'

const rounds = long ? 100 : 5
const timeout = 90_000 + rounds * 8_000

void suite('SIGTERM under load: nothing is lost, and nothing is sent twice', { concurrency: 2 }, () => {
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
