// How customers send their keys and tokens.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignJWT } from 'jose'
import { acme, startDialect } from '../../../test/support/dialect-rig.ts'
import { anyOf, basic, bearer, bodyField, keyParameter, twoHeaders } from './authentication.ts'
import { create, get, list } from '../operations/operations.ts'
import { namedTenant } from './tenants.ts'

const routes = { 'GET /acme': list({ wrap: 'data' }) }
const base64 = (text: string): string => Buffer.from(text).toString('base64')

test('a key is the user, the password, or both of basic authentication', async (t) => {
  const cases = [
    {
      form: { key: 'user' },
      right: (key: string) => [`${key}:`],
      wrong: (key: string) => [key, `api:${key}`, `:${key}`, `${key}:x`],
    },
    {
      form: { key: 'password', user: 'api' },
      right: (key: string) => [`api:${key}`],
      wrong: (key: string) => [`${key}:`, `other:${key}`, `:${key}`, 'api:'],
    },
    {
      form: { key: 'both' },
      right: (key: string) => [key],
      wrong: (key: string) => [
        `${key}:`,
        `:${key}`,
        key.split(':')[0] as string,
        key.split(':').toReversed().join(':'),
      ],
    },
  ] as const
  for (const { form, right, wrong } of cases) {
    const keys = { form: form.key === 'both' ? 'AC{hex:16}:{base62:32}' : 'key_{base62:40}' }
    const { ask, key } = await startDialect(t, acme({ routes, keys, authentication: basic(form) }))
    const statusOf = async (authorization: string) => (await ask('GET', '/acme', { headers: { authorization } })).status
    for (const text of right(key)) assert.equal(await statusOf(`Basic ${base64(text)}`), 200, text)
    for (const text of wrong(key)) assert.equal(await statusOf(`Basic ${base64(text)}`), 401, text)
    assert.equal(await statusOf(`basic   ${base64(String(right(key)[0]))}`), 200)
    assert.equal(await statusOf(`Bearer ${base64(String(right(key)[0]))}`), 401)
    assert.equal(await statusOf(`Basic ${String(right(key)[0])}`), 401)
    assert.equal(await statusOf('Basic ====='), 401)
  }
})

test('a key is a parameter of the query, two headers, or one of several ways', async (t) => {
  const authentication = anyOf(keyParameter('access_token'), twoHeaders('X-Client-Id', 'X-Secret'), bearer())
  const dialect = acme({ routes, keys: { form: 'client_{hex:12}:{hex:32}' }, authentication })
  const { ask, key, document } = await startDialect(t, dialect)
  const [id = '', secret = ''] = key.split(':')
  const statusOf = async (path: string, headers: Record<string, string> = {}) =>
    (await ask('GET', path, { headers })).status
  assert.equal(await statusOf(`/acme?access_token=${key}`), 200)
  assert.equal(await statusOf(`/acme?access_token=${key}&access_token=${key}`), 401)
  assert.equal(await statusOf('/acme?access_token='), 401)
  assert.equal(await statusOf('/acme', { 'x-client-id': id, 'x-secret': secret }), 200)
  assert.equal(await statusOf('/acme', { 'x-client-id': id }), 401)
  assert.equal(await statusOf('/acme', { 'x-client-id': secret, 'x-secret': id }), 401)
  assert.equal(await statusOf('/acme', { authorization: `Bearer ${key}` }), 200)
  const { components } = document as unknown as { components: { securitySchemes: object } }
  assert.deepEqual(components.securitySchemes, {
    access_token: { type: 'apiKey', in: 'query', name: 'access_token' },
    XSecret: { type: 'apiKey', in: 'header', name: 'X-Secret' },
    bearer: { type: 'http', scheme: 'bearer' },
  })
})

test('a way that cannot be served is refused when the dialect is loaded', () => {
  assert.throws(() => bodyField('secret'), /^DefinitionError: authentication: a key in the body \(secret\)/)
  assert.throws(
    () => acme({ routes, authentication: basic({ key: 'both' }) }),
    /^DefinitionError: keys\.form: must have a colon/,
  )
})

test('tokens have the issuer and the audience of the dialect, and a role', async (t) => {
  const key = 'a-shared-secret-of-at-least-32-bytes'
  const dialect = acme({
    routes,
    keys: { form: 'key_{base62:40}', roles: ['admin', 'guest'], rolesWithAccess: ['admin'] },
    authentication: bearer(),
    tokens: {
      tenants: 'account',
      scopes: 'scope',
      role: 'role',
      texts: true,
      issuer: 'https://id.acme.example',
      audience: 'acme-api',
    },
  })
  const { ask, tenant } = await startDialect(t, dialect, {
    POSTHORN_JWT_SECRET: key,
    POSTHORN_JWT_AUDIENCE: 'posthorn',
    POSTHORN_JWT_ISSUER: 'https://id.example',
  })
  const statusOf = async (more: Record<string, string>): Promise<number> => {
    const claims = {
      iss: 'https://id.acme.example',
      aud: 'acme-api',
      account: tenant,
      scope: 'a b',
      role: 'admin',
      ...more,
    }
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(Buffer.from(key))
    return (await ask('GET', '/acme', { headers: { authorization: `Bearer ${token}` } })).status
  }
  assert.equal(await statusOf({}), 200)
  assert.equal(await statusOf({ aud: 'posthorn' }), 401)
  assert.equal(await statusOf({ iss: 'https://id.example' }), 401)
  assert.equal(await statusOf({ role: 'guest' }), 403)
  assert.equal(await statusOf({ role: '' }), 403)
})

test('the document has the parameter that names the tenant', async (t) => {
  const { document } = await startDialect(
    t,
    acme({
      tenantOf: namedTenant({ query: 'org_id', isRequired: () => false }),
      ids: { tenant: '{integer:9}', endpoint: 'hook_{base62:12}', event: 'evt_{time:20}' },
      endpoint: {
        id: { is: 'id' },
        org: { is: 'tenant', as: 'number' },
        url: { is: 'url', on: 'create!' },
        events: { is: 'eventTypes', on: 'create!' },
      },
      routes: { 'POST /acme': create(), 'GET /acme': list(), 'GET /acme/{id}': get() },
    }),
  )
  for (const [path, method] of [
    ['/acme', 'post'],
    ['/acme', 'get'],
    ['/acme/{id}', 'get'],
  ] as const) {
    const { parameters = [] } = (document.paths[path]?.[method] ?? assert.fail()) as unknown as {
      readonly parameters?: readonly {
        readonly name: string
        readonly in: string
        readonly schema: { readonly type?: string }
      }[]
    }
    const found = parameters.find(({ name }) => name === 'org_id')
    assert.deepEqual([found?.in, found?.schema.type], ['query', 'integer'], path)
  }
})
