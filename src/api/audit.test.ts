// Audit records of the operator API: each change has one, with its author and what it changed; reads of secrets and refused
// attempts are counted; nothing else makes one.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import type { Body } from '../../test/support/api-answer.ts'
import { type ApiRequest, fresh, startApiRig, until } from '../../test/support/api-rig.ts'
import { createOperatorClient } from '../../test/support/operator-client.ts'
import { createInstallation, startServer } from '../../test/support/server-process.ts'
import { limits } from '../domain/limits.ts'

const rig = await startApiRig({ POSTHORN_RATE_LIMITS: 'off', POSTHORN_TRUSTED_PROXIES: '127.0.0.0/8' })
after(() => rig.close())

const address = '192.0.2.7'
const from = { 'x-forwarded-for': address }
const settings = { kind: 'operator', id: 'settings', name: 'settings', role: 'admin' }

async function records(query: Readonly<Record<string, string>>): Promise<readonly Body[]> {
  const { data } = await rig.want(200, { path: `/v1/audit?${new URLSearchParams(query).toString()}` })
  return data
}

/** Waits for `count` records, which must be all. */
async function recorded(query: Readonly<Record<string, string>>, count: number): Promise<readonly Body[]> {
  await until(async () => (await records(query)).length >= count, `${count} records of ${JSON.stringify(query)}`)
  const found = await records(query)
  assert.equal(found.length, count, JSON.stringify(found))
  return found
}

function shown({ action, actor, tenant, object, before, after: then }: Body): unknown {
  return { action, actor, tenant, object, before, after: then }
}

function fieldsOf(record: Body | undefined, side: 'before' | 'after'): Readonly<Record<string, unknown>> {
  return (record?.[side] ?? {}) as Readonly<Record<string, unknown>>
}

