// The life of a delivery, from its event to its end. Interruptions and faults: interruptions.test.ts, faults.test.ts.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRig, failed, ok, readingTenants, tenant } from '../../test/support/engine-rig.ts'
import { limits } from '../domain/limits.ts'
import type { DeliveryId } from '../domain/ids.ts'
import { hour, second } from '../domain/time.ts'
import { IncarnationLost, StoreUnavailable } from '../contracts/store.ts'

suite('an event', () => {
  test('is stored with its deliveries before it is sent, and its outcome is recorded', async (t) => {
    const rig = await createRig(t)
    const endpoint = await rig.addEndpoint('/a')
    const [accepted] = await rig.accept(1)
    assert.equal(accepted?.count, 1)
    assert.equal(rig.sender.sent.length, 1)
    assert.equal((await rig.deliveries())[0]?.status, 'pending')
    rig.sender.sent[0]?.answer(ok)
    await rig.until(async () => (await rig.deliveries('delivered')).length === 1, 'the outcome is recorded')
    const found = await rig.delivery(accepted?.deliveries[0] as DeliveryId)
    assert.deepEqual(
      found?.attempts.map(({ number, outcome, response }) => ({ number, outcome: outcome.kind, response })),
      [{ number: 1, outcome: 'delivered', response: 'ok' }],
    )
    const status = await rig.store.endpointStatus(endpoint.key)
    assert.partialDeepStrictEqual(status, { attempts: 1, lastAttemptSucceeded: true, health: null })
  })

  test('is sent to every endpoint that wants it and to no other', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/all')
    await rig.addEndpoint('/prefix', { eventTypes: ['thing.*'] })
    await rig.addEndpoint('/other', { eventTypes: ['other'] })
    await rig.addEndpoint('/filtered', { filters: { color: 'red' } })
    await rig.addEndpoint('/disabled', { enabled: false, disabledReason: 'requested' })
    await rig.accept(1)
    assert.deepEqual(rig.sender.sent.map(({ request }) => new URL(request.url).pathname).toSorted(), [
      '/all',
      '/prefix',
    ])
  })
})

test('a delivery of a dialect that this node does not know waits for a node that knows it', async (t) => {
  let isNewer = false
  const rig = await createRig(t, {
    wrapStore: readingTenants((loaded) =>
      isNewer ? { ...loaded, tenant: { ...loaded.tenant, dialect: 'newer' } } : loaded,
    ),
  })
  await rig.addEndpoint('/a')
  await rig.accept(3)
  isNewer = true
  await rig.crashAndRestart()
  const reports = (): number =>
    rig.observed.failures.filter((failure) => /does not know the dialect/.test(failure)).length
  await rig.until(() => reports() > 0, 'the failure is reported')
  await rig.clock.advance(3 * limits.prepareAgainMs)
  assert.equal((await rig.deliveries('pending')).length, 3)
  assert.equal(reports(), 1, 'one report, not one for each delivery and try')
  isNewer = false
  rig.sender.respond = () => ok
  await rig.clock.advance(limits.prepareAgainMs)
  await rig.until(async () => (await rig.deliveries('delivered')).length === 3, 'all three are delivered')
})

