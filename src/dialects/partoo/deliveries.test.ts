// Features that only Partoo's deliveries have: retries by status, the customer's headers, the key of the installation.

import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { onSqlite } from '../../../test/support/dialect-support.ts'
import { freePort } from '../../../test/support/server-process.ts'
import type { Customer } from '../../../test/conformance/dialects/customer.ts'
import type { Fields } from '../../../test/conformance/dialects/profile.ts'
import { until, type World } from '../../../test/conformance/dialects/world.ts'
import { onOneServer } from '../../../test/conformance/dialects/suite.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'

const profile = profileOf('partoo')

const type = 'business_created'

onOneServer('partoo: deliveries', profile, onSqlite, (add) => {
  add('the operator reads the public key, and deliveries verify with it', async (world) => {
    const key = createPublicKey(world.publicKey ?? '')
    assert.equal(key.asymmetricKeyType, 'ed25519')
    assert.equal(key.export({ type: 'spki', format: 'der' }).length, 44)
    const customers = await Promise.all([world.customer(), world.customer()])
    for (const customer of customers) {
      const hook = world.hook()
      await customer.endpoint(hook.url)
      await world.post(customer.tenant, { type })
      const [arrived] = await hook.until(1)
      assert.ok(arrived !== undefined)
      await profile.delivery.verify(arrived, { secrets: [], publicKey: world.publicKey })
    }
    await world.operator(404, 'GET', '/v1/dialects/standard/public-key')
  })

  add("the operator's test event sends the example of the endpoint's event type", async (world) => {
    const customer = await world.customer()
    const hook = world.hook()
    const { id } = await customer.endpoint(hook.url, 5)
    const tests = `/v1/tenants/${customer.tenant}/endpoints/${id}/test`
    await world.operator(202, 'POST', tests)
    const [arrived] = await hook.until(1)
    assert.equal((JSON.parse(arrived?.body.toString('utf8') ?? '') as Fields)['type'], 'lead_received')
    assert.equal(arrived?.headers['x-partoo-webhook-tryout'], undefined)
  })

  add(
    'a 5xx answer has five retries before the delivery fails, and a success makes the endpoint healthy',
    async (world) => {
      const { customer, hook, id } = await subscribed(world)
      hook.behave(() => ({ status: 500 }))
      const lost = await ended(world, customer)
      assert.deepEqual([lost['status'], lost['reason'], lost['attempts']], ['failed', 'retries exhausted', 6])
      assert.equal(hook.received().length, 6)
      const failing = await operatorView(world, customer, id)
      assert.deepEqual([failing['enabled'], failing['attempts'], failing['lastAttemptSucceeded']], [true, 6, false])
      assert.partialDeepStrictEqual(failing['health'], {
        status: 'failing',
        reason: 'nothing but failures since the last success',
      })
      hook.behave(() => ({}))
      assert.equal((await ended(world, customer))['status'], 'delivered')
      const well = await operatorView(world, customer, id)
      assert.deepEqual([well['attempts'], well['lastAttemptSucceeded']], [7, true])
      assert.partialDeepStrictEqual(well['health'], { status: 'healthy', since: null })
    },
  )

  for (const status of [301, 400, 404, 410, 429]) {
    add(`${status} ends the delivery without a retry`, async (world) => {
      const { customer, hook, id } = await subscribed(world)
      hook.behave(() => ({ status }))
      const lost = await ended(world, customer)
      assert.deepEqual([lost['status'], lost['reason'], lost['attempts']], ['failed', 'not retried', 1])
      await sleep(150)
      assert.equal(hook.received().length, 1)
      assert.equal((await operatorView(world, customer, id))['enabled'], true)
    })
  }

  add('an attempt without an answer is retried like a 5xx answer', async (world) => {
    const customer = await world.customer()
    await customer.endpoint(`http://127.0.0.1:${await freePort()}/`)
    const lost = await ended(world, customer)
    assert.deepEqual([lost['reason'], lost['attempts']], ['retries exhausted', 6])
  })

  add("every delivery has the customer's headers, and a change of them applies to the next delivery", async (world) => {
    const customer = await world.customer()
    const hook = world.hook()
    const custom_headers = { 'X-My-Header': 'my-value', 'X-Auth-Token': 'secret-token' }
    const created = await customer.create({ ...profile.api.full(hook.url, 0), custom_headers })
    await world.post(customer.tenant, { type })
    const [first] = await hook.until(1)
    assert.equal(first?.headers['x-my-header'], 'my-value')
    assert.equal(first?.headers['x-auth-token'], 'secret-token')
    await customer.change(String(created['id']), {
      custom_headers: { 'X-My-Header': 'another', 'X-Latin': 'é', 'X-More': '日本 é', 'X-Forwarded-For': 'me' },
    })
    await world.post(customer.tenant, { type })
    const [, second] = await hook.until(2)
    assert.equal(second?.headers['x-my-header'], 'another')
    assert.equal(second?.headers['x-auth-token'], undefined)
    assert.equal(second?.headers['x-latin'], 'é')
    assert.equal(Buffer.from(String(second?.headers['x-more']), 'latin1').toString('utf8'), '日本 é')
    assert.equal(second?.headers['x-forwarded-for'], 'me')
  })
})

async function subscribed(world: World) {
  const customer = await world.customer()
  const hook = world.hook()
  const { id } = await customer.endpoint(hook.url)
  return { customer, hook, id }
}

/** Posts an event and waits until its delivery has ended. */
async function ended(world: World, { tenant }: Customer): Promise<Fields> {
  const { id } = await world.post(tenant, { type })
  await until(async () => (await world.deliveryOf(tenant, id))['status'] !== 'pending', 'the delivery has ended')
  return world.deliveryOf(tenant, id)
}

function operatorView(world: World, { tenant }: Customer, id: string): Promise<Fields> {
  return world.operator(200, 'GET', `/v1/tenants/${tenant}/endpoints/${id}`)
}
