// Posting and reading events: an event is stored before the response, idempotent by id, and matched by type and
// attributes.

import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { type ApiCase, testCases } from '../../test/support/api-case.ts'
import { eventType, fresh, startApiRig, type TestTenant } from '../../test/support/api-rig.ts'

const rig = await startApiRig()
after(() => rig.close())

const post = (body: unknown) => ({ method: 'POST', path: '/v1/events', body }) as const

test('an event with a 202 response is committed to the database, with its deliveries', async () => {
  const tenant = await rig.tenant('standard')
  await rig.endpoint(tenant)
  await rig.endpoint(tenant)
  const published = await rig.want(202, post({ tenant: tenant.id, type: eventType, data: {} }))
  // Another connection sees only committed rows, as after a crash of the process.
  const db = new DatabaseSync(join(rig.installation.folder, 'posthorn.db'), { readOnly: true })
  try {
    const rows = db.prepare('SELECT count(*) AS count FROM events WHERE id = ?').get(published.id)
    assert.deepEqual([rows?.['count'], published['deliveries']], [1, 2])
  } finally {
    db.close()
  }
})

suite('an id', () => {
  for (const dialect of ['standard', 'allo']) {
    test(`that is posted twice to ${dialect} is delivered once`, async () => {
      const tenant = await rig.tenant(dialect)
      const endpoint = await rig.endpoint(tenant)
      const id = fresh('once')
      const body = { tenant: tenant.id, type: eventType, data: { n: 1 }, id }
      const first = await rig.want(202, post(body))
      assert.deepEqual([first.id, first['deliveries'], 'duplicate' in first], [id, 1, false])
      for (let repeat = 0; repeat < 3; repeat++) {
        assert.deepEqual(await rig.want(200, post(body)), { ...first, duplicate: true })
      }
      // A later event has arrived, so a repeated delivery would have arrived too.
      await rig.event(tenant)
      const arrived = await rig.received(endpoint.path, 2)
      assert.equal(arrived.filter(({ headers }) => headers['webhook-id'] === id).length, 1)
    })
  }

  test('that many callers post at once is accepted once', async () => {
    const tenant = await rig.tenant('standard')
    await rig.endpoint(tenant)
    const body = { tenant: tenant.id, type: eventType, data: {}, id: fresh('race') }
    const answers = await Promise.all(Array.from({ length: 20 }, () => rig.ask(post(body))))
    assert.equal(answers.filter(({ status }) => status === 202).length, 1)
    assert.equal(answers.filter(({ status }) => status === 200).length, 19)
    const { data } = await rig.want(200, { path: `/v1/deliveries?tenant=${tenant.id}` })
    assert.equal(data.length, 1)
  })

  test('that is posted again with other content is refused', async () => {
    const tenant = await rig.tenant('standard')
    const body = { tenant: tenant.id, type: 'a', data: { n: 1 }, id: fresh('other'), attributes: { a: '1' } }
    await rig.want(202, post(body))
    for (const other of [{ type: 'b' }, { data: { n: 2 } }, { attributes: { a: '2' } }, { attributes: {} }]) {
      const answer = await rig.ask(post({ ...body, ...other }))
      assert.deepEqual([answer.status, answer.body.code], [409, 'event_id_reused'], JSON.stringify(other))
    }
    await rig.want(200, post(body))
  })

  test('that two tenants use names two events, and reading one needs the tenant', async () => {
    const tenants = [await rig.tenant('standard'), await rig.tenant('allo')]
    const id = fresh('shared')
    for (const [index, tenant] of tenants.entries()) await rig.event(tenant, { id, data: { index } })
    const ambiguous = await rig.ask({ path: `/v1/events/${id}` })
    assert.deepEqual([ambiguous.status, ambiguous.body.code], [409, 'event_ambiguous'])
    for (const [index, tenant] of tenants.entries()) {
      const found = await rig.want(200, { path: `/v1/events/${id}?tenant=${tenant.id}` })
      assert.deepEqual([found['tenant'], found.data], [tenant.id, { index }])
    }
    await rig.want(404, { path: `/v1/events/${id}?tenant=${(await rig.tenant('standard')).id}` })
  })
})

