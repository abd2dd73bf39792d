// Batches, the limit of one webhook per event type, pages, and the fields that an update cannot change.

import assert from 'node:assert/strict'
import { onSqlite } from '../../../test/support/dialect-support.ts'
import { checkShape } from '../../../test/conformance/dialects/answers.ts'
import type { Customer } from '../../../test/conformance/dialects/customer.ts'
import type { ApiAnswer, Fields } from '../../../test/conformance/dialects/profile.ts'
import { onOneServer } from '../../../test/conformance/dialects/suite.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'

const profile = profileOf('partoo')
const events = profile.dialect.eventTypes.map(({ name }) => name)

const path = '/v2/webhooks'
const exists = '{"errors":{"json":{"event_type":"already exists"}}}'

onOneServer('partoo: webhooks', profile, onSqlite, (add) => {
  add('a batch is created in the given order, and one URL may have every event type', async (world) => {
    const customer = await world.customer()
    const { url } = world.hook()
    const items = await createdBy(
      customer,
      events.map((event_type) => ({ url, event_type })),
    )
    assert.deepEqual(
      items.map(({ event_type }) => event_type),
      events,
    )
    assert.equal(new Set(items.map(({ id }) => id)).size, events.length)
    for (const item of items) {
      assert.equal(item['org_id'], Number(customer.tenant))
      assert.equal(item['created_at'], item['updated_at'])
      assert.deepEqual(Object.keys(item), ['id', 'url', 'event_type', 'created_at', 'updated_at', 'org_id'])
      assert.deepEqual(await customer.get(String(item['id'])), item)
    }
    assert.deepEqual(await customer.list(), items.toReversed())
  })

  add('an organization has one webhook per event type, even with different URLs', async (world) => {
    const [customer, other] = await Promise.all([world.customer(), world.customer()])
    const [url, another] = [world.hook().url, world.hook().url]
    const [first] = await createdBy(customer, [{ url, event_type: 'lead_received' }])
    for (const again of [url, another]) {
      const answer = await create(customer, [
        { url, event_type: 'message_created' },
        { url: again, event_type: 'lead_received' },
      ])
      assert.deepEqual([answer.status, answer.text], [400, exists])
    }
    assert.deepEqual(await customer.list(), [first], 'a part of a refused batch was created')
    await createdBy(other, [{ url, event_type: 'lead_received' }])
    await customer.remove(String(first?.['id']))
    await createdBy(customer, [{ url, event_type: 'lead_received' }])
  })

  add('a batch that names an event type twice is refused as a whole', async (world) => {
    const customer = await world.customer()
    const { url } = world.hook()
    const answer = await create(
      customer,
      ['lead_received', 'message_created', 'lead_received'].map((event_type) => ({ url, event_type })),
    )
    assert.deepEqual([answer.status, answer.text], [400, exists])
    assert.deepEqual(await customer.list(), [])
  })

  add('only one of several concurrent creates for one event type succeeds', async (world) => {
    const customer = await world.customer()
    const { url } = world.hook()
    const item = { url, event_type: 'lead_received' }
    const answers = await Promise.all(Array.from({ length: 12 }, () => create(customer, [item])))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.equal(answers.filter(({ text }) => text === exists).length, 11)
    assert.equal((await customer.list()).length, 1)
  })

  add('a fault in a batch is answered under the index of its entry, and nothing is stored', async (world) => {
    const customer = await world.customer()
    const good = { url: world.hook().url, event_type: 'lead_received' }
    const faults: { body: Fields; fault: unknown }[] = [
      { body: {}, fault: 'is required' },
      { body: { items: null }, fault: 'must be an array' },
      { body: { items: good }, fault: 'must be an array' },
      { body: { items: [] }, fault: 'must not have fewer than 1 items' },
      { body: { items: Array.from({ length: 7 }, () => good) }, fault: 'must not have more than 6 items' },
      { body: { items: [good, 5, null] }, fault: { 1: 'must be an object', 2: 'must be an object' } },
      { body: { items: [good, {}] }, fault: { 1: { url: 'is required', event_type: 'is required' } } },
      {
        body: { items: [good, { ...good, url: 'x' }, { ...good, url: 5 }] },
        fault: { 1: { url: 'must be a valid url' }, 2: { url: 'must be a string' } },
      },
      { body: { items: [good, { ...good, url: 'x' }] }, fault: { 1: { url: 'must be a valid url' } } },
    ]
    for (const { body, fault } of faults) {
      const answer = await customer.ask({ method: 'POST', path, body })
      assert.equal(answer.status, 400)
      assert.deepEqual(answer.body, { errors: { json: { items: fault } } })
    }
    assert.deepEqual(await customer.list(), [])
  })

  add('the list has pages of 30 by default', async (world) => {
    const customer = await world.customer()
    const { url } = world.hook()
    const items = (
      await createdBy(
        customer,
        events.map((event_type) => ({ url, event_type })),
      )
    ).toReversed()
    const pages: { query: string; expected: Fields }[] = [
      { query: '', expected: { page: 1, max_page: 1, items } },
      { query: '?per_page=100', expected: { page: 1, max_page: 1, items } },
      { query: '?per_page=6&page=2', expected: { page: 2, max_page: 1, items: [] } },
      { query: '?per_page=4', expected: { page: 1, max_page: 2, items: items.slice(0, 4) } },
      { query: '?page=2&per_page=4', expected: { page: 2, max_page: 2, items: items.slice(4) } },
      {
        query: '?page=9007199254740991&per_page=1',
        expected: { page: 9007199254740991, max_page: 6, items: [] },
      },
    ]
    for (const { query, expected } of pages) {
      const answer = await customer.ask({ method: 'GET', path: path + query })
      checkShape(profile.api.operations.list.schema ?? {}, answer)
      assert.deepEqual(answer.body, { ...expected, count: 6 }, query)
    }
  })

  add('an invalid page or page size is refused', async (world) => {
    const customer = await world.customer()
    const faults: { query: string; expected: Fields }[] = [
      { query: 'page=0', expected: { page: 'must be >= 1' } },
      { query: 'page=-1', expected: { page: 'must be >= 1' } },
      { query: 'page=x', expected: { page: 'must be an integer' } },
      { query: 'page=1.5', expected: { page: 'must be an integer' } },
      { query: 'page=', expected: { page: 'must be an integer' } },
      { query: 'per_page=0', expected: { per_page: 'must be >= 1' } },
      { query: 'per_page=101', expected: { per_page: 'must be <= 100' } },
      { query: 'page=0&per_page=ten', expected: { page: 'must be >= 1', per_page: 'must be an integer' } },
    ]
    for (const { query, expected } of faults) {
      const answer = await customer.ask({ method: 'GET', path: `${path}?${query}` })
      assert.deepEqual([answer.status, answer.body], [400, { errors: { json: expected } }], query)
    }
  })

  for (const method of ['PUT', 'PATCH']) {
    add(
      `${method} changes the given fields, but never event type, id, organization or creation time`,
      async (world) => {
        const customer = await world.customer()
        const [url, another] = [world.hook().url, world.hook().url]
        const headers = { 'X-A': '1', 'X-B': '2' }
        const [before] = await createdBy(customer, [{ url, event_type: 'lead_received', custom_headers: headers }])
        const update = async (body: Fields): Promise<Fields> => {
          const answer = await customer.ask({ method, path: `${path}/${String(before?.['id'])}`, body })
          assert.equal(answer.status, 200, answer.text)
          checkShape(profile.api.operations.change.schema ?? {}, answer)
          return answer.body as Fields
        }
        const ignored = { id: 7, event_type: 'business_created', org_id: 1, created_at: 'x', updated_at: null }
        const moved = await update({ ...ignored, url: another })
        assert.deepEqual({ ...moved, updated_at: '' }, { ...before, url: another, updated_at: '' })
        assert.ok(String(moved['updated_at']) > String(before?.['updated_at']))
        assert.deepEqual((await update({ custom_headers: { 'X-C': '3' } }))['custom_headers'], { 'X-C': '3' })
        assert.deepEqual((await update({}))['custom_headers'], { 'X-C': '3' })
        assert.equal('custom_headers' in (await update({ custom_headers: {} })), false)
        assert.equal((await customer.get(String(before?.['id'])))['url'], another)
      },
    )
  }

  add('the operator API applies the same rules', async (world) => {
    const customer = await world.customer()
    const endpoints = `/v1/tenants/${customer.tenant}/endpoints`
    const { url } = world.hook()
    const eventTypes = ['lead_received']
    await world.operator(400, 'POST', endpoints, { url, eventTypes: ['lead_received', 'message_created'] })
    await world.operator(400, 'POST', endpoints, { url, eventTypes, headers: { 'X-Partoo-Signature-v1': 'forged' } })
    await world.operator(400, 'POST', endpoints, { url, eventTypes, headers: { Authorization: 'x' } })
    const { id } = await world.operator(201, 'POST', endpoints, { url, eventTypes, headers: { 'X-A': '1' } })
    await world.operator(409, 'POST', endpoints, { url, eventTypes })
    await world.operator(409, 'POST', `${endpoints}/${String(id)}/rotate-secret`, {})
    assert.deepEqual((await customer.get(String(id)))['custom_headers'], { 'X-A': '1' })
    const { id: second } = await world.operator(201, 'POST', endpoints, { url, eventTypes: ['message_created'] })
    await world.operator(409, 'PATCH', `${endpoints}/${String(second)}`, { eventTypes })
  })
})

function create(customer: Customer, items: readonly Fields[]): Promise<ApiAnswer> {
  return customer.ask({ method: 'POST', path, body: { items } })
}

async function createdBy(customer: Customer, items: readonly Fields[]): Promise<readonly Fields[]> {
  const answer = await create(customer, items)
  assert.equal(answer.status, 200, answer.text)
  return (answer.body as { items: Fields[] }).items
}
