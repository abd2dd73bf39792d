// Access by API keys and tokens, and the companies of a caller. The server of these tests requires HTTPS for endpoints,
// so the refusal of HTTP URLs is tested here too.

import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { until } from '../../../test/support/api-rig.ts'
import { createOperatorClient, type OperatorClient } from '../../../test/support/operator-client.ts'
import {
  createInstallation,
  type Installation,
  type ServerProcess,
  startServer,
} from '../../../test/support/server-process.ts'

const jwtSecret = 'a-secret-that-only-issuer-and-verifier-know'
const issuer = 'https://id.example.com'
const audience = 'posthorn'
const tokens = {
  POSTHORN_JWT_SECRET: jwtSecret,
  POSTHORN_JWT_ISSUER: issuer,
  POSTHORN_JWT_AUDIENCE: audience,
}
const path = '/api/v1/webhooks'
const webhook = { url: 'https://your-app.example.com/webhooks/storno', events: ['invoice.created'] }

let installation: Installation
let server: ServerProcess
let operator: OperatorClient
let company: string
let key: string

before(async () => {
  installation = await createInstallation()
  server = await startServer(installation, { ...tokens, POSTHORN_ALLOW_HTTP: 'off' })
  operator = createOperatorClient(server.url, installation.operatorKey)
  company = (await operator.createTenant({ dialect: 'storno' })).id
  key = (await operator.createKey({ tenants: [company] })).key
})

after(async () => {
  await operator.close()
  await server.stop()
  await installation.remove()
})

interface Asked {
  readonly status: number
  readonly text: string
  readonly body: unknown
}

