// The agent of a webhook, by which deliveries and lists are filtered, and the pages and cursors of lists.

import assert from 'node:assert/strict'
import { onSqlite } from '../../../test/support/dialect-support.ts'
import { after, before, describe, test } from 'node:test'
import type { ApiAnswer, Fields } from '../../../test/conformance/dialects/profile.ts'
import { World } from '../../../test/conformance/dialects/world.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'

const profile = profileOf('ultravox')

const path = '/api/webhooks'
const sample = { url: 'https://example.com/hook', events: ['call.started', 'call.ended'] }
const [agentOne, agentTwo] = ['3c90c3cc-0d44-4b50-8888-8dd25736052a', '8d7f5b0e-93a1-4c0e-a2a1-0f6a51e9c001']

const world = new World(profile, onSqlite)
before(() => world.start())
after(() => world.stop())

interface List {
  readonly next: string | null
  readonly previous: string | null
  readonly results: readonly Fields[]
  readonly total: number
}

const listIn = ({ status, text, body }: ApiAnswer): List => {
  assert.equal(status, 200, text)
  return body as List
}

describe('an agent', () => {
  test('limits its webhooks to its own calls, and webhooks without an agent get all calls', async () => {
    const customer = await world.customer()
    const hooks = { all: world.hook(), one: world.hook(), two: world.hook() }
    await customer.create({ ...sample, url: hooks.all.url })
    await customer.create({ ...sample, url: hooks.one.url, agentId: agentOne })
    const { webhookId } = await customer.create({ ...sample, url: hooks.two.url, agentId: agentTwo.toUpperCase() })
    const post = async (agentId: string | null): Promise<unknown> => {
      const event = { tenant: customer.tenant, type: 'call.started', data: { agentId } }
      const attributes = agentId === null ? {} : { attributes: { agentId } }
      return (await world.operator(202, 'POST', '/v1/events', { ...event, ...attributes }))['deliveries']
    }
    assert.equal(await post(agentOne), 2)
    assert.equal(await post(agentTwo), 2)
    assert.equal(await post(null), 1)
    await hooks.all.until(3)
    const [arrived] = await hooks.one.until(1)
    assert.equal(arrived?.body.toString(), `{"event":"call.started","call":{"agentId":"${agentOne}"}}`)
    await hooks.two.until(1)
    await customer.change(String(webhookId), { agentId: null })
    assert.equal(await post(null), 2)
  })

  test('is found in any case, and in the data of a call whose event does not name it', async () => {
    const customer = await world.customer()
    const hook = world.hook()
    await customer.create({ ...sample, url: hook.url, agentId: agentOne })
    const post = async (data: object, attributes?: object): Promise<unknown> => {
      const event = { tenant: customer.tenant, type: 'call.started', data, ...(attributes && { attributes }) }
      return (await world.operator(202, 'POST', '/v1/events', event))['deliveries']
    }
    const inCapitals = agentOne.toUpperCase()
    assert.equal(await post({}, { agentId: inCapitals }), 1)
    assert.equal(await post({ agentId: agentOne }), 1)
    assert.equal(await post({ call: { agentId: agentTwo }, agentId: inCapitals }, { other: 'x' }), 1)
    assert.equal(await post({ agentId: agentOne }, { agentId: agentTwo }), 0)
    for (const agentId of [agentTwo, null, 5, {}, [agentOne]]) assert.equal(await post({ agentId }), 0)
    assert.equal(await post({ call: { agentId: agentOne } }), 0)
    await hook.until(3)
  })

  test('of an endpoint that the operator wrote in capitals is the same agent', async () => {
    const customer = await world.customer()
    const { url } = world.hook()
    const endpoints = `/v1/tenants/${customer.tenant}/endpoints`
    const inCapitals = { agentId: agentOne.toUpperCase() }
    const fields = { url, eventTypes: ['call.started'], filters: inCapitals }
    const { id } = await world.operator(201, 'POST', endpoints, fields)
    assert.equal((await customer.get(String(id)))['agentId'], agentOne)
    const changed = await world.operator(200, 'PATCH', `${endpoints}/${String(id)}`, { filters: inCapitals })
    assert.deepEqual(changed['filters'], { agentId: agentOne })
  })

  test('filters the list to its own webhooks, without those that have no agent', async () => {
    const customer = await world.customer()
    await customer.create(sample)
    const { webhookId } = await customer.create({ ...sample, agentId: agentOne })
    const list = async (query: string) => listIn(await customer.ask({ method: 'GET', path: `${path}?${query}` }))
    for (const id of [agentOne, agentOne.toUpperCase()]) {
      const { results, total } = await list(`agentId=${id}`)
      assert.deepEqual([results.map((one) => one['webhookId']), total], [[webhookId], 1])
    }
    assert.equal((await list(`agentId=${agentTwo}`)).total, 0)
    assert.equal((await list('agentId=')).total, 2)
    const wrong = await customer.ask({ method: 'GET', path: `${path}?agentId=one` })
    assert.deepEqual([wrong.status, wrong.text], [400, '{"agentId":["Must be a valid UUID."]}'])
  })
})

