import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRig, ok, type Rig, tenant } from '../../test/support/engine-rig.ts'
import type { EventId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { Unavailable } from '../domain/unavailable.ts'
import { standard } from '../dialects/standard/standard.ts'

const away = { notSent: 'connection refused' }

void test('while the egress proxy is away, deliveries wait, and nothing is recorded', async (t) => {
  const rig = await createRig(t)
  const endpoint = await rig.addEndpoint('/a')
  rig.sender.respond = () => away
  await rig.accept(1)
  const startedAt = rig.clock.elapsed()
  const triedAt: number[] = []
  let seen = 0
  while (rig.clock.elapsed() - startedAt < 70_000) {
    await rig.clock.settle()
    assert.equal(rig.engine.inFlight, 0)
    for (; seen < rig.sender.sent.length; seen++) triedAt.push(rig.clock.elapsed() - startedAt)
    await rig.clock.advance(500)
  }
  assert.deepEqual(triedAt, [0, 1000, 3000, 7000, 15_000, 25_000, 35_000, 45_000, 55_000, 65_000])
  const [delivery] = await rig.deliveries()
  assert.deepEqual([delivery?.status, delivery?.attempts], ['pending', 0])
  assert.equal((await rig.store.endpointStatus(endpoint.key)).health, null)

  rig.sender.respond = () => ok
  await rig.clock.advance(limits.proxyAgainMsMax)
  await rig.until(async () => (await rig.deliveries('delivered')).length === 1, 'the delivery is delivered')
  assert.equal((await rig.deliveries())[0]?.attempts, 1)
})

void test('waiting deliveries do not spin, and delay no endpoint that is reached without the proxy', async (t) => {
  const rig = await createRig(t)
  await rig.addEndpoint('/proxied', { eventTypes: ['a'] })
  await rig.addEndpoint('/direct', { eventTypes: ['b'] })
  rig.sender.respond = ({ url }) => (url.endsWith('/direct') ? ok : away)
  await rig.accept(1000, { type: 'a' })
  await rig.accept(100, { type: 'b' })
  await rig.until(async () => (await rig.deliveries('delivered')).length === 100, 'the others are delivered')
  for (let ms = 0; ms < 30_000; ms += 1000) await rig.clock.advance(1000)
  const tries = rig.sender.sent.filter(({ request }) => request.url.endsWith('/proxied')).length
  // Seven rounds, with the attempts that an endpoint may have at once.
  assert.ok(tries <= 7 * limits.attemptsPerEndpointMax, `${tries} tries`)
  assert.equal((await rig.deliveries('pending')).length, 1000)

  rig.sender.respond = () => ok
  await rig.clock.advance(limits.proxyAgainMsMax)
  await rig.until(async () => (await rig.deliveries('delivered')).length === 1100, 'all are delivered')
})

void test('deliveries that wait survive a crash and a stop', async (t) => {
  const rig = await createRig(t)
  await rig.addEndpoint('/a')
  rig.sender.respond = () => away
  await rig.accept(20)
  await rig.clock.settle()
  await rig.crashAndRestart()
  await rig.until(() => rig.sender.sent.length > 0, 'they are tried again')
  await rig.engine.stop(limits.stopMs)
  assert.equal((await rig.deliveries('pending')).length, 20)
  rig.sender.respond = () => ok
  await rig.crashAndRestart()
  await rig.until(async () => (await rig.deliveries('delivered')).length === 20, 'they are delivered')
})

void test('an endpoint that is disabled while its deliveries wait gets none', async (t) => {
  const rig = await createRig(t)
  const endpoint = await rig.addEndpoint('/a')
  rig.sender.respond = () => away
  await rig.accept(3)
  await rig.clock.settle()
  const { length } = rig.sender.sent
  await rig.store.deleteEndpoint(tenant, endpoint.key, rig.clock.now())
  rig.engine.endpointChanged(tenant, { endpoint: endpoint.key, deleted: true })
  await rig.clock.advance(limits.proxyAgainMs)
  await rig.until(async () => (await rig.deliveries('cancelled')).length === 3, 'they are cancelled')
  assert.equal(rig.sender.sent.length, length)
})

void test('a caller that waits for a test event learns at once that nothing was sent', async (t) => {
  const rig = await createRig(t)
  const endpoint = await rig.addEndpoint('/a')
  rig.sender.respond = () => away
  const cached = await rig.tenantCache.load(tenant)
  assert.ok(cached)
  const event = { ...eventOf(rig), id: 'msg_test' as EventId }
  const { delivery, attempt } = await rig.engine.attemptNow({ event, tenant: cached, only: endpoint.key }, 5000)
  assert.equal(attempt, null)
  assert.equal((await rig.delivery(delivery))?.delivery.status, 'pending')

  const message = { tenant: cached.tenant, event, delivery, endpoint, trial: true }
  await assert.rejects(rig.engine.tryOut(message, standard), Unavailable)
})

function eventOf(rig: Rig) {
  const now = rig.clock.now()
  return { tenant, type: 'a', data: '{}', attributes: null, occurredAt: now, acceptedAt: now }
}