suite('the audit records', () => {
  test('of a tenant and its keys say who changed what, when and from where', async () => {
    const id = fresh('tenant')
    const startedAt = Date.now()
    const change = (body: object): ApiRequest => ({ method: 'PATCH', path: `/v1/tenants/${id}`, headers: from, body })
    const created = { id, dialect: 'standard', name: 'One' }
    await rig.want(201, { method: 'POST', path: '/v1/tenants', headers: from, body: created })
    await rig.want(200, change({ name: 'Two', retainSeconds: 60 }))
    const key = await rig.want(201, { method: 'POST', path: '/v1/keys', body: { tenants: [id], scopes: ['read'] } })
    await rig.want(204, { method: 'DELETE', path: `/v1/keys/${key.id}` })
    await rig.want(202, { method: 'DELETE', path: `/v1/tenants/${id}`, headers: from })
    const found = await recorded({ tenant: id }, 4)
    const [deleted, made, changed, first] = found
    const object = { kind: 'tenant', id }
    const keyFields = { tenants: [id], scopes: ['read'], role: null, name: null }
    const none = { before: null, after: null }
    assert.deepEqual(found.map(shown), [
      { action: 'tenant.delete', actor: settings, tenant: id, object, ...none },
      {
        action: 'key.create',
        actor: settings,
        tenant: id,
        object: { kind: 'key', id: key.id },
        before: null,
        after: made?.['after'],
      },
      {
        action: 'tenant.change',
        actor: settings,
        tenant: id,
        object,
        before: changed?.['before'],
        after: changed?.['after'],
      },
      { action: 'tenant.create', actor: settings, tenant: id, object, before: null, after: first?.['after'] },
    ])
    assert.equal(deleted?.['address'], address)
    const at = Date.parse(String(first?.['at']))
    assert.ok(at >= startedAt && at <= Date.now())
    // The changes are erased with the tenant soon.
    if (made?.['changeErasedAt'] === null) assert.deepEqual(made['after'], keyFields)
    if (changed?.['changeErasedAt'] === null) assert.deepEqual(changed['before'], { name: 'One', retainSeconds: null })
    const [revoked] = await recorded({ object: key.id, action: 'key.revoke' }, 1)
    assert.deepEqual(revoked?.['actor'], settings)
    await until(
      async () => (await records({ tenant: id })).every((one) => one['before'] === null && one['after'] === null),
      'the changes are erased',
    )
  })

  test('of an endpoint show fields, and never secrets and header values', async () => {
    const tenant = await rig.tenant('standard')
    const [header, other] = ['secret-of-a-header', 'another-secret']
    const { id, secrets } = await rig.endpoint(tenant, { headers: { 'X-Own': header }, description: 'd'.repeat(600) })
    const path = `/v1/tenants/${tenant.id}/endpoints/${id}`
    const patch = (body: object) => rig.want(200, { method: 'PATCH', path, key: tenant.key, body })
    const later = await patch({ url: 'https://example.com/new', headers: { 'X-Own': other } })
    await patch({ enabled: true })
    const rotated = await rig.want(200, { method: 'POST', path: `${path}/rotate-secret`, body: {} })
    await rig.want(204, { method: 'DELETE', path })
    const query = { object: id, tenant: tenant.id }
    const [deleted, rotation, same, changed, created] = (await records(query)).filter(
      ({ action }) => action !== 'secret.read',
    )
    const customer = { kind: 'customer', id: tenant.keyId, name: null, role: null }
    assert.deepEqual(
      [deleted, rotation, same, changed, created].map((one) => [one?.['action'], one?.['actor']]),
      [
        ['endpoint.delete', settings],
        ['secret.rotate', settings],
        ['endpoint.change', customer],
        ['endpoint.change', customer],
        ['endpoint.create', settings],
      ],
    )
    assert.deepEqual(changed?.['after'], { url: 'https://example.com/new', headers: ['X-Own'] })
    assert.deepEqual(same?.['after'], {})
    const rotatedFields = fieldsOf(rotation, 'after')
    assert.deepEqual(Object.keys(rotatedFields), ['secrets'])
    assert.equal((rotatedFields['secrets'] as unknown[]).length, 2)
    const { url, description } = fieldsOf(created, 'after')
    assert.match(String(url), /^http/)
    assert.equal(String(description).length, limits.auditValueCharsMax + 1)
    assert.equal(fieldsOf(deleted, 'before')['url'], 'https://example.com/new')
    const values = [secrets, later.secrets, rotated.secrets].flat().map(({ value }) => value)
    const { text } = await rig.ask({ path: '/v1/audit?limit=250' })
    for (const secret of [header, other, ...values]) assert.ok(!text.includes(secret))
  })

  test('of operator keys, retries, replays and erasures are written', async () => {
    const body = { name: 'CI', role: 'read' }
    const { id: key } = await rig.want(201, { method: 'POST', path: '/v1/operator-keys', body })
    await rig.want(200, { method: 'PATCH', path: `/v1/operator-keys/${key}`, body: { name: 'Deploy' } })
    await rig.want(204, { method: 'DELETE', path: `/v1/operator-keys/${key}` })
    const ofKey = await recorded({ object: key }, 3)
    assert.deepEqual(
      ofKey.map(({ action, before, after: then }) => [action, before, then]),
      [
        ['operator_key.delete', null, null],
        ['operator_key.change', { name: 'CI' }, { name: 'Deploy' }],
        ['operator_key.create', null, { ...body, expiresAt: null }],
      ],
    )
    const tenant = await rig.tenant('standard')
    const { id, path } = await rig.endpoint(tenant)
    const event = await rig.event(tenant)
    await rig.received(path, 1)
    const [delivery] = (await rig.want(200, { path: `/v1/deliveries?tenant=${tenant.id}` })).data
    const deliveryPath = `/v1/deliveries/${delivery?.id}`
    await until(async () => (await rig.want(200, { path: deliveryPath })).status === 'delivered', 'it is delivered')
    await rig.want(202, { method: 'POST', path: `${deliveryPath}/retry` })
    const replay = { since: '2026-01-01T00:00:00Z', until: '2090-01-01T00:00:00Z', status: 'delivered' }
    await rig.want(202, { method: 'POST', path: `/v1/tenants/${tenant.id}/endpoints/${id}/replay`, body: replay })
    await rig.want(202, { method: 'DELETE', path: `${deliveryPath}/attempts/1/response` })
    await rig.want(202, { method: 'DELETE', path: `/v1/events/${event}/data?tenant=${tenant.id}` })
    const found = (await records({ tenant: tenant.id })).slice(0, 4)
    assert.deepEqual(
      found.map(({ action, object }) => [action, object]),
      [
        ['payload.erase', { kind: 'event', id: event }],
        ['response.erase', { kind: 'attempt', id: `${delivery?.id}/1` }],
        ['endpoint.replay', { kind: 'endpoint', id }],
        ['delivery.retry', { kind: 'delivery', id: delivery?.id }],
      ],
    )
    const asked = { since: '2026-01-01T00:00:00.000Z', until: '2090-01-01T00:00:00.000Z', statuses: ['delivered'] }
    assert.deepEqual(found[2]?.['after'], asked)
  })

  test('count the reads of a secret, by key and address', async () => {
    const tenant = await rig.tenant('standard')
    const { id } = await rig.endpoint(tenant)
    const path = `/v1/tenants/${tenant.id}/endpoints/${id}`
    for (let read = 0; read < 5; read++) await rig.want(200, { path, key: tenant.key, headers: from })
    await rig.want(200, { path, key: tenant.key, headers: { 'x-forwarded-for': '192.0.2.8' } })
    const { key } = await rig.want(201, {
      method: 'POST',
      path: '/v1/operator-keys',
      body: { name: 'R', role: 'read' },
    })
    await rig.want(200, { path, key })
    await rig.want(200, { path: `/v1/tenants/${tenant.id}/endpoints`, key: tenant.key })
    const query = { actor: tenant.keyId, action: 'secret.read', object: id }
    const found = await recorded(query, 2)
    assert.deepEqual(new Set(found.map((one) => one['address'])), new Set([address, '192.0.2.8']))
    assert.equal((await records({ tenant: tenant.id, action: 'secret.read' })).length, 3)
  })

  test('count refused attempts, with their callers, and a flood of them makes few records', async () => {
    const tenant = await rig.tenant('standard')
    const { id } = await rig.endpoint(tenant)
    const { id: reader, key } = await rig.want(201, {
      method: 'POST',
      path: '/v1/operator-keys',
      body: { name: 'Reader', role: 'read' },
    })
    await rig.want(403, { method: 'DELETE', path: `/v1/tenants/${tenant.id}`, key, headers: from })
    const [refused] = await recorded({ actor: reader }, 1)
    assert.deepEqual(
      [refused?.['action'], refused?.['refused'], refused?.['address'], refused?.['tenant'], refused?.['object']],
      ['tenant.delete', 'forbidden', address, tenant.id, { kind: 'tenant', id: tenant.id }],
    )
    const stranger = await rig.tenant('standard')
    const foreign = `/v1/tenants/${tenant.id}/endpoints/${id}`
    await rig.want(404, { path: foreign, key: stranger.key })
    await rig.want(404, { method: 'PATCH', path: foreign, key: stranger.key, body: { enabled: false } })
    const tried = await recorded({ actor: stranger.keyId }, 2)
    assert.deepEqual(
      tried.map(({ action, tenant: of, ...rest }) => [action, rest['refused'], of]),
      [
        ['endpoint.change', 'notFound', tenant.id],
        ['secret.read', 'notFound', tenant.id],
      ],
    )
    const wrong = async (number: number) => {
      const headers = { 'x-forwarded-for': `198.51.100.${number}` }
      await rig.want(401, { method: 'DELETE', path: '/v1/keys/key_x', key: `phk_${number}`, headers })
    }
    for (let number = 0; number < 3 * limits.auditRefusalsMax; number++) await wrong(number)
    const unknown = async () => (await records({ action: 'key.revoke', from: refused?.['at'] as string })).length
    await until(async () => (await unknown()) >= limits.auditRefusalsMax, 'the first ones are recorded')
    await recorded({ action: 'several.attempts' }, 1)
    assert.ok((await unknown()) <= 2 * limits.auditRefusalsMax, 'the minute may have ended meanwhile')
  })

  test('are not written for events, for other reads and for requests with faults', async () => {
    const tenant = await rig.tenant('standard')
    const path = `/v1/tenants/${tenant.id}`
    const before = await records({ tenant: tenant.id })
    await rig.event(tenant)
    await rig.want(200, { path, key: rig.installation.operatorKey })
    await rig.want(200, { path: `/v1/deliveries?tenant=${tenant.id}`, key: tenant.key })
    await rig.want(400, { method: 'PATCH', path, body: { name: 1 } })
    await rig.want(403, { method: 'POST', path: '/v1/events', key: tenant.key, body: { tenant: tenant.id } })
    await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect: 'standard' } })
    await new Promise((resolve) => setTimeout(resolve, limits.auditStoreMs + 500))
    assert.deepEqual(await records({ tenant: tenant.id }), before)
  })
})

