// The pure functions of Storno.ro, without a server: bytes, signatures, verdicts, health, keys and companies.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import type { ApiKey } from '../../domain/api-key.ts'
import type { Outcome } from '../../domain/attempt.ts'
import type { DeliveryId, TenantId } from '../../domain/ids.ts'
import { success } from '../../domain/problem.ts'
import { type DialectFront, frontOfDialect } from '../../front/dialect-front.ts'
import type { AnyRoute } from '../../http/route.ts'
import type { Context } from '../../operations/context.ts'
import { sampleMessage } from '../../../test/conformance/dialects/sample-message.ts'
import type { Message } from '../../contracts/delivery-dialect.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'
import definedStorno from './storno.ts'

const profile = profileOf('storno')

const { dialect: storno, front: stornoFront, answerProblem: stornoProblem } = definedStorno

const { credential, keyOfClaims, tenantOf: companyOf } = stornoFront({} as Context) as Required<DialectFront>

const company = '550e8400-e29b-41d4-a716-446655440000'
const other = '550e8400-e29b-41d4-a716-446655440001'
const secret = `whsec_${'0123456789abcdef'.repeat(4)}`

function message(settings: Record<string, string> = {}): Message {
  const sample = sampleMessage(profile, { type: 'invoice.validated', data: '{"total":1.0}' })
  const tenant = { ...sample.tenant, id: company as TenantId, settings }
  const at = Date.parse('2026-02-18T09:45:00.999Z')
  const delivery = 'c3d4e5f6-a7b8-9012-cdef-123456789012' as DeliveryId
  return {
    ...sample,
    tenant,
    delivery,
    event: { ...sample.event, tenant: tenant.id, occurredAt: at, acceptedAt: at + 5 },
  }
}

test('family A has the body of the reference, signed with the whole text of the secret', () => {
  const body = storno.encode(message())
  assert.equal(
    body,
    `{"id":"c3d4e5f6-a7b8-9012-cdef-123456789012","type":"invoice.validated","createdAt":"2026-02-18T09:45:00Z","company":"${company}","data":{"total":1.0}}`,
  )
  assert.deepEqual(storno.headers(message(), Buffer.from(body), [storno.signingKey(secret)], 0), {
    'content-type': 'application/json',
    'user-agent': 'Storno-Webhooks/1.0',
    'x-storno-event': 'invoice.validated',
    'x-storno-delivery': 'c3d4e5f6-a7b8-9012-cdef-123456789012',
    // openssl dgst -sha256 -hmac <secret>
    'x-storno-signature': 'sha256=8eb3d72d9607f589a7588bc521533e986ef9bdb1b6544ec6b174f3a122813d33',
  })
})

test('family B has the body of the concepts page, signed with the whole text of the secret', () => {
  const b = message({ family: 'B' })
  const body = storno.encode(b)
  assert.equal(
    body,
    '{"id":"c3d4e5f6-a7b8-9012-cdef-123456789012","event":"invoice.validated","created_at":"2026-02-18T09:45:00+00:00","data":{"total":1.0}}',
  )
  assert.deepEqual(storno.headers(b, Buffer.from(body), [storno.signingKey(secret)], 0), {
    'content-type': 'application/json',
    'user-agent': 'Storno-Webhook/1.0',
    'x-webhook-event': 'invoice.validated',
    'x-webhook-id': 'c3d4e5f6-a7b8-9012-cdef-123456789012',
    'x-webhook-signature': '30d3df90c8d31f6170b875ede6002c309051383618111e7d621c2f635f785bcf',
  })
})

test('only the newest secret signs, and an endpoint without secrets has no signature', () => {
  const body = Buffer.from(storno.encode(message()))
  const [newest, old] = [secret, `whsec_${'f'.repeat(64)}`].map((text) => storno.signingKey(text))
  assert.ok(newest !== undefined && old !== undefined)
  const signed = (keys: Parameters<typeof storno.headers>[2]) => storno.headers(message(), body, keys, 0)
  assert.equal(signed([newest, old])['x-storno-signature'], signed([newest])['x-storno-signature'])
  assert.ok(!('x-storno-signature' in signed([])))
})

test("secrets have the vendor's form, with or without the prefix", () => {
  const rules = storno.endpointRules
  for (const good of [secret, secret.slice(6)]) assert.equal(rules.secretFault(good), null)
  for (const bad of ['', secret.slice(0, -1), `${secret}0`, secret.toUpperCase(), 'whsec_']) {
    assert.notEqual(rules.secretFault(bad), null, bad)
  }
})

const failures: readonly Outcome[] = [
  { kind: 'rejected', status: 503, retryAfterMs: null },
  { kind: 'rejected', status: 410, retryAfterMs: null },
  { kind: 'timedOut', phase: 'headers' },
  { kind: 'unreachable', error: 'connection refused' },
]

test('a delivery has three attempts: at once, a minute later, and five minutes later', () => {
  const { event } = message()
  for (const outcome of failures) {
    assert.deepEqual(
      [1, 2, 3, 4].map((attempt) => storno.verdict(outcome, attempt, event)),
      [
        { kind: 'retry', waitMs: 60_000, exact: true },
        { kind: 'retry', waitMs: 300_000, exact: true },
        { kind: 'exhausted' },
        { kind: 'exhausted' },
      ],
    )
  }
})

