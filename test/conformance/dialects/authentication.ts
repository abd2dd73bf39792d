// Authentication: keys in every wrong form, and keys that permit only some operations. A refused request changes
// nothing.

import assert from 'node:assert/strict'
import type { Case } from './case.ts'
import { checkRefusal, urlIn } from './answers.ts'
import type { Customer } from './customer.ts'
import type { ApiRequest, Caller, Headers, OperationName, ProblemName, Profile } from './profile.ts'
import type { World } from './world.ts'

export function authenticationCases(profile: Profile, add: Case): void {
  const { api } = profile

  refused('no key', 'keyMissing', () => ({}))
  for (const [title, headers] of Object.entries(api.wrongSchemes)) refused(title, 'schemeWrong', headers)
  refused('an unknown key', 'keyUnknown', (caller) => api.credentials({ ...caller, key: otherKey(caller.key) }))
  refused('a part of a key', 'keyUnknown', (caller) => api.credentials({ ...caller, key: caller.key.slice(0, -1) }))
  refused('a key and more', 'keyUnknown', (caller) => api.credentials({ ...caller, key: `${caller.key}0` }))

  add('a key of another dialect is refused', async (world) => {
    const { data } = await world.operator(200, 'GET', '/v1/dialects')
    const names = (data as { name: string }[]).map(({ name }) => name)
    for (const name of names.filter((one) => one !== profile.dialect.name)) {
      const customer = await world.customer()
      const stranger = await world.customer({}, name)
      await checkRefused(world, customer, 'keyUnknown', api.credentials({ tenant: customer.tenant, key: stranger.key }))
    }
  })

  add('a key is refused as soon as its revocation is answered', async (world) => {
    const customer = await world.customer()
    const headers = api.credentials(customer)
    const list = api.operations.list.request(customer)
    assert.equal((await world.ask(list, headers)).status, api.operations.list.status)
    await world.operator(204, 'DELETE', `/v1/keys/${customer.keyId}`)
    await checkRefused(world, customer, 'keyRevoked', headers)
  })

  for (const { title, key, refused: refusedOperations, allowed } of api.weakKeys) {
    add(`${title} permits its operations and no others`, async (world) => {
      const strong = await world.customer()
      const { id } = await strong.endpoint(world.hook().url)
      const weak = await strong.withKey(key).newKey()
      const requests = requestsOf(world, weak, id)
      for (const name of refusedOperations) {
        const request = requests[name]
        if (request === null) continue
        checkRefusal(profile, 'forbidden', await weak.ask(request), { request, id })
      }
      assert.deepEqual(
        urlIn(profile, await strong.get(id)),
        urlIn(profile, (await strong.list())[0] ?? {}),
        'a refused request changed the endpoint',
      )
      for (const name of allowed) {
        const request = requests[name]
        if (request !== null) assert.equal((await weak.ask(request)).status, api.operations[name]?.status, name)
      }
    })
  }

  function refused(title: string, problem: ProblemName, headersOf: (caller: Caller) => Headers): void {
    add(`${title} is refused by every operation`, async (world) => {
      const customer = await world.customer()
      await checkRefused(world, customer, problem, headersOf(customer))
    })
  }

  async function checkRefused(world: World, customer: Customer, problem: ProblemName, headers: Headers): Promise<void> {
    // The tenant gets one more key, because the customer's own key may be the refused one.
    const other = await customer.withKey({}).newKey()
    const { id } = await other.endpoint(world.hook().url)
    const before = urlIn(profile, await other.get(id))
    for (const request of Object.values(requestsOf(world, customer, id))) {
      if (request === null) continue
      const answer = await world.ask(request, headers)
      checkRefusal(profile, problem, answer, { request })
      assert.ok(!answer.text.includes(customer.key), 'the refusal contains the key')
      assert.ok(!answer.text.includes(id), 'the refusal contains the id of the endpoint')
    }
    assert.equal(urlIn(profile, await other.get(id)), before, 'a refused request changed the endpoint')
    assert.equal((await other.list()).length, 1)
  }

  function requestsOf(world: World, caller: Caller, id: string): Record<OperationName, ApiRequest | null> {
    const { create, get, list, change, remove, eventTypes } = api.operations
    const { url } = world.hook()
    return {
      list: list.request(caller),
      get: get.request(caller, id),
      eventTypes: eventTypes?.request(caller) ?? null,
      create: create.request(caller, api.sample(url, 1)),
      change: change.request(caller, id, { [api.urlField]: url }),
      remove: remove.request(caller, id),
    }
  }
}

/** The key with its last letter changed: a key of the right form that does not exist. */
function otherKey(key: string): string {
  return key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a')
}
