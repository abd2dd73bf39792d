// Headers whose values no API shows, and the values that lists and weaker keys do not see.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { eventType, shareApiRig } from '../../test/support/api-rig.ts'

const rig = await shareApiRig()
after(() => rig.close())

const headers = { 'X-Own': 'seen', 'X-Token': 'hidden' }
const tenant = await rig.tenant('standard')
const make = (fields: object = {}) => rig.endpoint(tenant, { headers, writeOnlyHeaders: ['X-Token'], ...fields })
const pathOf = (id: string): string => `/v1/tenants/${tenant.id}/endpoints/${id}`

test('a write-only value is in no answer, and is sent with deliveries', async () => {
  const { id, path } = await make()
  for (const key of [undefined, tenant.key]) {
    const shown = await rig.want(200, { path: pathOf(id), ...(key !== undefined && { key }) })
    assert.deepEqual(shown['headers'], { 'X-Own': 'seen', 'X-Token': null })
    assert.deepEqual(shown['writeOnlyHeaders'], ['X-Token'])
  }
  await rig.event(tenant)
  const [delivery] = await rig.received(path, 1)
  assert.equal(delivery?.headers['x-token'], 'hidden')
})

test('a mark stays with its header until new headers are sent, so that nothing shows the old value', async () => {
  const { id } = await make()
  const patch = (status: number, body: object) => rig.want(status, { method: 'PATCH', path: pathOf(id), body })
  const refused = await patch(400, { writeOnlyHeaders: [] })
  assert.deepEqual(
    refused.errors.map(({ field }) => field),
    ['writeOnlyHeaders'],
  )
  assert.deepEqual((await patch(200, { headers: { 'X-Token': 'other' } }))['headers'], { 'X-Token': null })
  assert.deepEqual((await patch(200, { headers: { 'X-Own': 'seen' } }))['writeOnlyHeaders'], [])
  assert.deepEqual((await patch(200, { writeOnlyHeaders: ['X-Own'] }))['headers'], { 'X-Own': null })
  const shown = await patch(200, { headers: { 'X-Own': 'new' }, writeOnlyHeaders: [] })
  assert.deepEqual(shown['headers'], { 'X-Own': 'new' })
})

test('only names of the headers can be marked', async () => {
  const { id } = await make()
  const body = { headers: { 'X-Other': 'a' }, writeOnlyHeaders: ['X-Token'] }
  const refused = await rig.want(400, { method: 'PATCH', path: pathOf(id), body })
  assert.deepEqual(
    refused.errors.map(({ field }) => field),
    ['writeOnlyHeaders.0'],
  )
})

test('a dialect whose vendor shows headers has no write-only ones', async () => {
  const { id } = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect: 'partoo' } })
  const body = { url: `${rig.receiver.url}/`, eventTypes: ['business_updated'], headers, writeOnlyHeaders: ['X-Own'] }
  const refused = await rig.want(400, { method: 'POST', path: `/v1/tenants/${id}/endpoints`, body })
  assert.deepEqual(
    refused.errors.map(({ field }) => field),
    ['writeOnlyHeaders'],
  )
})

test('a list shows no value, and the names of headers and the ends of secrets stay readable', async () => {
  const other = await rig.tenant('standard')
  await rig.endpoint(other, { headers, eventTypes: [eventType] })
  const { data } = await rig.want(200, { path: `/v1/tenants/${other.id}/endpoints` })
  const [shown] = data as unknown as { headers: object; secrets: { value: unknown; createdAt: string }[] }[]
  assert.deepEqual(shown?.headers, { 'X-Own': null, 'X-Token': null })
  assert.deepEqual(
    shown?.secrets.map(({ value }) => value),
    [null],
  )
})
