// The power of the database's disk is cut under load: every event that was answered with 202 is still delivered. The
// control runs with commits that are not flushed and must lose events: otherwise the cut would prove nothing.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { runCrashes } from '../support/crash-run.ts'
import { powerCutSite } from '../support/crash-site.ts'
import { assertNothingLost } from '../support/crash-verdict.ts'
import { whyNoLossyDisk } from '../support/lossy-disk.ts'
import { crashSeed } from '../support/random.ts'
import { isFull } from '../support/size.ts'

const cuts = isFull ? 50 : 1
/** After more than one cut, a PostgreSQL that flushes nothing no longer starts. */
const controlCuts = 1
// Far longer than a cut takes.
const timeout = 90_000 + cuts * 10_000
const skip = whyNoLossyDisk() ?? false

void suite('a power cut under load loses no accepted event', { concurrency: 4 }, () => {
  for (const database of ['SQLite', 'PostgreSQL'] as const) {
    void test(`${cuts} times on ${database}`, { timeout, skip }, async (t) => {
      assertNothingLost(t, await runCrashes(await powerCutSite(database, false), cuts, crashSeed), cuts)
    })

    void test(`control: without flushes ${database} loses events`, { timeout, skip }, async (t) => {
      const { verdict } = await runCrashes(await powerCutSite(database, true), controlCuts, crashSeed)
      t.diagnostic(`accepted ${verdict.accepted}, lost ${verdict.lost}`)
      assert.ok(verdict.lost > 0, 'no event was lost: the cut has no effect')
    })
  }
})