test('a read of a secret is recorded, even if the service stops at once', async (t) => {
  const installation = await createInstallation()
  t.after(() => installation.remove())
  const first = await startServer(installation)
  const client = createOperatorClient(first.url, installation.operatorKey)
  const { id: tenant } = await client.createTenant({ dialect: 'standard' })
  const { id } = await client.createEndpoint(tenant, { url: 'https://example.com', eventTypes: ['a'] })
  for (let read = 0; read < 10; read++) await client.call('GET', `/v1/tenants/${tenant}/endpoints/${id}`)
  await client.close()
  await first.stop()
  const second = await startServer(installation)
  const again = createOperatorClient(second.url, installation.operatorKey)
  const { data } = (await again.call('GET', '/v1/audit?action=secret.read')).body as { data: { count: number }[] }
  await again.close()
  await second.stop()
  // The answer to the creation shows it too.
  assert.equal(
    data.reduce((sum, { count }) => sum + count, 0),
    11,
  )
})

test('the list comes in pages, and the export has all of it as JSON lines', async () => {
  const tenant = await rig.tenant('standard')
  const names = Array.from({ length: 2 * limits.pageSizeMax + 3 }, (_, index) => `name ${index}`)
  for (const name of names) await rig.want(200, { method: 'PATCH', path: `/v1/tenants/${tenant.id}`, body: { name } })
  const query = `tenant=${tenant.id}&action=tenant.change`
  const listed: Body[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const more: string = cursor === '' ? '' : `&cursor=${cursor}`
    const page: Body = await rig.want(200, { path: `/v1/audit?${query}&limit=100${more}` })
    listed.push(...page.data)
    cursor = page.nextCursor
  }
  assert.deepEqual(
    listed.map((one) => fieldsOf(one, 'after')['name']),
    names.toReversed(),
  )
  const exported = await rig.ask({ path: `/v1/audit/export?${query}` })
  assert.deepEqual([exported.status, exported.headers['content-type']], [200, 'application/x-ndjson'])
  assert.deepEqual(exported.body, listed)
  const none = await rig.ask({ path: `/v1/audit/export?tenant=${fresh('none')}` })
  assert.deepEqual([none.status, none.text], [200, ''])
  await rig.want(400, { path: '/v1/audit?action=unknown' })
  await rig.want(400, { path: '/v1/audit?cursor=abc' })
})
