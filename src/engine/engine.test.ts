// The life of a delivery, from its event to its end. What breaks into it: interruptions.test.ts, faults.test.ts.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRig, failed, ok, readingTenants, tenant } from '../../test/support/engine-rig.ts'
import { limits } from '../domain/limits.ts'
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
    await rig.until(async () => (await rig.deliveries('delivered')).length === 1, 'it is recorded')
    const found = await rig.delivery(accepted?.deliveries[0] as never)
    assert.deepEqual(
      found?.attempts.map(({ number, outcome, response }) => [number, outcome.kind, response]),
      [[1, 'delivered', 'ok']],
    )
    const status = await rig.store.endpointStatus(endpoint.key)
    assert.deepEqual([status.attempts, status.lastAttemptSucceeded, status.health], [1, true, null])
  })

  test('goes to every endpoint that wants it and to no other', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/all')
    await rig.addEndpoint('/prefix', { eventTypes: ['thing.*'] })
    await rig.addEndpoint('/other', { eventTypes: ['other'] })
    await rig.addEndpoint('/filtered', { filters: { color: 'red' } })
    await rig.addEndpoint('/off', { enabled: false, disabledReason: 'requested' })
    await rig.accept(1)
    assert.deepEqual(rig.sender.sent.map(({ request }) => new URL(request.url).pathname).toSorted(), [
      '/all',
      '/prefix',
    ])
  })
})

test('a delivery of a dialect that this node does not know waits for one that does', async (t) => {
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
  const told = (): number => rig.observed.failures.filter((failure) => /does not know the dialect/.test(failure)).length
  await rig.until(() => told() > 0, 'it is told')
  await rig.clock.advance(3 * limits.prepareAgainMs)
  assert.equal((await rig.deliveries('pending')).length, 3)
  assert.equal(told(), 1, 'not once for each delivery and try')
  isNewer = false
  rig.sender.respond = () => ok
  await rig.clock.advance(limits.prepareAgainMs)
  await rig.until(async () => (await rig.deliveries('delivered')).length === 3, 'they have arrived')
})

