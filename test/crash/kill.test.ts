// The promise that matters most, tried on the real server: whatever was answered with 202 is delivered, whenever the
// process dies. POSTHORN_CRASH_ROUNDS (default 20) and POSTHORN_CRASH_SEED repeat or lengthen a run.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { runCrashes } from './support/crash-run.ts'
import { judge } from './support/history.ts'

const rounds = Number(process.env['POSTHORN_CRASH_ROUNDS'] ?? 20)
const seed = Number(process.env['POSTHORN_CRASH_SEED'] ?? Date.now() % 1_000_000)
// Far above what a round takes; a hung server must not hang the suite.
const timeout = 90_000 + rounds * 8_000

// The two run at once, because most of a round is the start of a process.
void suite('kill -9 under load: nothing accepted is lost, nothing else is sent', { concurrency: 2 }, () => {
  for (const database of ['SQLite', 'PostgreSQL'] as const) {
    void test(`${rounds} times on ${database}`, { timeout }, async (t) => {
      const { verdict, drained, drainMs } = await runCrashes(database, rounds, seed, 'SIGKILL')
      t.diagnostic(
        `${database}: rounds ${rounds}, accepted ${verdict.accepted}, unknown ${verdict.unknown}, ` +
          `refused ${verdict.refused}, delivered ${verdict.delivered}, duplicates ${verdict.duplicates}, ` +
          `lost ${verdict.lost}, drained in ${drainMs} ms, seed ${seed}`,
      )
      // First, because what is still pending counts as lost below, but is a stall and not a loss.
      assert.ok(drained, `deliveries still pending after ${drainMs} ms, ${verdict.lost} never delivered, seed ${seed}`)
      assert.deepEqual(verdict.problems.slice(0, 20), [], `${verdict.problems.length} problems with seed ${seed}`)
      assert.ok(verdict.accepted > rounds, 'the load was too small to mean anything')
    })
  }
})

void test('control: the same check complains of one lost event and of one that was never accepted', () => {
  const arrival = { endpoint: '/a', webhookId: 'msg_1', bodyHash: '', status: 200, signatureValid: null }
  const verdict = judge({
    posts: [
      { number: 1, type: 'call.received', outcome: 'ok' },
      { number: 2, type: 'call.received', outcome: 'ok' },
      { number: 3, type: 'call.received', outcome: 'fail' },
    ],
    arrivals: [
      { ...arrival, number: 1 },
      { ...arrival, number: 3 },
    ],
    subscriptions: new Map([['/a', new Set(['call.received'])]]),
  })
  assert.equal(verdict.lost, 1)
  assert.deepEqual(verdict.problems, [
    'event 3 at /a: was refused, but sent',
    'event 2 at /a: was accepted, but never delivered',
  ])
})
