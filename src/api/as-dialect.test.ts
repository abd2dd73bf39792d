// The answers of dialects to their customers, as the operator sees them.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { fresh, shareApiRig, type TestTenant, until } from '../../test/support/api-rig.ts'
import { registry } from '../dialects/registry.ts'

const rig = await shareApiRig()
after(() => rig.close())

const keyHeader: Readonly<Record<string, (tenant: TestTenant) => Readonly<Record<string, string>>>> = {
  standard: ({ key }) => ({ authorization: `Bearer ${key}` }),
  allo: ({ key }) => ({ authorization: `Api-Key ${key}` }),
  dialnexa: ({ key }) => ({ authorization: `Bearer ${key}` }),
  partoo: ({ key }) => ({ 'x-apikey': key }),
  storno: ({ key, id }) => ({ authorization: `Bearer ${key}`, 'x-company': id }),
  ultravox: ({ key }) => ({ 'x-api-key': key }),
}

interface Made {
  readonly tenant: TestTenant
  readonly path: string
  readonly id: string
  readonly secret: string | undefined
}

async function made(dialect: string): Promise<Made> {
  const { id: tenant } = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect } })
  const { key, id: keyId } = await rig.want(201, { method: 'POST', path: '/v1/keys', body: { tenants: [tenant] } })
  const known = registry.find(({ dialect: { name } }) => name === dialect)?.dialect.eventTypes[0]?.name
  const body = {
    url: `${rig.receiver.url}/${fresh('hook')}`,
    eventTypes: [known ?? 'a.b'],
    ...(dialect === 'partoo' && { headers: { 'X-Own': 'secret-value-of-customer' } }),
  }
  const { id, secrets } = await rig.want(201, { method: 'POST', path: `/v1/tenants/${tenant}/endpoints`, body })
  return {
    tenant: { id: tenant, dialect, key, keyId },
    id,
    path: `/v1/tenants/${tenant}/endpoints/${id}`,
    secret: secrets[0]?.value ?? undefined,
  }
}