async function ask(headers: Record<string, string>, method = 'GET', rest = '', body?: unknown): Promise<Asked> {
  const response = await fetch(server.url + path + rest, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, text, body: text === '' ? null : JSON.parse(text) }
}

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function token(claims: object, secret = jwtSecret, header: object = { alg: 'HS256', typ: 'JWT' }): string {
  const signed = `${base64(header)}.${base64({ iss: issuer, aud: audience, exp: inAnHour(), ...claims })}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

const inAnHour = (): number => Math.floor(Date.now() / 1000) + 3600
const bearer = (text: string, of: string = company) => ({ authorization: `Bearer ${text}`, 'x-company': of })

test('an API key is accepted with and without Bearer', async () => {
  for (const authorization of [`Bearer ${key}`, key]) {
    assert.equal((await ask({ authorization, 'x-company': company })).status, 200)
  }
})

test('missing and bad credentials are refused with the bodies of the JWT library', async () => {
  const missing = await ask({ 'x-company': company })
  assert.deepEqual([missing.status, missing.text], [401, '{"code":401,"message":"JWT Token not found"}'])
  const bad = [
    `af_${'0'.repeat(64)}`,
    'nonsense',
    'a.b.c',
    token({ companies: [company] }, 'another secret'),
    token({ companies: [company] }, jwtSecret, { alg: 'none' }),
    `${token({ companies: [company] })
      .split('.', 2)
      .join('.')}.`,
  ]
  for (const one of bad) {
    const answer = await ask(bearer(one))
    assert.deepEqual([answer.status, answer.text], [401, '{"code":401,"message":"Invalid JWT Token"}'], one)
  }
  const permissions = ['webhook.view']
  const hours = (count: number): number => Math.floor(Date.now() / 1000) + count * 3600
  const untrusted = {
    'no expiry': { exp: undefined },
    'an expiry in two days': { exp: hours(48) },
    'a life of more than a day': { iat: hours(-24), exp: hours(1) },
    'an issue in 2001': { iat: 1_000_000_000 },
    'no audience': { aud: undefined },
    'another audience': { aud: 'another' },
    'no issuer': { iss: undefined },
    'another issuer': { iss: 'https://id.example.net' },
    'a start in an hour': { nbf: hours(1) },
  }
  for (const [what, claims] of Object.entries(untrusted)) {
    const answer = await ask(bearer(token({ companies: [company], permissions, ...claims })))
    assert.deepEqual([answer.status, answer.text], [401, '{"code":401,"message":"Invalid JWT Token"}'], what)
  }
  const expired = await ask(bearer(token({ companies: [company], permissions, exp: 1_700_000_000 })))
  assert.deepEqual([expired.status, expired.text], [401, '{"code":401,"message":"Expired JWT Token"}'])
})

test('a token permits the operations of its permissions, for its companies', async () => {
  const claims = { sub: 'user-1', companies: [company] }
  const viewer = bearer(token({ ...claims, permissions: ['webhook.view'] }))
  const manager = bearer(token({ ...claims, permissions: ['webhook.view', 'webhook.manage'] }))
  const created = await ask(manager, 'POST', '', webhook)
  assert.equal(created.status, 201, created.text)
  const { uuid } = created.body as { uuid: string }
  assert.equal((await ask(viewer, 'GET', `/${uuid}`)).status, 200)
  const writes = [
    { method: 'POST', rest: '' },
    { method: 'PATCH', rest: `/${uuid}` },
    { method: 'DELETE', rest: `/${uuid}` },
    { method: 'POST', rest: `/${uuid}/test` },
    { method: 'POST', rest: `/${uuid}/regenerate-secret` },
  ]
  for (const { method, rest } of writes) {
    const refused = await ask(viewer, method, rest)
    const message = 'Insufficient permissions — requires webhook.manage permission'
    assert.deepEqual([refused.status, refused.body], [403, { error: 'Access denied', message, code: 403 }])
  }
  const withoutPermissions = bearer(token(claims))
  for (const rest of ['', `/${uuid}`, `/${uuid}/deliveries`, `/${uuid}/deliveries/${randomUUID()}`]) {
    const refused = await ask(withoutPermissions, 'GET', rest)
    const message = 'Insufficient permissions — requires webhook.view permission'
    assert.deepEqual([refused.status, refused.body], [403, { error: 'Access denied', message, code: 403 }])
  }
  assert.equal((await ask(manager, 'DELETE', `/${uuid}`)).status, 204)
})

test('every operation except the event types needs a company that the caller may access', async () => {
  const another = (await operator.createTenant({ dialect: 'storno' })).id
  const elsewhere = (await operator.createTenant({ id: randomUUID(), dialect: 'allo' })).id
  const permissions = ['webhook.view', 'webhook.manage']
  const named = token({ companies: [company, elsewhere, randomUUID()], permissions })
  const { companies } = JSON.parse(Buffer.from(named.split('.')[1] ?? '', 'base64url').toString()) as {
    companies: string[]
  }
  const missing =
    '{"error":"Company context required","message":"The X-Company header is required for this endpoint.","code":403}'
  const denied = '{"error":"Access denied","message":"You do not have access to this company.","code":403}'
  const id = randomUUID()
  const calls: readonly { method: string; rest: string; body?: object }[] = [
    { method: 'GET', rest: '' },
    { method: 'POST', rest: '', body: webhook },
    { method: 'GET', rest: `/${id}` },
    { method: 'PATCH', rest: `/${id}`, body: { isActive: true } },
    { method: 'DELETE', rest: `/${id}` },
    { method: 'POST', rest: `/${id}/test` },
    { method: 'POST', rest: `/${id}/regenerate-secret` },
    { method: 'GET', rest: `/${id}/deliveries` },
    { method: 'GET', rest: `/${id}/deliveries/${id}` },
  ]
  for (const { method, rest, body } of calls) {
    const without = await ask({ authorization: `Bearer ${key}` }, method, rest, body)
    assert.deepEqual([without.status, without.text], [403, missing], `${method} ${rest}`)
    for (const foreign of [another, randomUUID(), 'x', `${company}0`]) {
      const answer = await ask(bearer(key, foreign), method, rest, body)
      assert.deepEqual([answer.status, answer.text], [403, denied], `${method} ${rest}`)
    }
    // A token may name companies that do not exist, or that are tenants of another dialect.
    for (const unknown of companies.slice(1)) {
      const answer = await ask(bearer(named, unknown), method, rest, body)
      assert.deepEqual([answer.status, answer.text], [403, denied], `${method} ${rest}`)
    }
  }
  for (const headers of [{ authorization: key }, bearer(key, 'x'), bearer(token({}), another)]) {
    const types = await ask(headers, 'GET', '/events')
    assert.equal(types.status, 200)
    assert.equal((types.body as unknown[]).length, 17)
  }
  assert.equal((await ask({}, 'GET', '/events')).status, 401)
})

test('a key of several companies reaches each of them by the header, also in capitals', async () => {
  const companies = await Promise.all(
    [1, 2, 3].map(async () => (await operator.createTenant({ dialect: 'storno' })).id),
  )
  const { key: wide } = await operator.createKey({ tenants: companies })
  for (const of of companies) assert.equal((await ask(bearer(wide, of), 'POST', '', webhook)).status, 201)
  for (const of of companies) {
    const { body } = await ask(bearer(wide, of.toUpperCase()))
    assert.equal((body as unknown[]).length, 1)
  }
})

test('a well-formed URL that is not HTTPS is refused with 422, a malformed one with 400', async () => {
  const errors = { url: 'A valid HTTPS URL is required.' }
  const expected = { error: 'Validation failed', message: 'The request contains invalid data', code: 422, errors }
  const body = { ...webhook, url: 'http://your-app.example.com/webhooks/storno' }
  const refused = await ask(bearer(key), 'POST', '', body)
  assert.deepEqual([refused.status, refused.body], [422, expected])
  const { body: created } = await ask(bearer(key), 'POST', '', webhook)
  const { uuid } = created as { uuid: string }
  const changed = await ask(bearer(key), 'PATCH', `/${uuid}`, { url: body.url })
  assert.deepEqual([changed.status, changed.body], [422, expected])
  const both = await ask(bearer(key), 'POST', '', { ...body, events: ['invoice.lost'] })
  assert.deepEqual(
    [both.status, (both.body as { errors: object }).errors],
    [422, { ...errors, events: 'Invalid event type: invoice.lost' }],
  )
  const malformed = await ask(bearer(key), 'POST', '', { ...webhook, url: 'nonsense', events: ['invoice.lost'] })
  assert.equal(malformed.status, 400)
})

test('a change without any field is refused', async () => {
  const { body } = await ask(bearer(key), 'POST', '', webhook)
  const { uuid } = body as { uuid: string }
  for (const nothing of [{}, { unknown: 1 }, undefined]) {
    const answer = await ask(bearer(key), 'PATCH', `/${uuid}`, nothing)
    assert.equal(answer.status, 400, answer.text)
    assert.partialDeepStrictEqual(answer.body, { error: 'Validation failed', code: 400 })
  }
})

test('audit records name the subject of a token, and refused requests', async () => {
  const permissions = ['webhook.manage', 'webhook.view']
  const named = token({ sub: 'ana@example.com', companies: [company], permissions })
  const { body } = await ask(bearer(named), 'POST', '', webhook)
  const { uuid } = body as { uuid: string }
  const powerless = token({ sub: 'bob@example.com', companies: [company], permissions: [] })
  assert.equal((await ask(bearer(powerless), 'DELETE', `/${uuid}`)).status, 403)
  const recordsOf = async (actor: string) => {
    const answer = await operator.call('GET', `/v1/audit?actor=${encodeURIComponent(actor)}`)
    return (answer.body as { data: { action: string; refused: string; actor: object; object: object }[] }).data
  }
  const [created] = (await recordsOf('jwt:ana@example.com')).filter(({ action }) => action === 'endpoint.create')
  const actor = { kind: 'customer', id: 'jwt:ana@example.com', name: 'ana@example.com', role: null }
  assert.deepEqual([created?.actor, created?.object], [actor, { kind: 'endpoint', id: uuid }])
  const refused = async () => (await recordsOf('jwt:bob@example.com')).map((one) => [one.action, one.refused])
  await until(async () => (await refused()).length > 0, 'the refusal is recorded')
  assert.deepEqual(await refused(), [['endpoint.delete', 'forbidden']])
})