suite('a failing endpoint', () => {
  test('is tried again on schedule, byte for byte the same, and given up after the last retry', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/a')
    rig.sender.respond = () => failed
    const startedAt = rig.clock.now()
    await rig.accept(1)
    for (const wait of [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]) {
      const before = rig.sender.sent.length
      await rig.until(async () => (await rig.store.nextDueAt()) !== null, 'the retry is scheduled')
      await rig.clock.advance(wait * second - 1)
      for (let look = 0; look < 5; look++) await rig.clock.settle()
      assert.equal(rig.sender.sent.length, before, `nothing before ${wait} s`)
      await rig.clock.advance(1)
      await rig.until(() => rig.sender.sent.length === before + 1, `attempt ${before + 1}`)
    }
    await rig.until(async () => (await rig.deliveries('failed')).length === 1, 'it is given up')
    assert.equal((await rig.deliveries())[0]?.reason, 'retries exhausted')
    assert.equal(rig.sender.sent.length, 10)
    assert.ok(rig.clock.now() - startedAt >= 75 * hour)
    const [first] = rig.sender.sent
    for (const { request } of rig.sender.sent) assert.deepEqual(request.body, first?.request.body)
    const stamps = new Set(rig.sender.sent.map(({ request }) => request.headers['webhook-timestamp']))
    assert.equal(stamps.size, 10)
  })

  test('is tried again alone: the others that want the event have it once', async (t) => {
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
    await rig.until(async () => (await rig.deliveries('delivered')).length === 2, 'both have it')
    const paths = rig.sender.sent.map(({ request }) => new URL(request.url).pathname)
    assert.deepEqual(paths.toSorted(), ['/bad', '/bad', '/bad', '/good'])
  })

  test('that fails a retry by hand too is tried again on schedule', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/a')
    rig.sender.respond = () => failed
    const [accepted] = await rig.accept(1)
    await rig.until(async () => (await rig.store.nextDueAt()) !== null, 'the retry is scheduled')
    await rig.store.rearmDelivery(accepted?.deliveries[0] as never, rig.clock.now())
    rig.engine.wake()
    await rig.until(() => rig.sender.sent.length === 2, 'it is tried by hand')
    await rig.until(async () => ((await rig.store.nextDueAt()) ?? 0) > rig.clock.now(), 'it waits again')
    rig.sender.respond = () => ok
    await rig.clock.advance(300 * second)
    await rig.until(async () => (await rig.deliveries('delivered')).length === 1, 'it arrives')
  })

  test('that is up for 5 s and down for 5 s, again and again, gets everything', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/a')
    rig.sender.respond = () => (Math.floor(rig.clock.now() / (5 * second)) % 2 === 0 ? ok : failed)
    for (let n = 0; n < 60; n++) {
      await rig.accept(1)
      await rig.clock.advance(second)
    }
    const attempts = (): Promise<number[]> => rig.deliveries().then((rows) => rows.map((row) => row.attempts))
    await rig.until(async () => (await attempts()).every((count) => count > 0), 'all were tried')
    for (let step = 0; step < 200 && (await rig.deliveries('pending')).length > 0; step++) {
      await rig.clock.advance(601 * second)
    }
    await rig.until(async () => (await rig.deliveries('delivered')).length === 60, 'all have arrived')
    assert.ok(
      (await attempts()).every((count) => count <= 4),
      'and none of it was hammered',
    )
  })

  test('that hangs with 10,000 deliveries queued neither delays another nor fills the memory', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/hung', { eventTypes: ['hung'] })
    await rig.addEndpoint('/good', { eventTypes: ['good'] })
    rig.sender.respond = (request) => (request.url.endsWith('/good') ? ok : null)
    for (let batch = 0; batch < 10; batch++) await rig.accept(1000, { type: 'hung' })
    assert.ok(rig.engine.queued <= limits.laneDeliveriesMax)
    assert.equal(rig.engine.inFlight, limits.attemptsPerEndpointMax)
    await rig.accept(500, { type: 'good' })
    await rig.until(async () => (await rig.deliveries('delivered')).length === 500, 'the good ones arrived')
    assert.equal(await rig.store.countWaiting(), 10_000 - limits.laneDeliveriesMax - limits.attemptsPerEndpointMax)
  })

  test('that comes back is sent its whole backlog, one attempt at a time at first', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/a')
    for (let batch = 0; batch < 2; batch++) await rig.accept(1000)
    const hanging = rig.sender.sent.splice(0)
    assert.equal(hanging.length, limits.attemptsPerEndpointMax)
    for (const { answer } of hanging) answer(failed)
    assert.equal(rig.sender.sent.length, 1, 'after failures it is approached gently')
    rig.sender.respond = () => ok
    rig.sender.sent[0]?.answer(ok)
    for (let step = 0; step < 20; step++) await rig.clock.advance(second)
    await rig.until(async () => (await rig.deliveries('delivered')).length === 2000, 'all arrived')
    assert.deepEqual(rig.observed.failures, [])
  })
})

