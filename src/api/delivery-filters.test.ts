// Filters of the list of deliveries.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { fresh, startApiRig, until } from '../../test/support/api-rig.ts'

// Retries wait for a quarter of an hour and more.
const rig = await startApiRig({ POSTHORN_RETRY_SCALE: '200' })
after(() => rig.close())

const tenant = await rig.tenant('standard')
const foreign = await rig.tenant('allo')

/** Sends an event to a new endpoint that answers with `status`. Returns the id of the event after its attempt. */
async function attempted(status: number, of = tenant): Promise<string> {
  const type = fresh('type')
  const types = of.dialect === 'standard' ? { eventTypes: [type] } : {}
  const endpoint = await rig.endpoint(of, types)
  rig.behaviours.set(endpoint.path, () => ({ status }))
  const event = await rig.event(of, of.dialect === 'standard' ? { type } : {})
  const isAttempted = async () => {
    const { deliveries } = await rig.want(200, { path: `/v1/events/${event}` })
    return (deliveries as { lastAttempt: unknown }[])[0]?.lastAttempt !== null
  }
  await until(isAttempted, 'the delivery was attempted')
  return event
}

const delivered = await attempted(204)
const failing = await attempted(503)
const failed = await attempted(410)
const theirs = await attempted(500, foreign)

async function events(query: string, key?: string): Promise<unknown[]> {
  const page = await rig.want(200, { path: `/v1/deliveries?${query}`, ...(key !== undefined && { key }) })
  assert.deepEqual([page.nextCursor, page['searchedTo']], [null, null])
  return page.data.map(({ event }) => event)
}

test('each filter selects, and several statuses are given by repeating the parameter', async () => {
  for (const [query, wanted] of [
    ['status=delivered', [delivered]],
    ['status=failed&status=delivered', [failed, delivered]],
    ['status=pending', [theirs, failing]],
    ['status=failed&status=failed', [failed]],
    ['failing=true', [theirs, failing]],
    ['failing=false', [theirs, failed, failing, delivered]],
    ['failing=true&dialect=standard', [failing]],
    ['dialect=allo', [theirs]],
    ['outcome=rejected', [theirs, failed, failing]],
    ['outcome=rejected&httpStatus=503', [failing]],
    ['outcome=delivered&httpStatus=503', []],
    ['httpStatus=204', [delivered]],
    ['attemptedFrom=2026-01-01T00:00:00Z', [theirs, failed, failing, delivered]],
    ['attemptedTo=2026-01-01T00:00:00Z', []],
    [`tenant=${tenant.id}&failing=true`, [failing]],
  ] as const) {
    assert.deepEqual(await events(query), wanted, query)
  }
})

test('a customer finds its own deliveries only', async () => {
  for (const query of ['failing=true', 'failing=true&httpStatus=503', 'outcome=rejected&status=pending']) {
    assert.deepEqual(await events(query, tenant.key), [failing], query)
  }
  assert.deepEqual(await events('dialect=allo', tenant.key), [])
})

test('a delivery shows its dialect and its last attempt', async () => {
  const { data } = await rig.want(200, { path: '/v1/deliveries?httpStatus=503' })
  const { dialect, lastAttempt } = data[0] as unknown as { dialect: string; lastAttempt: Record<string, unknown> }
  assert.equal(dialect, 'standard')
  assert.deepEqual([lastAttempt['outcome'], lastAttempt['status']], ['rejected', 503])
})

test('an invalid filter is refused with the name of its field', async () => {
  for (const [query, field] of [
    ['status=lost', 'status'],
    ['status=failed&status=lost', 'status status.1'],
    ['failing=1', 'failing'],
    ['outcome=bad', 'outcome'],
    ['httpStatus=99', 'httpStatus'],
    ['httpStatus=5xx', 'httpStatus'],
    ['attemptedFrom=yesterday', 'attemptedFrom'],
  ] as const) {
    const { errors } = await rig.want(400, { path: `/v1/deliveries?${query}` })
    assert.equal(errors.map((error) => error.field).join(' '), field, query)
  }
})
