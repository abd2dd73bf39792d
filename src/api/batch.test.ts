// Batches: one result per event, in order; an invalid one is told at its index and keeps no other out.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { eventType, fresh, startApiRig } from '../../test/support/api-rig.ts'

const rig = await startApiRig()
after(() => rig.close())

const tenant = await rig.tenant('standard')
const allo = await rig.tenant('allo')
const good = (more: object = {}) => ({ tenant: tenant.id, type: eventType, data: {}, ...more })
const post = (events: unknown) => ({ method: 'POST', path: '/v1/events/batch', body: { events } }) as const

/** A result in short: `stored`, `duplicate`, or its code and fields. */
async function results(events: readonly unknown[]): Promise<string[]> {
  const { results: given } = await rig.want(202, post(events))
  return given.map((result) => {
    const error = result['error'] as { code: string; errors?: { field: string }[] } | undefined
    if (error !== undefined) return [error.code, ...(error.errors ?? []).map(({ field }) => field)].join(' ')
    return result['duplicate'] === true ? 'duplicate' : 'stored'
  })
}

test('every invalid event is told at its index, the others are stored', async () => {
  const endpoint = await rig.endpoint(tenant)
  const cases: readonly (readonly [event: unknown, result: string])[] = [
    [good(), 'stored'],
    [{}, 'invalid tenant type data'],
    [null, 'invalid '],
    [[], 'invalid '],
    ['x', 'invalid '],
    [good({ data: 1 }), 'invalid data'],
    [good({ surprise: 1 }), 'invalid surprise'],
    [good({ id: 'a b' }), 'invalid id'],
    [good({ tenant: 'none' }), 'invalid tenant'],
    [good({ tenant: allo.id, type: 'none' }), 'invalid type'],
    [good({ tenant: allo.id }), 'stored'],
    [good({ occurredAt: 'now' }), 'invalid occurredAt'],
    [good({ attributes: { a: 1 } }), 'invalid attributes.a'],
    [good(), 'stored'],
  ]
  assert.deepEqual(
    await results(cases.map(([event]) => event)),
    cases.map(([, result]) => result),
  )
  await rig.received(endpoint.path, 2)
})

test('ids that come twice in a batch are one event; with other content the second is refused', async () => {
  const [id, other] = [fresh('twice'), fresh('other')]
  const given = await results([
    good({ id }),
    good({ id, tenant: allo.id }),
    good({ id }),
    good({ id: other, data: { n: 1 } }),
    good({ id: other, data: { n: 2 } }),
    good({ id }),
  ])
  assert.deepEqual(given, ['stored', 'stored', 'duplicate', 'stored', 'event_id_reused', 'duplicate'])
  assert.deepEqual(await results([good({ id }), good({ id, data: { n: 3 } })]), ['duplicate', 'event_id_reused'])
})

test('a result names its event and counts its deliveries', async () => {
  const quiet = await rig.tenant('standard')
  await rig.endpoint(quiet, { eventTypes: ['a'] })
  await rig.endpoint(quiet, { eventTypes: ['*'] })
  const { results: given } = await rig.want(
    202,
    post(['a', 'b'].map((type) => good({ tenant: quiet.id, type, id: type }))),
  )
  assert.deepEqual(given, [
    { id: 'a', tenant: quiet.id, type: 'a', deliveries: 2 },
    { id: 'b', tenant: quiet.id, type: 'b', deliveries: 1 },
  ])
})

test('1000 events are stored, and listed in their order; 1001 are refused as a whole', async () => {
  const many = await rig.tenant('standard')
  const events = Array.from({ length: 1000 }, (_, index) => good({ tenant: many.id, id: `e${index}` }))
  assert.deepEqual(new Set(await results(events)), new Set(['stored']))
  const { data } = await rig.want(200, { path: `/v1/events?tenant=${many.id}&limit=250` })
  assert.deepEqual(
    data.map(({ id }) => id),
    Array.from({ length: 250 }, (_, index) => `e${999 - index}`),
  )

  const none = await rig.tenant('standard')
  const tooMany = Array.from({ length: 1001 }, () => good({ tenant: none.id }))
  assert.deepEqual(
    (await rig.want(400, post(tooMany))).errors.map(({ field }) => field),
    ['events'],
  )
  assert.deepEqual((await rig.want(200, { path: `/v1/events?tenant=${none.id}` })).data, [])
})

test('a batch of nothing but faults stores nothing and says so', async () => {
  assert.deepEqual(await results([{}, good({ type: '' })]), ['invalid tenant type data', 'invalid type'])
})