test('a test event has one attempt', () => {
  const { event, endpoint } = message()
  const { type, data } = storno.testEvent(endpoint)
  assert.equal(type, 'webhook.test')
  assert.deepEqual(JSON.parse(data), { message: 'This is a test delivery from Storno.ro', webhookUuid: endpoint.id })
  for (const outcome of failures) {
    assert.deepEqual(storno.verdict(outcome, 1, { ...event, type, data }), { kind: 'notRetried' })
  }
  assert.deepEqual(storno.verdict({ kind: 'delivered', status: 204 }, 1, { ...event, type }), { kind: 'succeeded' })
})

test('an endpoint is never disabled, however long it fails', () => {
  const fact = { succeeded: false, outcome: failures[0] as Outcome, delivery: message().delivery, ended: true }
  let health: string | null = null
  for (let at = 1000; at < 1000 + 1e10; at += 1e8) {
    const change = storno.health(health, { ...fact, at })
    assert.equal(change.disable, false)
    health = change.health
  }
  assert.equal(storno.healthReport(health).since, 1000)
  assert.equal(storno.health(health, { ...fact, at: 2e10, succeeded: true }).health, null)
  assert.equal(storno.healthReport(null).status, 'healthy')
})

const asking = (headers: Record<string, string>): FastifyRequest => ({ headers }) as unknown as FastifyRequest

test('keys and tokens come after Bearer, and API keys may also come alone', () => {
  const key = `af_${'a'.repeat(64)}`
  for (const authorization of [key, `Bearer ${key}`, `bearer  ${key}`, ` Bearer ${key} `]) {
    assert.equal(credential(asking({ authorization })), key)
  }
  assert.equal(credential(asking({ authorization: 'Bearer a.b.c' })), 'a.b.c')
  for (const authorization of ['', 'a.b.c', 'Bearer', `Basic ${key}`, `Bearer ${key} ${key}`, `${key} ${key}`]) {
    assert.equal(credential(asking({ authorization })), null, authorization)
  }
  assert.equal(credential(asking({})), null)
})

test('a token gives access to the companies and permissions that its claims list, and to no others', () => {
  const access = (claims: Parameters<typeof keyOfClaims>[0]) => {
    const { tenants, scopes } = keyOfClaims(claims)
    return { tenants, scopes }
  }
  const both = ['webhook.view', 'webhook.manage']
  assert.deepEqual(access({ companies: [company], permissions: both }), { tenants: [company], scopes: both })
  const otherForms = { companies: [company.toUpperCase()], permissions: ['invoice.view'] }
  assert.deepEqual(access(otherForms), { tenants: [company], scopes: ['invoice.view'] })
  assert.deepEqual(access({ permissions: [5, null, 'x', ['webhook.view']] }).scopes, ['x'])
  for (const malformed of [undefined, null, 'webhook.view', 5, {}, { 0: 'webhook.view' }]) {
    assert.deepEqual(access({ permissions: malformed }).scopes, [])
  }
  for (const malformed of [undefined, null, company, 5, {}, { 0: company }, [5, null, 'x', [company]]]) {
    assert.deepEqual(access({ companies: malformed }), { tenants: [], scopes: [] })
  }
  assert.equal(keyOfClaims({ sub: 'user-1' }).id, 'jwt:user-1')
  assert.equal(keyOfClaims({ sub: 5 as unknown as string }).id, 'jwt:')
})

test('the company of a request must be one of the key', () => {
  const key = keyOfClaims({ companies: [company] })
  assert.deepEqual(companyOf(asking({ 'x-company': company }), key), success(company))
  assert.deepEqual(companyOf(asking({ 'x-company': company.toUpperCase() }), key), success(company))
  const needs = (headers: Record<string, string>) => {
    const result = companyOf(asking(headers), key)
    return result.ok ? null : result.problem
  }
  for (const missing of [{}, { 'x-company': '' }] as Record<string, string>[]) {
    assert.deepEqual(needs(missing), { kind: 'forbidden', needs: 'X-Company' })
  }
  for (const denied of [other, 'x', `${company}, ${company}`, `{${company}}`]) {
    assert.deepEqual(needs({ 'x-company': denied }), { kind: 'forbidden', needs: 'access to X-Company' })
  }
})

test('a key may send 50,000 requests at once, and then 500 every two minutes', async () => {
  let now = 0
  const key = { ...keyOfClaims({ companies: [company], permissions: ['webhook.view'] }), id: 'key_1' } as ApiKey
  const keyCache = {
    digestOf: (text: string) => text,
    authenticate: () => success(key),
  } as unknown as Context['keyCache']
  const clock = { now: () => now } as Context['clock']
  const parts: Pick<Context, 'clock' | 'keyCache'> = { clock, keyCache }
  const context = parts as Context
  const front = frontOfDialect(stornoFront(context), { context, tokens: null, rateLimits: true })
  const list = front.routes.find(({ operationId }) => operationId === 'listWebhooks') as AnyRoute
  const request = asking({ authorization: 'Bearer af_x', 'x-company': company })
  const passing = async (requests: number): Promise<number> => {
    let passed = 0
    for (let count = 0; count < requests; count++) if ((await front.admit(request, list)).ok) passed += 1
    return passed
  }
  assert.equal(await passing(50_010), 50_000)
  const refused = await front.admit(request, list)
  assert.equal(request.answerHeaders, null, 'the answer has headers about the quota')
  assert.ok(!refused.ok)
  assert.deepEqual(stornoProblem(refused.problem, request), {
    status: 429,
    headers: { 'retry-after': '1' },
    body: { error: 'Too many requests. Please try again later.' },
  })
  now += 120_000
  assert.equal(await passing(510), 500)
})