interface View {
  readonly request: { readonly method: string; readonly path: string }
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

async function viewOf({ path }: Made, key?: string): Promise<View> {
  const view = await rig.want(200, { path: `${path}/as-dialect`, ...(key !== undefined && { key }) })
  return view as unknown as View
}

for (const { dialect } of registry) {
  suite(dialect.name, () => {
    test('the view is the answer that the customer gets', async () => {
      const one = await made(dialect.name)
      const view = await viewOf(one)
      const url = `${rig.url}${view.request.path}`
      const answer = await fetch(url, { headers: keyHeader[dialect.name]?.(one.tenant) ?? {} })
      assert.equal(view.status, 200)
      assert.deepEqual([view.status, view.body], [answer.status, await answer.text()])
      // Those of the connection, of the quota and of the request's own id are left out.
      const compared = ['content-type', 'content-length', 'cache-control', 'x-content-type-options']
      for (const name of compared) assert.equal(view.headers[name], answer.headers.get(name), name)
    })

    test('secrets and header values are hidden from callers that may not see them', async () => {
      const one = await made(dialect.name)
      const { key } = await rig.want(201, {
        method: 'POST',
        path: '/v1/operator-keys',
        body: { name: 'r', role: 'read' },
      })
      const view = await viewOf(one, key)
      assert.equal(view.status, 200)
      assert.ok(!view.body.includes('secret-value-of-customer'))
      if (one.secret !== undefined) assert.ok(!view.body.includes(one.secret))
    })
  })
}

test('a rehearsed change is answered as the change itself, and changes nothing', async () => {
  const one = await made('allo')
  const path = `/v2/api/webhooks/${one.id}`
  const key = keyHeader['allo']?.(one.tenant)
  const rehearsed = (method: string, body?: unknown, more: object = {}) =>
    rig.want(200, {
      method: 'POST',
      path: `/v1/tenants/${one.tenant.id}/as-dialect`,
      body: { method, path, body, ...more },
    })
  const send = async (method: string, body?: unknown) => {
    const headers = { ...key, ...(body !== undefined && { 'content-type': 'application/json' }) }
    const sent = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const answer = await fetch(rig.url + path, sent)
    return { status: answer.status, body: await answer.text() }
  }
  for (const [method, body, status] of [
    ['PUT', { enabled: false, description: 'off' }, 200],
    ['PUT', { topics: ['no.such'] }, 400],
    ['PUT', 'no object', 400],
    ['PUT', null, 400],
    ['DELETE', undefined, 204],
  ] as const) {
    const before = await rig.want(200, { path: one.path })
    const expected = await rehearsed(method, body)
    assert.deepEqual(await rig.want(200, { path: one.path }), before)
    const answer = await send(method, body)
    assert.equal(answer.status, status)
    const comparable = (text: string) => text.replaceAll(/"request_id":"[^"]*"/g, '')
    assert.deepEqual([expected.status, comparable(String(expected['body']))], [status, comparable(answer.body)])
  }
})

test('the answer to a change that is made has its secret for operators who may see it; a preview has none', async () => {
  const one = await made('storno')
  const path = `/api/v1/webhooks/${one.id}/regenerate-secret`
  const rehearsed = async (done: boolean, key?: string) => {
    const request = {
      method: 'POST' as const,
      path: `/v1/tenants/${one.tenant.id}/as-dialect`,
      ...(key !== undefined && { key }),
    }
    return String((await rig.want(200, { ...request, body: { method: 'POST', path, done } }))['body'])
  }
  const { secrets } = await rig.want(200, { method: 'POST', path: `${one.path}/rotate-secret`, body: {} })
  const reader = { method: 'POST' as const, path: '/v1/operator-keys', body: { name: 'r', role: 'read' } }
  const { key } = await rig.want(201, reader)
  assert.ok((await rehearsed(true)).includes(String(secrets[0]?.value)))
  for (const body of [await rehearsed(false), await rehearsed(true, key)]) assert.match(body, /"secret":"hidden"/)
})

test('a route that changes no endpoint is refused by the operator API, a path that the dialect lacks by the dialect', async () => {
  const [allo, storno, own] = [await made('allo'), await made('storno'), await made('standard')]
  const rehearse = ({ tenant }: Made, method: string, path: string) => {
    const body = { method, path, body: {} }
    return rig.ask({ method: 'POST', path: `/v1/tenants/${tenant.id}/as-dialect`, body })
  }
  for (const [one, method, path] of [
    [storno, 'POST', `/api/v1/webhooks/${storno.id}/test`],
    [own, 'POST', `${own.path}/test`],
    [own, 'POST', '/v1/deliveries/019a0000-0000-7000-8000-000000000000/retry'],
  ] as const) {
    const { status, body } = await rehearse(one, method, path)
    assert.deepEqual([status, body.code], [409, 'route_not_rehearsed'], path)
    assert.ok(body.detail.includes(`${method} ${path}`), body.detail)
  }
  for (const [one, method, path, status] of [
    [allo, 'POST', '/v2/api/nothing', 404],
    [allo, 'DELETE', '/v2/api/webhooks', 405],
    [allo, 'PATCH', allo.path, 404],
    [storno, 'POST', '/v1/events', 404],
    [own, 'POST', '/v1/events', 404],
    [own, 'DELETE', `/v1/tenants/${own.tenant.id}`, 404],
    [own, 'DELETE', storno.path, 404],
  ] as const) {
    const answer = await rehearse(one, method, path)
    assert.deepEqual([answer.status, answer.body.status], [200, status], `${method} ${path}`)
    // Allo's API shows the quota with each answer.
    const names = Object.keys(answer.body['headers'] as object)
    assert.deepEqual(
      names.filter((name) => name.includes('ratelimit')),
      [],
    )
  }
  for (const { path } of [allo, storno, own]) await rig.want(200, { path })
})

test('a view counts against no quota', async () => {
  const one = await made('allo')
  // The vendor allows 20 reads a second.
  const views = await Promise.all(Array.from({ length: 60 }, () => viewOf(one)))
  assert.ok(views.every(({ status }) => status === 200))
})

test('a view with a secret is recorded with the caller that asked for it', async () => {
  const one = await made('allo')
  const body = { name: 'second', role: 'admin' }
  const admin = await rig.want(201, { method: 'POST', path: '/v1/operator-keys', body })
  assert.ok((await viewOf(one, admin.key)).body.includes(String(one.secret)))
  await until(async () => {
    const { data } = await rig.want(200, { path: `/v1/audit?tenant=${one.tenant.id}&action=secret.read` })
    return data.some((record) => (record as { readonly actor?: { readonly id?: unknown } }).actor?.id === admin.id)
  }, 'the read is recorded')
})

test('an unknown endpoint is refused, and customers may not ask', async () => {
  const one = await made('standard')
  await rig.want(404, { path: `/v1/tenants/${one.tenant.id}/endpoints/x/as-dialect` })
  await rig.want(403, { path: `${one.path}/as-dialect`, key: one.tenant.key })
})
