// The operator's searches over all tenants: objects by id or name, endpoints by text and health, tenants by text.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Body } from '../../test/support/api-answer.ts'
import { eventType, fresh, startApiRig, type TestTenant, until } from '../../test/support/api-rig.ts'

// Retries wait for a quarter of an hour and more.
const rig = await startApiRig({ POSTHORN_RETRY_SCALE: '200' })
after(() => rig.close())

const tenants = {
  standard: await rig.tenant('standard'),
  allo: await rig.tenant('allo'),
}

async function found(q: string): Promise<Body[]> {
  return (await rig.want(200, { path: `/v1/find?q=${encodeURIComponent(q)}` })).data as unknown as Body[]
}

async function endpoints(query: string): Promise<unknown[]> {
  const page = await rig.want(200, { path: `/v1/endpoints?${query}` })
  assert.deepEqual([page.nextCursor, page['searchedTo']], [null, null])
  return page.data.map(({ id }) => id)
}

/** An endpoint that has answered an event. */
async function answered(tenant: TestTenant, status: number, headers: Record<string, string> = {}): Promise<Body> {
  const endpoint = await rig.endpoint(tenant)
  rig.behaviours.set(endpoint.path, () => ({ status, headers }))
  await rig.event(tenant)
  const path = `/v1/tenants/${tenant.id}/endpoints/${endpoint.id}`
  await until(async () => (await rig.want(200, { path }))['attempts'] !== 0, 'the attempt was recorded')
  return endpoint
}

test('every id finds its object, and says its tenant and dialect', async () => {
  for (const tenant of [tenants.standard, tenants.allo]) {
    const { dialect } = tenant
    const endpoint = await rig.endpoint(tenant)
    const event = await rig.event(tenant)
    const { data } = await rig.want(200, { path: `/v1/deliveries?tenant=${tenant.id}&endpoint=${endpoint.id}` })
    const delivery = String(data[0]?.id)
    const ofTenant = { tenant: tenant.id, dialect }
    assert.deepEqual(await found(tenant.id), [{ kind: 'tenant', id: tenant.id, ...ofTenant, label: tenant.id }])
    assert.deepEqual(await found(endpoint.id), [
      { kind: 'endpoint', id: endpoint.id, ...ofTenant, label: `${rig.receiver.url}${endpoint.path}` },
    ])
    assert.deepEqual(await found(event), [{ kind: 'event', id: event, ...ofTenant, label: eventType }])
    for (const id of [delivery, delivery.toUpperCase()]) {
      assert.deepEqual(await found(id), [{ kind: 'delivery', id: delivery, ...ofTenant, label: eventType }])
    }
    const [key] = await found(tenant.keyId)
    assert.deepEqual([key?.['kind'], key?.id, key?.['tenant']], ['apiKey', tenant.keyId, tenant.id])
    const filter = { tenant: tenant.id, from: '2026-01-01T00:00:00Z' }
    const replay = await rig.want(201, { method: 'POST', path: '/v1/replays', body: { filter, dryRun: true } })
    const [job] = await found(replay.id)
    assert.deepEqual(
      [job?.['kind'], job?.id, job?.['tenant'], job?.['dialect']],
      ['replay', replay.id, tenant.id, dialect],
    )
  }
  const absent = ['01890000-0000-7000-8000-000000000000', 'none', '%', '_', 'a\0b', '\u{10ffff}', "'"]
  for (const id of absent) assert.deepEqual(await found(id), [], id)
})

test('the id of an attempt, as some dialects show it, finds its delivery', async () => {
  const { id: stornoId } = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect: 'storno' } })
  const tenant = { id: stornoId, dialect: 'storno', key: '', keyId: '' }
  const endpoint = await rig.endpoint(tenant, { eventTypes: ['invoice.created'] })
  rig.behaviours.set(endpoint.path, () => ({ status: 500 }))
  await rig.event(tenant, { type: 'invoice.created' })
  const path = `/v1/deliveries?tenant=${tenant.id}`
  const row = async () => (await rig.want(200, { path })).data[0]
  await until(async () => (await row())?.['attempts'] === 1, 'the delivery failed')
  const id = String((await row())?.id)
  await rig.want(202, { method: 'POST', path: `/v1/deliveries/${id}/retry` })
  await until(async () => (await row())?.['attempts'] === 2, 'the delivery failed again')
  const next = (count: number): string => {
    const last = (Number.parseInt(id.slice(-4), 16) + count) % 2 ** 16
    return id.slice(0, -4) + last.toString(16).padStart(4, '0')
  }
  assert.deepEqual(
    (await found(next(1))).map((one) => one.id),
    [id],
  )
  assert.deepEqual(await found(next(2)), [], 'there was no third attempt')
})