suite('switching off', () => {
  test('an endpoint that answers 410 is disabled, and what waits for it is cancelled and says so', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/a')
    await rig.accept(1500)
    const gone = { outcome: { kind: 'rejected', status: 410, retryAfterMs: null }, response: null } as const
    for (const { answer } of rig.sender.sent.splice(0)) answer(gone)
    await rig.until(async () => (await rig.deliveries('pending')).length === 0, 'nothing waits')
    const reasons = Map.groupBy(await rig.deliveries(), (row) => `${row.status}: ${row.reason}`)
    assert.deepEqual([...reasons].map(([reason, rows]) => `${rows.length} ${reason}`).toSorted(), [
      `${1500 - limits.attemptsPerEndpointMax} cancelled: endpoint gone`,
      `${limits.attemptsPerEndpointMax} failed: endpoint gone`,
    ])
    assert.equal((await rig.accept(1))[0]?.count, 0)
    assert.equal(rig.sender.sent.length, 0)
  })

  test('what would have been sent next says that its endpoint is gone, too', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/a')
    rig.sender.respond = () => failed
    await rig.accept(3)
    // Retries go one at a time: the next one is taken up the moment the first has been answered.
    await rig.until(async () => (await rig.deliveries()).every((row) => row.attempts === 1), 'all have failed')
    rig.sender.respond = () => ({ outcome: { kind: 'rejected', status: 410, retryAfterMs: null }, response: null })
    await rig.clock.advance(10 * second)
    await rig.until(async () => (await rig.deliveries('pending')).length === 0, 'nothing waits')
    assert.deepEqual(new Set((await rig.deliveries()).map(({ reason }) => reason)), new Set(['endpoint gone']))
  })

  test('a retry of what was under way when its endpoint went off is cancelled before long', async (t) => {
    const rig = await createRig(t)
    const endpoint = await rig.addEndpoint('/a')
    await rig.accept(1)
    await rig.store.deleteEndpoint(tenant, endpoint.key, rig.clock.now())
    rig.engine.endpointChanged(tenant, { endpoint: endpoint.key, deleted: true })
    await rig.clock.settle()
    rig.sender.sent[0]?.answer(failed)
    await rig.until(async () => (await rig.deliveries())[0]?.attempts === 1, 'the attempt is recorded')
    await rig.clock.advance(limits.sweepIntervalMs)
    await rig.until(async () => (await rig.deliveries('cancelled')).length === 1, 'it is cancelled')
    assert.equal((await rig.deliveries())[0]?.reason, 'endpoint deleted')
  })

  test('an endpoint that was deleted gets nothing more', async (t) => {
    const rig = await createRig(t)
    const endpoint = await rig.addEndpoint('/a')
    await rig.accept(1200)
    const inFlight = rig.sender.sent.splice(0)
    await rig.store.deleteEndpoint(tenant, endpoint.key, rig.clock.now())
    rig.engine.endpointChanged(tenant, { endpoint: endpoint.key, deleted: true })
    for (const { answer } of inFlight) answer(ok)
    await rig.until(async () => (await rig.deliveries('pending')).length === 0, 'nothing waits')
    assert.equal(rig.sender.sent.length, 0)
    assert.equal((await rig.deliveries('delivered')).length, inFlight.length)
  })

  test('five days of nothing but failures switch an endpoint off, across a restart', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/a')
    rig.sender.respond = () => failed
    for (let day = 0; day < 5; day++) {
      await rig.accept(1)
      await rig.until(async () => (await rig.deliveries()).every((row) => row.attempts > 0), 'it has failed')
      // An hour short of five days in the end: retries fail at any time.
      await rig.clock.advance((day === 0 ? 23 : 24) * hour)
      if (day === 2) await rig.crashAndRestart()
    }
    assert.equal((await rig.tenantCache.load(tenant))?.endpoints[0]?.endpoint.enabled, true)
    await rig.clock.advance(2 * hour)
    await rig.accept(1)
    await rig.until(
      async () => (await rig.tenantCache.load(tenant))?.endpoints[0]?.disabledReason === 'failing',
      'it is off',
    )
    await rig.until(
      async () => (await rig.tenantCache.load(tenant))?.endpoints[0]?.endpoint.enabled === false,
      'it is stored',
    )
    assert.equal((await rig.tenantCache.load(tenant))?.endpoints[0]?.endpoint.disabledReason, 'failing')
  })
})

suite('what is claimed', () => {
  test('is no more than memory is meant for, and a backlog of large events comes to its end', async (t) => {
    const rig = await createRig(t)
    const bytes = 0.9 * limits.requestBodyBytesMax
    for (const path of ['/a', '/b', '/c', '/d']) await rig.addEndpoint(path)
    for (let count = 0; count < 40; count++) await rig.accept(1, { bytes })
    await rig.crashAndRestart()
    await rig.until(() => rig.sender.sent.length > 0, 'some are claimed')
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

  test('is sent, though word that its endpoint was created is still on its way', async (t) => {
    let unheard = false
    const rig = await createRig(t, {
      wrapStore: readingTenants((loaded) => (unheard ? { ...loaded, endpoints: [] } : loaded)),
    })
    await rig.addEndpoint('/new')
    rig.sender.respond = () => failed
    await rig.accept(1)
    await rig.until(async () => (await rig.deliveries())[0]?.attempts === 1, 'the attempt is recorded')
    unheard = true
    rig.tenantCache.drop(tenant)
    assert.equal((await rig.tenantCache.load(tenant))?.endpoints.length, 0)
    unheard = false
    rig.sender.respond = () => ok
    await rig.clock.advance(10 * second)
    await rig.until(async () => (await rig.deliveries('pending')).length === 0, 'it has ended')
    assert.equal((await rig.deliveries())[0]?.status, 'delivered')
  })
})

suite('an event matched afresh', () => {
  for (const outcomeUnknown of [true, false]) {
    test(`is ${outcomeUnknown ? 'of unknown fate' : 'not stored'} where the second commit says so`, async (t) => {
      let commits = 0
      const rig = await createRig(t, {
        wrapStore: (store) => ({
          ...store,
          async commit(batch) {
            commits += 1
            if (commits === 1) return { events: [{ kind: 'stale' }], fenced: [], remoteHealth: [] }
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