test('the events of the system tenant are made by Posthorn alone: no caller posts one', async () => {
  const system = '/v1/tenants/~posthorn/endpoints'
  const created = (eventTypes: readonly string[]) =>
    rig.ask({ method: 'POST', path: system, body: { url: `${rig.receiver.url}/operations`, eventTypes } })
  assert.partialDeepStrictEqual(await created(['node.lsot']), {
    status: 400,
    body: { errors: [{ field: 'eventTypes.0', message: 'is not an event type: node.lsot' }] },
  })
  const endpoint = await created(['node.*'])
  assert.equal(endpoint.status, 201)
  const message = 'is the system tenant, whose events are made by Posthorn alone'
  for (const type of ['node.lost', 'node.lsot']) {
    const event = { tenant: '~posthorn', type, data: {} }
    assert.partialDeepStrictEqual(await rig.want(400, post(event)), { errors: [{ field: 'tenant', message }] })
    const batch = await rig.want(202, { method: 'POST', path: '/v1/events/batch', body: { events: [event] } })
    assert.partialDeepStrictEqual(batch, { results: [{ error: { errors: [{ field: 'tenant', message }] } }] })
  }
  const testOf = (type: string) =>
    ({ method: 'POST', path: `${system}/${endpoint.body.id}/test`, body: { eventType: type } }) as const
  await rig.want(202, testOf('node.lost'))
  await rig.want(400, testOf('node.lsot'))
  const { data } = await rig.want(200, { path: '/v1/events?tenant=~posthorn' })
  assert.equal(data.length, 1)
})

suite('a type', async () => {
  const allo = await rig.tenant('allo')
  const standard = await rig.tenant('standard')
  const typed = (tenant: TestTenant, type: string) => post({ tenant: tenant.id, type, data: {} })
  const cases: ApiCase[] = [
    ...['call.received', 'summary.updated'].map((type) => ({
      ...typed(allo, type),
      name: `${type} is accepted for allo`,
      status: 202,
    })),
    ...['call.lost', 'call', 'CALL.RECEIVED', '*', 'call.*', 'constructor'].map((type) => ({
      ...typed(allo, type),
      name: `${type} is refused for allo`,
      status: 400,
      fields: ['type'],
    })),
    ...['call.lost', 'x', 'a b', '*', 'é'].map((type) => ({
      ...typed(standard, type),
      name: `${type} is accepted for standard`,
      status: 202,
    })),
  ]
  testCases(rig, cases)
})

test('an endpoint gets the events whose attributes match its filters', async () => {
  const tenant = await rig.tenant('standard')
  const filters: Record<string, string>[] = [
    {},
    { agent: 'a' },
    { agent: 'b' },
    { agent: 'a', shift: '1' },
    { toString: 'x' },
    { agent: '' },
  ]
  for (const filter of filters) await rig.endpoint(tenant, { filters: filter })
  const counts: unknown[] = []
  for (const attributes of [
    undefined,
    {},
    { agent: 'a' },
    { agent: 'b' },
    { agent: 'a', shift: '1', x: 'y' },
    { agent: 'A' },
  ]) {
    const event = { tenant: tenant.id, type: eventType, data: {}, ...(attributes && { attributes }) }
    counts.push((await rig.want(202, post(event)))['deliveries'])
  }
  assert.deepEqual(counts, [1, 1, 2, 2, 3, 1])
})

test('a posted event can be read with its attributes and times', async () => {
  const tenant = await rig.tenant('standard')
  await rig.endpoint(tenant)
  const id = await rig.event(tenant, { attributes: { b: '1', a: '2' }, occurredAt: '2026-01-31T10:00:00.5+02:00' })
  const event = await rig.want(200, { path: `/v1/events/${id}` })
  assert.deepEqual([event['attributes'], event['occurredAt']], [{ b: '1', a: '2' }, '2026-01-31T08:00:00.500Z'])
  assert.equal((event['deliveries'] as unknown[]).length, 1)
  await rig.want(404, { path: '/v1/events/msg_none' })
  await rig.want(400, { path: `/v1/events/${id}?tenants=x` })
})
