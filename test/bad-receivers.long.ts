// Bad receivers of every kind beside good ones. Each attempt at a bad receiver ends in time and is recorded with the
// right outcome. Meanwhile the good receivers get all of their events; `npm run test:receivers` measures how fast.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { fresh, startApiRig, until } from './support/api-rig.ts'
import { type BadReceiver, startBadReceivers } from './support/bad-receivers.ts'

const rig = await startApiRig()
after(() => rig.close())
const bad = await startBadReceivers()
after(() => bad.close())

/** The attempt timeout of DialNexa, the shortest of all dialects. */
const deadlineMs = 5000
/** How late a timeout may be: the sender checks timeouts at intervals, and the machine may be busy. */
const lateMsMax = 3000
const [firstWaitMs, jitter] = [60_000, 0.2]
const badEvents = 3
const goodEndpoints = 9
const goodEvents = 100
const type = 'call.completed'

interface Attempt {
  readonly number: number
  readonly startedAt: string
  readonly durationMs: number
  readonly outcome: string
  readonly detail: string
  readonly response: string | null
}

test('bad receivers of every kind do not delay good ones, and each attempt is recorded', async (t) => {
  const customer = await rig.tenant('dialnexa')
  const other = await rig.tenant('standard')
  const kinds = new Map<string, BadReceiver>()
  for (const kind of bad.all) {
    kinds.set((await rig.endpoint(customer, { url: kind.url, eventTypes: [type] })).id, kind)
  }
  const good = await Promise.all(
    Array.from({ length: goodEndpoints }, () => rig.endpoint(other, { eventTypes: [type] })),
  )

  const postedAt = Date.now()
  await Promise.all(Array.from({ length: badEvents }, () => rig.event(customer, { type, id: fresh('bad') })))
  await Promise.all(Array.from({ length: goodEvents }, () => rig.event(other, { type, id: fresh('good') })))
  await rig.receiver.untilReceived(goodEndpoints * goodEvents, 30_000)
  const goodMs = Date.now() - postedAt
  assert.ok(goodMs < deadlineMs, `${goodMs} ms: a good receiver waited for the timeout of a bad one`)
  for (const { path } of good) assert.equal((await rig.received(path, 0)).length, goodEvents, 'one request per event')

  const all = async () => (await rig.want(200, { path: `/v1/deliveries?tenant=${customer.id}&limit=250` })).data
  const attempted = async () => (await all()).every(({ attempts }) => Number(attempts) > 0)
  await until(attempted, 'every delivery has an attempt', 40_000)
  const deliveries = await all()
  assert.equal(deliveries.length, badEvents * bad.all.length)
  for (const { id, endpoint } of deliveries) {
    const kind = kinds.get(String(endpoint))
    assert.ok(kind !== undefined)
    const shown = await rig.want(200, { path: `/v1/deliveries/${id}` })
    checkAttempt(kind, shown['history'] as unknown as readonly Attempt[], shown['nextAttemptAt'] as string | null)
  }
  assert.equal(bad.redirected(), 0)
  await until(() => bad.openConnections() <= 16, 'connections that hung are closed')
  t.diagnostic(`${bad.all.length} bad kinds; the good receivers had all events after ${goodMs} ms`)
})

function checkAttempt(kind: BadReceiver, attempts: readonly Attempt[], nextAttemptAt: string | null): void {
  const [attempt, ...more] = attempts
  const what = `${kind.kind}: ${JSON.stringify(attempt)}, next ${nextAttemptAt}`
  assert.ok(attempt !== undefined && more.length === 0, what)
  assert.equal(attempt.outcome, kind.outcome, what)
  assert.match(attempt.detail, kind.detail, what)
  assert.ok((attempt.response ?? '').length <= 4096, what)
  const isCut = kind.outcome === 'timedOut' || kind.stalls === true
  assert.ok(
    attempt.durationMs < (isCut ? deadlineMs : 0) + lateMsMax && (!isCut || attempt.durationMs >= deadlineMs),
    what,
  )
  if (kind.outcome === 'delivered') return assert.equal(nextAttemptAt, null)
  const waitMs = Date.parse(nextAttemptAt ?? '') - Date.parse(attempt.startedAt) - attempt.durationMs
  const askedMs = kind.askedMs ?? 0
  if (askedMs > 0) assert.ok(Math.abs(waitMs - askedMs) < 100, `${what}, ${waitMs} ms`)
  else assert.ok(Math.abs(waitMs / firstWaitMs - 1) <= jitter + 0.01, `${what}, ${waitMs} ms`)
}
