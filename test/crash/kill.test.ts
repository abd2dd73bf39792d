// The promise that matters most, tried on the real server: whatever was answered with 202 is delivered, whenever the
// process dies.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { assertNothingLost } from '../support/crash-verdict.ts'
import { runCrashes } from '../support/crash-run.ts'
import { killSite } from '../support/crash-site.ts'
import { crashSeed, long } from '../support/crash-size.ts'
import { judge } from '../support/history.ts'

const rounds = long ? 200 : 20
// Far above what a round takes; a hung server must not hang the suite.
const timeout = 90_000 + rounds * 8_000

// The two run at once, because most of a round is the start of a process.
void suite('kill -9 under load: nothing accepted is lost, nothing else is sent', { concurrency: 2 }, () => {
  for (const database of ['SQLite', 'PostgreSQL'] as const) {
    void test(`${rounds} times on ${database}`, { timeout }, async (t) => {
      assertNothingLost(t, await runCrashes(await killSite(database), rounds, crashSeed), rounds)
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
