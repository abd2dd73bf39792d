// The most important promise, tested on the real server: every event that was answered with 202 is delivered, no matter
// when the process is killed.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { assertNothingLost } from '../support/crash-verdict.ts'
import { runCrashes } from '../support/crash-run.ts'
import { killSite } from '../support/crash-site.ts'
import { judge } from '../support/history.ts'
import { crashSeed } from '../support/random.ts'
import { isFull } from '../support/size.ts'

const rounds = isFull ? 200 : 20
// Far longer than a round takes: a server that hangs must not hang the suite.
const timeout = 90_000 + rounds * 8_000

// Both tests run at once, because most of a round is the start of a process.
void suite('kill -9 under load: no accepted event is lost, no other event is sent', { concurrency: 2 }, () => {
  for (const database of ['SQLite', 'PostgreSQL'] as const) {
    void test(`${rounds} times on ${database}`, { timeout }, async (t) => {
      assertNothingLost(t, await runCrashes(await killSite(database), rounds, crashSeed), rounds)
    })
  }
})

void test('control: the check finds a lost event and a sent event that was never accepted', () => {
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
