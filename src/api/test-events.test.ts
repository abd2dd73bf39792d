// Test events of the catalogue's types, and the examples that they have as data.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { shareApiRig, type TestTenant } from '../../test/support/api-rig.ts'

const rig = await shareApiRig()
after(() => rig.close())

type Examples = Readonly<Record<string, unknown>>

async function examplesOf(dialect: string): Promise<Examples> {
  const shown = await rig.want(200, { path: `/v1/dialects/${dialect}` })
  const types = shown['eventTypes'] as { readonly name: string; readonly example: unknown }[]
  return Object.fromEntries(types.map(({ name, example }) => [name, example]))
}

/** A tenant with an id in the form of its dialect. */
async function tenantOf(dialect: string): Promise<TestTenant> {
  const { id } = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect } })
  return { id, dialect, key: '', keyId: '' }
}

async function arrivedAfter(tenant: TestTenant, eventTypes: string[], body: object): Promise<unknown> {
  const endpoint = await rig.endpoint(tenant, { eventTypes })
  const sent = await rig.want(202, { ...testOf(tenant, endpoint.id), body })
  const [arrived] = await rig.received(endpoint.path, 1)
  return { type: sent['type'], ...(JSON.parse(String(arrived?.body)) as object) }
}

const testOf = ({ id }: TestTenant, endpoint: string) =>
  ({ method: 'POST', path: `/v1/tenants/${id}/endpoints/${endpoint}/test` }) as const

suite('the examples of a catalogue', () => {
  test('are those of the test events, where they differ between types', async () => {
    const partoo = await examplesOf('partoo')
    assert.ok(Object.values(partoo).every((example) => example !== null))
    assert.equal((partoo['lead_received'] as Examples)['store_code'], 'Partoo123')
    const ultravox = await examplesOf('ultravox')
    const billed = Object.entries(ultravox).map(([type, example]) => [type, (example as Examples)['billedDuration']])
    assert.deepEqual(Object.fromEntries(billed)['call.billed'], '60s')
    assert.deepEqual(Object.fromEntries(billed)['call.ended'], null)
  })

  test("are those of the vendor's pages", async () => {
    const { 'invoice.validated': validated, ...others } = await examplesOf('storno')
    assert.equal(typeof validated, 'object')
    assert.notEqual(validated, null)
    assert.deepEqual(new Set(Object.values(others)), new Set([null]))
  })

  test('are null where none is known', async () => {
    for (const dialect of ['allo', 'dialnexa'])
      assert.deepEqual(new Set(Object.values(await examplesOf(dialect))), new Set([null]), dialect)
  })
})

suite('a test event of a chosen type', () => {
  test('has the example as its data, also if the endpoint does not want the type', async () => {
    const tenant = await tenantOf('partoo')
    const example = (await examplesOf('partoo'))['lead_received']
    const arrived = await arrivedAfter(tenant, ['business_created'], { eventType: 'lead_received' })
    assert.deepEqual(arrived, { type: 'lead_received', payload: example })
  })

  test("has the data of the dialect's test where there is no example", async () => {
    const tenant = await rig.tenant('standard')
    const arrived = (await arrivedAfter(tenant, ['a.b'], { eventType: 'order.paid' })) as Examples
    assert.deepEqual([arrived['type'], arrived['data']], ['order.paid', { test: true }])
  })

  test('is refused if the catalogue does not have the type, or the field is misspelt', async () => {
    const tenant = await tenantOf('partoo')
    const endpoint = await rig.endpoint(tenant, { eventTypes: ['lead_received'] })
    for (const [body, field] of [
      [{ eventType: 'order.paid' }, 'eventType'],
      [{ eventType: '' }, 'eventType'],
      [{ type: 'lead_received' }, 'type'],
    ] as const) {
      const { errors } = await rig.want(400, { ...testOf(tenant, endpoint.id), body })
      assert.deepEqual(
        errors?.map((error) => error.field),
        [field],
      )
    }
  })
})
