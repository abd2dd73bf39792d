// Isolation: a tenant never sees or changes another tenant's endpoints, and never receives its events.

import assert from 'node:assert/strict'
import { idIn, urlIn } from './answers.ts'
import type { Case } from './case.ts'
import type { Fields, Profile } from './profile.ts'

export function isolationCases(profile: Profile, add: Case): void {
  const { api } = profile
  const idsOf = (listed: readonly Fields[]): string[] => listed.map((endpoint) => idIn(profile, endpoint))

  add('a tenant sees only its own endpoints', async (world) => {
    const [one, other] = await Promise.all([world.customer(), world.customer()])
    const [own, foreign] = [await one.endpoint(world.hook().url), await other.endpoint(world.hook().url)]
    assert.deepEqual(idsOf(await one.list()), [own.id])
    assert.deepEqual(idsOf(await other.list()), [foreign.id])
    await one.remove(own.id)
    assert.deepEqual(idsOf(await other.list()), [foreign.id])
  })

  add('a key does not reach another tenant that the request names', async (world) => {
    const [one, other] = await Promise.all([world.customer(), world.customer()])
    const { id } = await other.endpoint(world.hook().url)
    const before = urlIn(profile, await other.get(id))
    const caller = { tenant: other.tenant, key: one.key }
    const { create, get, list, change, remove } = api.operations
    const { url } = world.hook()
    const requests = [
      list.request(caller),
      get.request(caller, id),
      change.request(caller, id, { [api.urlField]: url }),
      create.request(caller, api.sample(url, 1)),
      remove.request(caller, id),
    ]
    for (const request of requests) {
      const answer = await world.ask(request, api.credentials(caller))
      assert.ok(!answer.text.includes(before), `${request.method} ${request.path}: ${answer.text}`)
    }
    assert.equal(urlIn(profile, await other.get(id)), before)
    assert.deepEqual(idsOf(await other.list()), [id])
  })

  add('a tenant receives only its own events', async (world) => {
    const [one, other] = await Promise.all([world.customer(), world.customer()])
    const [own, foreign] = [world.hook(), world.hook()]
    await one.endpoint(own.url)
    await other.endpoint(foreign.url)
    const type = api.eventType(0)
    for (let count = 0; count < 10; count++) {
      assert.equal((await world.post(one.tenant, { type, data: '{"for":"one"}' })).deliveries, 1)
    }
    assert.equal((await world.post(other.tenant, { type, data: '{"for":"other"}' })).deliveries, 1)
    await own.until(10)
    await foreign.until(1)
    assert.ok(own.received().every(({ body }) => body.includes('{"for":"one"}')))
    assert.ok(foreign.received().every(({ body }) => body.includes('{"for":"other"}')))
    assert.equal(foreign.received().length, 1)
  })

  add('each event goes only to those endpoints of a tenant that subscribe to its type', async (world) => {
    const customer = await world.customer()
    const hooks = [world.hook(), world.hook(), world.hook()]
    for (const [index, hook] of hooks.entries()) await customer.endpoint(hook.url, index)
    for (const index of hooks.keys()) {
      const data = `{"number":${index}}`
      assert.equal((await world.post(customer.tenant, { type: api.eventType(index), data })).deliveries, 1)
    }
    for (const [index, hook] of hooks.entries()) {
      const [arrived] = await hook.until(1)
      assert.ok(arrived?.body.includes(`{"number":${index}}`))
      assert.equal(hook.received().length, 1)
    }
  })
}
