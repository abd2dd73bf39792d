// Batches: one result per event, in order. An invalid event is reported at its index, and the other events are stored.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { eventType, fresh, shareApiRig } from '../../test/support/api-rig.ts'

const rig = await shareApiRig()
after(() => rig.close())

const tenant = await rig.tenant('standard')
const allo = await rig.tenant('allo')
const good = (more: object = {}) => ({ tenant: tenant.id, type: eventType, data: {}, ...more })
const post = (events: unknown) => ({ method: 'POST', path: '/v1/events/batch', body: { events } }) as const

/** The result of each event in short: `stored`, `duplicate`, or the error code with the fields. */
async function results(events: readonly unknown[]): Promise<string[]> {
  const { results: given } = await rig.want(202, post(events))
  return given.map((result) => {
    const error = result['error'] as { code: string; errors?: { field: string }[] } | undefined
    if (error !== undefined) return [error.code, ...(error.errors ?? []).map(({ field }) => field)].join(' ')
    return result['duplicate'] === true ? 'duplicate' : 'stored'
  })
}

test('every invalid event is reported at its index, and the other events are stored', async () => {
  const endpoint = await rig.endpoint(tenant)
  const cases: readonly { readonly event: unknown; readonly result: string }[] = [
    { event: good(), result: 'stored' },
    { event: {}, result: 'invalid tenant type data' },
    { event: null, result: 'invalid ' },
    { event: [], result: 'invalid ' },
    { event: 'x', result: 'invalid ' },
    { event: good({ data: 1 }), result: 'invalid data' },
    { event: good({ surprise: 1 }), result: 'invalid surprise' },
    { event: good({ id: 'a b' }), result: 'invalid id' },
    { event: good({ tenant: 'none' }), result: 'invalid tenant' },
    { event: good({ tenant: allo.id, type: 'none' }), result: 'invalid type' },
    { event: good({ tenant: allo.id }), result: 'stored' },
    { event: good({ occurredAt: 'now' }), result: 'invalid occurredAt' },
    { event: good({ attributes: { a: 1 } }), result: 'invalid attributes.a' },
    { event: good({ type: 'a ' }), result: 'invalid type' },
    { event: good({ type: 'a\ud800' }), result: 'invalid type' },
    { event: good({ attributes: { 'a\0': 'b' } }), result: 'invalid attributes.a\0' },
    { event: good(), result: 'stored' },
  ]
  assert.deepEqual(
    await results(cases.map(({ event }) => event)),
    cases.map(({ result }) => result),
  )
  await rig.received(endpoint.path, 2)
})

test('an id that is twice in a batch is one event; the second is refused if its content differs', async () => {
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

test('a batch of 1000 events is stored and listed in order; a batch of 1001 is refused as a whole', async () => {
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

test('a batch of invalid events only is answered with 202 and an error for each event', async () => {
  assert.deepEqual(await results([{}, good({ type: '' })]), ['invalid tenant type data', 'invalid type'])
})

test('an element that is no event is refused without the name of a field', async () => {
  const { results: all } = await rig.want(202, post([5]))
  const [{ error }] = all as unknown as [{ error: { detail: string } }]
  assert.equal(error.detail, 'must be a JSON object')
})

test('a value of a wrong type is refused in words', async () => {
  const { id } = await rig.tenant('standard')
  for (const [wrong, says] of [
    [{ data: 'text' }, 'data must be a JSON object'],
    [{ id: 5 }, 'id must be a string'],
  ] as const) {
    const event = good({ tenant: id, ...wrong })
    const [{ error }] = (await rig.want(202, post([event]))).results as unknown as [{ error: { detail: string } }]
    const { detail } = await rig.want(400, { method: 'POST', path: '/v1/events', body: event })
    assert.deepEqual([error.detail, detail], [says, `Invalid body: ${says}.`])
  }
})