suite('a failing endpoint', () => {
  test('is tried again on schedule with the same body, and the delivery fails after the last retry', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/a')
    rig.sender.respond = () => failed
    const startedAt = rig.clock.now()
    await rig.accept(1)
    for (const wait of [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]) {
      const before = rig.sender.sent.length
      await rig.until(async () => (await rig.store.nextDueAt()) !== null, 'the retry is scheduled')
      await rig.clock.advance(wait * second - 1)
      for (let turn = 0; turn < 5; turn++) await rig.clock.settle()
      assert.equal(rig.sender.sent.length, before, `no attempt before ${wait} s`)
      await rig.clock.advance(1)
      await rig.until(() => rig.sender.sent.length === before + 1, `attempt ${before + 1} is sent`)
    }
    await rig.until(async () => (await rig.deliveries('failed')).length === 1, 'the delivery has failed')
    assert.equal((await rig.deliveries())[0]?.reason, 'retries exhausted')
    assert.equal(rig.sender.sent.length, 10)
    assert.ok(rig.clock.now() - startedAt >= 75 * hour)
    const [first] = rig.sender.sent
    for (const { request } of rig.sender.sent) assert.deepEqual(request.body, first?.request.body)
    const stamps = new Set(rig.sender.sent.map(({ request }) => request.headers['webhook-timestamp']))
    assert.equal(stamps.size, 10)
  })

  test('is tried again alone: other endpoints get the event once', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/good')
    await rig.addEndpoint('/bad')
    rig.sender.respond = ({ url }, nth) => (url.endsWith('/bad') && nth < 4 ? failed : ok)
    await rig.accept(1)
    for (const [retry, waitMs] of [5 * second, 300 * second].entries()) {
      const isScheduled = async (): Promise<boolean> =>
        rig.sender.sent.length === 2 + retry && ((await rig.store.nextDueAt()) ?? 0) > rig.clock.now()
      await rig.until(isScheduled, 'the retry is scheduled')
      await rig.clock.advance(waitMs)
    }
    await rig.until(async () => (await rig.deliveries('delivered')).length === 2, 'both endpoints have the event')
    const paths = rig.sender.sent.map(({ request }) => new URL(request.url).pathname)
    assert.deepEqual(paths.toSorted(), ['/bad', '/bad', '/bad', '/good'])
  })

  test('that also fails a retry by hand is tried again on schedule', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/a')
    rig.sender.respond = () => failed
    const [accepted] = await rig.accept(1)
    await rig.until(async () => (await rig.store.nextDueAt()) !== null, 'the retry is scheduled')
    await rig.store.rearmDelivery(accepted?.deliveries[0] as DeliveryId, rig.clock.now())
    rig.engine.wake()
    await rig.until(() => rig.sender.sent.length === 2, 'the retry by hand is sent')
    await rig.until(async () => ((await rig.store.nextDueAt()) ?? 0) > rig.clock.now(), 'the next retry is scheduled')
    rig.sender.respond = () => ok
    await rig.clock.advance(300 * second)
    await rig.until(async () => (await rig.deliveries('delivered')).length === 1, 'the delivery is delivered')
  })

  test('that alternates between 5 s up and 5 s down gets every event', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/a')
    rig.sender.respond = () => (Math.floor(rig.clock.now() / (5 * second)) % 2 === 0 ? ok : failed)
    const attempts = (): Promise<number[]> => rig.deliveries().then((rows) => rows.map((row) => row.attempts))
    // Without this wait the clock would advance before the due attempts run, on a slow machine.
    const untilQuiet = (): Promise<void> =>
      rig.until(async () => {
        const { inFlight, queued } = rig.engine
        const dueAt = (await rig.store.nextDueAt()) ?? Infinity
        const recorded = (await attempts()).reduce((sum, count) => sum + count, 0)
        return inFlight + queued === 0 && dueAt > rig.clock.now() && recorded === rig.sender.sent.length
      }, 'every due attempt is recorded')
    for (let n = 0; n < 60; n++) {
      await rig.accept(1)
      await untilQuiet()
      await rig.clock.advance(second)
      await untilQuiet()
    }
    assert.ok(
      (await attempts()).every((count) => count > 0),
      'every delivery was tried',
    )
    for (let step = 0; step < 200 && (await rig.deliveries('pending')).length > 0; step++) {
      await rig.clock.advance(601 * second)
      await untilQuiet()
    }
    await rig.until(async () => (await rig.deliveries('delivered')).length === 60, 'all are delivered')
    assert.ok(
      (await attempts()).every((count) => count <= 4),
      'no delivery took more than four attempts',
    )
  })

  test('that hangs with 10,000 deliveries does not delay another endpoint or fill the memory', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/hung', { eventTypes: ['hung'] })
    await rig.addEndpoint('/good', { eventTypes: ['good'] })
    rig.sender.respond = (request) => (request.url.endsWith('/good') ? ok : null)
    for (let batch = 0; batch < 10; batch++) await rig.accept(1000, { type: 'hung' })
    assert.ok(rig.engine.queued <= limits.laneDeliveriesMax)
    assert.equal(rig.engine.inFlight, limits.attemptsPerEndpointMax)
    await rig.accept(500, { type: 'good' })
    await rig.until(async () => (await rig.deliveries('delivered')).length === 500, 'the other endpoint has all')
    assert.equal(await rig.store.countWaiting(), 10_000 - limits.laneDeliveriesMax - limits.attemptsPerEndpointMax)
  })

  test('that recovers gets its whole backlog, one attempt at a time at first', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/a')
    for (let batch = 0; batch < 2; batch++) await rig.accept(1000)
    const hanging = rig.sender.sent.splice(0)
    assert.equal(hanging.length, limits.attemptsPerEndpointMax)
    for (const { answer } of hanging) answer(failed)
    assert.equal(rig.sender.sent.length, 1, 'one attempt at a time after failures')
    rig.sender.respond = () => ok
    rig.sender.sent[0]?.answer(ok)
    for (let step = 0; step < 20; step++) await rig.clock.advance(second)
    await rig.until(async () => (await rig.deliveries('delivered')).length === 2000, 'all are delivered')
    assert.deepEqual(rig.observed.failures, [])
  })
})