describe('the list', () => {
  test('links its pages by absolute URLs to the end and back, and the links keep agent and page size', async () => {
    const customer = await world.customer()
    const ids: unknown[] = []
    for (let count = 0; count < 5; count++) {
      ids.unshift((await customer.create({ ...sample, agentId: agentOne }))['webhookId'])
      await customer.create(sample)
    }
    const headers = { host: 'hooks.example.com:8443' }
    const follow = async (link: string) => {
      const { pathname, search } = new URL(link)
      return listIn(await customer.ask({ method: 'GET', path: pathname + search, headers }))
    }
    const first = await follow(`http://x${path}?pageSize=2&agentId=${agentOne}`)
    assert.equal(first.previous, null)
    const form = new RegExp(
      `^http://hooks\\.example\\.com:8443/api/webhooks\\?agentId=${agentOne}&cursor=[A-Za-z0-9%]+&pageSize=2$`,
    )
    const pages = [first]
    for (let next = first.next; next !== null; next = pages.at(-1)?.next ?? null) {
      assert.match(next, form)
      pages.push(await follow(next))
    }
    assert.deepEqual(
      pages.map(({ results }) => results.map((one) => one['webhookId'])),
      [ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)],
    )
    assert.deepEqual(new Set(pages.map(({ total }) => total)), new Set([5]))
    for (const [index, page] of pages.entries()) {
      if (index === 0) continue
      assert.match(page.previous ?? '', form)
      const preceding = await follow(page.previous ?? '')
      assert.deepEqual(preceding.results, pages[index - 1]?.results)
    }
  })

  test('ignores a page size that is not a positive integer', async () => {
    const customer = await world.customer()
    for (let count = 0; count < 2; count++) await customer.create(sample)
    const queries = [
      'pageSize=0',
      'pageSize=-1',
      'pageSize=1.5',
      'pageSize=ten',
      'pageSize=',
      'pageSize=5000',
      'other=1',
    ]
    for (const query of [...queries, 'cursor=', 'pageSize=1&pageSize=2']) {
      const { results } = listIn(await customer.ask({ method: 'GET', path: `${path}?${query}` }))
      assert.equal(results.length, 2, query)
    }
  })

  test('refuses a cursor that it did not give', async () => {
    const customer = await world.customer()
    for (const cursor of ['x', 'cD1hYmM%3D', '%00', 'cD00ODY', '1']) {
      const answer = await customer.ask({ method: 'GET', path: `${path}?cursor=${cursor}` })
      assert.deepEqual([answer.status, answer.text], [404, '{"detail":"Invalid cursor"}'], cursor)
    }
  })
})