test('the beginning of a name finds dialects, tenants and the hosts of URLs', async () => {
  const kinds = async (q: string) => (await found(q)).map(({ kind, id }) => `${String(kind)} ${id}`)
  assert.deepEqual(await kinds('storn'), ['dialect storno'])
  const id = fresh('Crowd')
  await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { id, dialect: 'allo', name: `Zoo ${id}` } })
  for (const q of [id.slice(0, -2), `zoo ${id.toLowerCase()}`]) assert.deepEqual(await kinds(q), [`tenant ${id}`])
  const host = `${fresh('host')}.example.com`
  const { id: endpoint } = await rig.endpoint(tenants.allo, { url: `https://${host}/x` })
  for (const q of [host, `https://${host}/`, host.slice(0, -4).toUpperCase()]) {
    assert.deepEqual(await kinds(q), [`endpoint ${endpoint}`], q)
    assert.deepEqual(await endpoints(`q=${encodeURIComponent(q)}`), [endpoint], q)
  }
  assert.deepEqual(
    (await rig.want(200, { path: `/v1/tenants?q=zoo` })).data.map((one) => one.id),
    [id],
  )
  for (let count = 0; count < 25; count += 1) {
    await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { id: `flock-${count}`, dialect: 'allo' } })
    await rig.endpoint(tenants.allo, { url: `https://flock-${count}.example.com/` })
  }
  assert.deepEqual(
    (await kinds('flock')).map((one) => one.split(' ')[0]),
    [...Array.from({ length: 10 }, () => 'tenant'), ...Array.from({ length: 10 }, () => 'endpoint')],
  )
})

test('endpoints are listed by their health, without secrets and header values', async () => {
  const tenant = await rig.tenant('standard')
  const headers = { 'x-custom': 'value of a header' }
  const good = await rig.endpoint(tenant, { headers })
  const failing = await answered(tenant, 500)
  const paused = await answered(tenant, 429, { 'retry-after': '600' })
  const disabled = await rig.endpoint(tenant, { enabled: false })
  const of = (health: string): Promise<unknown[]> => endpoints(`tenant=${tenant.id}&${health}`)
  assert.deepEqual(await of(''), [disabled.id, paused.id, failing.id, good.id])
  assert.deepEqual(await of('health=disabled'), [disabled.id])
  assert.deepEqual(await of('health=paused'), [paused.id])
  assert.deepEqual(await of('health=failing&dialect=standard'), [paused.id, failing.id])
  assert.deepEqual(await of('health=failing&dialect=allo'), [])
  const { data } = await rig.want(200, { path: `/v1/endpoints?tenant=${tenant.id}` })
  const shown = new Map(data.map((one) => [one.id, one]))
  assert.equal(shown.get(good.id)?.['pausedUntil'], null)
  const pausedMs = Date.parse(String(shown.get(paused.id)?.['pausedUntil'])) - Date.now()
  assert.ok(pausedMs > 500_000 && pausedMs <= 600_000, `${pausedMs} ms`)
  assert.deepEqual(shown.get(good.id)?.['headers'], { 'x-custom': null })
  assert.equal((shown.get(failing.id)?.['health'] as Body | undefined)?.status, 'failing')
  for (const { secrets } of data as unknown as { secrets: { value: unknown }[] }[]) {
    assert.ok(secrets.length > 0 && secrets.every(({ value }) => value === null))
  }
})

test('customers may not search, and a bad query is refused with the name of its field', async () => {
  for (const path of ['/v1/find?q=a', '/v1/endpoints', '/v1/tenants?q=a']) {
    await rig.want(403, { path, key: tenants.standard.key })
  }
  for (const [path, field] of [
    ['/v1/find', 'q'],
    ['/v1/find?q=', 'q'],
    [`/v1/find?q=${'a'.repeat(256)}`, 'q'],
    ['/v1/find?q=a&q=b', 'q'],
    ['/v1/endpoints?health=ill', 'health'],
    ['/v1/endpoints?cursor=x', 'cursor'],
    ['/v1/tenants?q=', 'q'],
  ] as const) {
    const { errors } = await rig.want(400, { path })
    assert.deepEqual(
      errors.map((error) => error.field),
      [field],
      path,
    )
  }
})