suite('disabling', () => {
  test('an endpoint that answers 410 is disabled, and its deliveries end with that reason', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/a')
    await rig.accept(1500)
    const gone = { outcome: { kind: 'rejected', status: 410, retryAfterMs: null }, response: null } as const
    for (const { answer } of rig.sender.sent.splice(0)) answer(gone)
    await rig.until(async () => (await rig.deliveries('pending')).length === 0, 'no delivery is pending')
    const reasons = Map.groupBy(await rig.deliveries(), (row) => `${row.status}: ${row.reason}`)
    assert.deepEqual([...reasons].map(([reason, rows]) => `${rows.length} ${reason}`).toSorted(), [
      `${1500 - limits.attemptsPerEndpointMax} cancelled: endpoint gone`,
      `${limits.attemptsPerEndpointMax} failed: endpoint gone`,
    ])
    assert.equal((await rig.accept(1))[0]?.count, 0)
    assert.equal(rig.sender.sent.length, 0)
  })

  test('a delivery that would have been sent next is cancelled with the same reason', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/a')
    rig.sender.respond = () => failed
    await rig.accept(3)
    // Retries run one at a time: the next one starts when the first is answered.
    await rig.until(async () => (await rig.deliveries()).every((row) => row.attempts === 1), 'each has failed once')
    rig.sender.respond = () => ({ outcome: { kind: 'rejected', status: 410, retryAfterMs: null }, response: null })
    await rig.clock.advance(10 * second)
    await rig.until(async () => (await rig.deliveries('pending')).length === 0, 'no delivery is pending')
    assert.deepEqual(new Set((await rig.deliveries()).map(({ reason }) => reason)), new Set(['endpoint gone']))
  })

  test('a retry of an attempt that was in flight when its endpoint was deleted is swept', async (t) => {
    const rig = await createRig(t)
    const endpoint = await rig.addEndpoint('/a')
    await rig.accept(1)
    await rig.store.deleteEndpoint(tenant, endpoint.key, rig.clock.now())
    rig.engine.endpointChanged(tenant, { endpoint: endpoint.key, deleted: true })
    await rig.clock.settle()
    rig.sender.sent[0]?.answer(failed)
    await rig.until(async () => (await rig.deliveries())[0]?.attempts === 1, 'the attempt is recorded')
    await rig.clock.advance(limits.sweepIntervalMs)
    await rig.until(async () => (await rig.deliveries('cancelled')).length === 1, 'the retry is cancelled')
    assert.equal((await rig.deliveries())[0]?.reason, 'endpoint deleted')
  })

  test('an endpoint that was deleted gets no further attempt', async (t) => {
    const rig = await createRig(t)
    const endpoint = await rig.addEndpoint('/a')
    await rig.accept(1200)
    const inFlight = rig.sender.sent.splice(0)
    await rig.store.deleteEndpoint(tenant, endpoint.key, rig.clock.now())
    rig.engine.endpointChanged(tenant, { endpoint: endpoint.key, deleted: true })
    for (const { answer } of inFlight) answer(ok)
    await rig.until(async () => (await rig.deliveries('pending')).length === 0, 'no delivery is pending')
    assert.equal(rig.sender.sent.length, 0)
    assert.equal((await rig.deliveries('delivered')).length, inFlight.length)
  })

  test('five days of failures only disable an endpoint, even across a restart', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/a')
    rig.sender.respond = () => failed
    for (let day = 0; day < 5; day++) {
      await rig.accept(1)
      await rig.until(async () => (await rig.deliveries()).every((row) => row.attempts > 0), 'the delivery was tried')
      // The loop ends an hour before five days have passed, because retries may fail at any time.
      await rig.clock.advance((day === 0 ? 23 : 24) * hour)
      if (day === 2) await rig.crashAndRestart()
    }
    assert.equal((await rig.tenantCache.load(tenant))?.endpoints[0]?.endpoint.enabled, true)
    await rig.clock.advance(2 * hour)
    await rig.accept(1)
    await rig.until(
      async () => (await rig.tenantCache.load(tenant))?.endpoints[0]?.disabledReason === 'failing',
      'the endpoint is disabled in memory',
    )
    await rig.until(
      async () => (await rig.tenantCache.load(tenant))?.endpoints[0]?.endpoint.enabled === false,
      'the change is stored',
    )
    assert.equal((await rig.tenantCache.load(tenant))?.endpoints[0]?.endpoint.disabledReason, 'failing')
  })
})

