// SIGTERM under load, again and again: the server ends in time and with 0, nothing accepted is lost, and nothing that
// succeeded is sent again. POSTHORN_STOP_ROUNDS (default 5) and POSTHORN_STOP_SEED lengthen or repeat a run.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { limits } from '../src/domain/limits.ts'
import { runCrashes } from './support/crash-run.ts'

const rounds = Number(process.env['POSTHORN_STOP_ROUNDS'] ?? 5)
const seed = Number(process.env['POSTHORN_STOP_SEED'] ?? Date.now() % 1_000_000)
const timeout = 90_000 + rounds * 8_000

void suite('SIGTERM under load: nothing is lost, and nothing is sent twice', { concurrency: 2 }, () => {
  for (const database of ['SQLite', 'PostgreSQL'] as const) {
    void test(`${rounds} times on ${database}`, { timeout }, async (t) => {
      const { verdict, drained, drainMs, stopMsMax } = await runCrashes(database, rounds, seed, 'SIGTERM')
      t.diagnostic(
        `${database}: rounds ${rounds}, accepted ${verdict.accepted}, unknown ${verdict.unknown}, ` +
          `delivered ${verdict.delivered}, duplicates ${verdict.duplicates}, lost ${verdict.lost}, ` +
          `longest stop ${Math.round(stopMsMax)} ms, drained in ${drainMs} ms, seed ${seed}`,
      )
      assert.ok(drained, `deliveries still pending after ${drainMs} ms, seed ${seed}`)
      assert.deepEqual(verdict.problems.slice(0, 20), [], `${verdict.problems.length} problems with seed ${seed}`)
      assert.equal(verdict.duplicates, 0, `seed ${seed}`)
      assert.ok(stopMsMax < limits.stopMs, `a stop took ${stopMsMax} ms, seed ${seed}`)
      assert.ok(verdict.accepted > rounds, 'the load was too small to mean anything')
    })
  }
})
