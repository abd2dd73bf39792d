// The power of the disk with the database is cut under load: whatever was answered with 202 is delivered all the same.
// The control runs with commits that are not flushed, and must lose some: else the cut would prove nothing.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { runCrashes } from '../support/crash-run.ts'
import { powerCutSite } from '../support/crash-site.ts'
import { crashSeed, long } from '../support/crash-size.ts'
import { assertNothingLost } from '../support/crash-verdict.ts'
import { whyNoLossyDisk } from '../support/lossy-disk.ts'

const cuts = long ? 50 : 1
/** After more, a PostgreSQL that flushes nothing does not even start. */
const controlCuts = 1
// Far above what a cut takes.
const timeout = 90_000 + cuts * 10_000
const skip = whyNoLossyDisk() ?? false

void suite('a power cut under load loses nothing that was accepted', { concurrency: 4 }, () => {
  for (const database of ['SQLite', 'PostgreSQL'] as const) {
    void test(`${cuts} times on ${database}`, { timeout, skip }, async (t) => {
      assertNothingLost(t, await runCrashes(await powerCutSite(database, false), cuts, crashSeed), cuts)
    })

    void test(`control: with weak commits ${database} loses some`, { timeout, skip }, async (t) => {
      const { verdict } = await runCrashes(await powerCutSite(database, true), controlCuts, crashSeed)
      t.diagnostic(`accepted ${verdict.accepted}, lost ${verdict.lost}`)
      assert.ok(verdict.lost > 0, 'nothing was lost: the cut cuts nothing')
    })
  }
})