suite('a claim', () => {
  test('stays within the memory limit, and a backlog of large events is delivered in the end', async (t) => {
    const rig = await createRig(t)
    const bytes = 0.9 * limits.requestBodyBytesMax
    for (const path of ['/a', '/b', '/c', '/d']) await rig.addEndpoint(path)
    for (let count = 0; count < 40; count++) await rig.accept(1, { bytes })
    await rig.crashAndRestart()
    await rig.until(() => rig.sender.sent.length > 0, 'some deliveries are claimed')
    await rig.clock.advance(10 * second)
    assert.ok(rig.engine.queued + rig.engine.inFlight <= limits.lanesBytesMax / bytes)
    rig.sender.respond = () => ok
    for (const { answer } of rig.sender.sent.splice(0)) answer(ok)
    await rig.until(async () => {
      rig.sender.sent.length = 0
      await rig.clock.advance(limits.claimAgainMs)
      return (await rig.deliveries('delivered')).length === 160
    }, 'all are delivered')
  })

  test('is sent even if this node has not yet learned that the endpoint was created', async (t) => {
    let isBehind = false
    const rig = await createRig(t, {
      wrapStore: readingTenants((loaded) => (isBehind ? { ...loaded, endpoints: [] } : loaded)),
    })
    await rig.addEndpoint('/new')
    rig.sender.respond = () => failed
    await rig.accept(1)
    await rig.until(async () => (await rig.deliveries())[0]?.attempts === 1, 'the attempt is recorded')
    isBehind = true
    rig.tenantCache.drop(tenant)
    assert.equal((await rig.tenantCache.load(tenant))?.endpoints.length, 0)
    isBehind = false
    rig.sender.respond = () => ok
    await rig.clock.advance(10 * second)
    await rig.until(async () => (await rig.deliveries('pending')).length === 0, 'the delivery has ended')
    assert.equal((await rig.deliveries())[0]?.status, 'delivered')
  })
})

suite('an event that is matched again', () => {
  for (const { name, outcomeUnknown } of [
    { name: 'is reported as unknown if the outcome of the second commit is unknown', outcomeUnknown: true },
    { name: 'is reported as not stored if the second commit fails', outcomeUnknown: false },
  ]) {
    test(name, async (t) => {
      let commits = 0
      const rig = await createRig(t, {
        wrapStore: (store) => ({
          ...store,
          async commit(batch) {
            commits += 1
            if (commits === 1) {
              return { events: [{ kind: 'stale' }], fenced: [], remoteHealth: [], disabled: [], told: false }
            }
            if (commits > 2) return store.commit(batch)
            throw outcomeUnknown ? new IncarnationLost('planted', { outcomeUnknown }) : new StoreUnavailable('planted')
          },
        }),
      })
      await rig.addEndpoint('/a')
      assert.equal((await rig.accept(1))[0]?.kind, outcomeUnknown ? 'unknown' : 'unsettled')
    })
  }
})
