// Every operation of the vendor on success: reads, by the customer and by the operator, return the values that were
// written.

import assert from 'node:assert/strict'
import { idIn, urlIn } from './answers.ts'
import type { Case } from './case.ts'
import type { Customer } from './customer.ts'
import type { ApiAnswer, Fields, Profile } from './profile.ts'
import type { World } from './world.ts'

export function operationCases(profile: Profile, add: Case): void {
  const { api } = profile
  const idOf = (endpoint: Fields): string => idIn(profile, endpoint)

  add('an endpoint is created, read, listed, changed and deleted', async (world) => {
    const customer = await world.customer()
    const sent = api.full(world.hook().url, 0)
    const created = await customer.create(sent)
    const id = idOf(created)
    assert.match(id, api.idPattern)
    assert.partialDeepStrictEqual(created, shownOf(sent, created))
    assert.partialDeepStrictEqual(await customer.get(id), withoutSecret(sent))
    assert.deepEqual((await customer.list()).map(idOf), [id])
    const change = { [api.urlField]: world.hook().url }
    const changed = await customer.change(id, change)
    assert.partialDeepStrictEqual(changed, shownOf(withoutSecret({ ...sent, ...change }), changed))
    assert.partialDeepStrictEqual(await customer.get(id), withoutSecret({ ...sent, ...change }))
    await customer.remove(id)
    assert.deepEqual(await customer.list(), [])
  })

  add('the operator API shows the endpoint that the customer wrote', async (world) => {
    const customer = await world.customer()
    const created = await customer.create(api.full(world.hook().url, 0))
    await checkOperatorView(world, customer, created)
    await checkOperatorView(world, customer, await customer.change(idOf(created), { [api.urlField]: world.hook().url }))
    if (api.onOff !== null) {
      await checkOperatorView(world, customer, await customer.change(idOf(created), api.onOff.off))
    }
    await customer.remove(idOf(created))
    await world.operator(404, 'GET', `/v1/tenants/${customer.tenant}/endpoints/${idOf(created)}`)
  })

  add('the customer reads the changes that the operator makes', async (world) => {
    const customer = await world.customer()
    const { id } = await customer.endpoint(world.hook().url)
    const { url } = world.hook()
    await world.operator(200, 'PATCH', `/v1/tenants/${customer.tenant}/endpoints/${id}`, { url })
    assert.equal(urlIn(profile, await customer.get(id)), url)
  })

  add("the list has each endpoint exactly once, in the vendor's order", async (world) => {
    const customer = await world.customer()
    const ids: string[] = []
    for (let index = 0; index < 5; index++) ids.push((await customer.endpoint(world.hook().url, index)).id)
    const inOrder = (listed: readonly Fields[]): string[] =>
      api.listOrder === 'any' ? listed.map(idOf).toSorted() : listed.map(idOf)
    const expected = api.listOrder === 'any' ? ids.toSorted() : ids.toReversed()
    assert.deepEqual(inOrder(await customer.list()), expected)
    for (const size of [1, 2, 5, 6]) assert.deepEqual(inOrder(await walk(customer, size)), expected, `pages of ${size}`)
  })

  if (api.operations.eventTypes !== null) {
    const { eventTypes } = api.operations
    add('the list of event types has each type once', async (world) => {
      const customer = await world.customer()
      const answer = await customer.want(eventTypes)
      for (const { name } of profile.dialect.eventTypes) {
        assert.equal(answer.text.split(JSON.stringify(name)).length, 2, `${name} in ${answer.text}`)
      }
    })
  }

  if (api.secret !== null) {
    const { field, shown, mask = /^/ } = api.secret
    add('each answer shows the secret in full, masked or not at all, as the vendor does', async (world) => {
      const customer = await world.customer()
      const created = await customer.create(api.full(world.hook().url, 0))
      const id = idOf(created)
      const seen = {
        create: created,
        get: await customer.get(id),
        list: (await customer.list())[0] ?? {},
        change: await customer.change(id, { [api.urlField]: world.hook().url }),
      }
      for (const operation of ['create', 'get', 'list', 'change'] as const) {
        if (shown[operation] === 'never') assert.ok(!(field in seen[operation]), `${operation} shows no secret`)
        else if (shown[operation] === 'full') {
          assert.notEqual(seen[operation][field], undefined, `${operation} shows the secret`)
          assert.deepEqual(seen[operation][field], created[field], operation)
        } else {
          const value = seen[operation][field]
          assert.match(typeof value === 'string' ? value : JSON.stringify(value), mask, operation)
        }
      }
    })
  }

  /** The fields that an answer has: some vendors show few of them after a create or a change. */
  function shownOf(fields: Fields, answer: Fields): Fields {
    return Object.fromEntries(Object.entries(fields).filter(([name]) => name in answer))
  }

  /** The fields without the secret: answers after the first may mask or leave out the secret. */
  function withoutSecret(fields: Fields): Fields {
    return Object.fromEntries(Object.entries(fields).filter(([name]) => name !== api.secret?.field))
  }

  async function checkOperatorView(world: World, customer: Customer, endpoint: Fields): Promise<void> {
    const path = `/v1/tenants/${customer.tenant}/endpoints/${idOf(endpoint)}`
    const seen = await world.operator(200, 'GET', path)
    assert.partialDeepStrictEqual(seen, api.inOperatorTerms(endpoint))
  }

  async function walk(customer: Customer, size: number): Promise<readonly Fields[]> {
    const answers: ApiAnswer[] = []
    const rows: Fields[] = []
    while (answers.length < 20) {
      const request = api.nextPage(customer, size, answers)
      if (request === null) break
      const answer = await customer.ask(request)
      assert.equal(answer.status, api.operations.list.status, answer.text)
      const page = api.endpointsIn(answer.body)
      assert.ok(!request.path.includes('?') || page.length <= size, 'the page is longer than requested')
      answers.push(answer)
      rows.push(...page)
    }
    return rows
  }
}
