// Changes take effect at once: after the answer, new events and waiting retries use the changed endpoint.

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Case } from './case.ts'
import type { Profile } from './profile.ts'
import type { Behaviour } from './support.ts'
import { until, type World } from './world.ts'

/** Makes a delivery wait longer than a test runs: the scaled schedules of these tests wait less. */
const laterPlease: Behaviour = { status: 503, headers: { 'retry-after': '600' } }
const soonPlease: Behaviour = { status: 503, headers: { 'retry-after': '1' } }

export function changeCases(profile: Profile, add: Case): void {
  const { api, dialect } = profile
  const type = api.eventType(0)

  add('a new endpoint gets the next event, and only event types that it subscribes to', async (world) => {
    const customer = await world.customer()
    assert.equal((await world.post(customer.tenant, { type })).deliveries, 0)
    const hook = world.hook()
    await customer.endpoint(hook.url)
    assert.equal((await world.post(customer.tenant, { type: api.eventType(1) })).deliveries, 0)
    assert.equal((await world.post(customer.tenant, { type })).deliveries, 1)
    await hook.until(1)
    assert.equal(hook.received().length, 1)
  })

  add('the next event goes to the changed URL, and none goes to the old one', async (world) => {
    const customer = await world.customer()
    const [before, after] = [world.hook(), world.hook()]
    const { id } = await customer.endpoint(before.url)
    await world.post(customer.tenant, { type })
    await before.until(1)
    await customer.change(id, { [api.urlField]: after.url })
    await world.post(customer.tenant, { type })
    await after.until(1)
    assert.equal(before.received().length, 1)
  })

  add('a waiting retry goes to the changed URL', async (world) => {
    const customer = await world.customer()
    const [before, after] = [world.hook(), world.hook()]
    before.behave(() => soonPlease)
    const { id } = await customer.endpoint(before.url)
    await world.post(customer.tenant, { type })
    await before.until(1)
    await customer.change(id, { [api.urlField]: after.url })
    await after.until(1)
    assert.equal(before.received().length, 1)
  })

  const { deletesHistory = false } = dialect.endpointRules
  const end = deletesHistory ? 'its deliveries are erased at once' : 'its waiting deliveries are cancelled'
  add(`a deleted endpoint gets no more events, and ${end}`, async (world) => {
    const customer = await world.customer()
    const { hook, id, event } = await endpointWithWaitingRetry(world, customer)
    await customer.remove(id)
    assert.equal((await world.post(customer.tenant, { type })).deliveries, 0)
    if (deletesHistory) {
      const path = `/v1/events/${event}?tenant=${customer.tenant}`
      assert.deepEqual((await world.operator(200, 'GET', path))['deliveries'], [])
    } else await checkCancelled(world, customer.tenant, event, 'endpoint deleted')
    await sleep(100)
    assert.equal(hook.received().length, 1)
  })

  if (api.onOff === null) return
  const { off, on } = api.onOff

  add('a disabled endpoint gets no events, and gets the next event after it is enabled again', async (world) => {
    const customer = await world.customer()
    const { hook, id, event } = await endpointWithWaitingRetry(world, customer)
    await customer.change(id, off)
    assert.partialDeepStrictEqual(await customer.get(id), off)
    assert.equal((await world.post(customer.tenant, { type })).deliveries, 0)
    await checkCancelled(world, customer.tenant, event, 'endpoint disabled')
    await sleep(100)
    assert.equal(hook.received().length, 1)
    hook.behave(() => ({}))
    await customer.change(id, on)
    assert.equal((await world.post(customer.tenant, { type })).deliveries, 1)
    await hook.until(2)
  })

  async function endpointWithWaitingRetry(world: World, customer: Awaited<ReturnType<World['customer']>>) {
    const hook = world.hook()
    hook.behave(() => laterPlease)
    const { id } = await customer.endpoint(hook.url)
    const { id: event } = await world.post(customer.tenant, { type })
    await hook.until(1)
    await until(async () => (await world.deliveryOf(customer.tenant, event))['attempts'] === 1, 'it is recorded')
    return { hook, id, event }
  }

  async function checkCancelled(world: World, tenant: string, event: string, reason: string): Promise<void> {
    await until(
      async () => (await world.deliveryOf(tenant, event))['status'] === 'cancelled',
      'the delivery is cancelled',
    )
    assert.equal((await world.deliveryOf(tenant, event))['reason'], reason)
  }
}
