// Roles of operator keys and scopes of customers' keys: each route of the operator API is called with each of them. The
// document says which of them may call the route. Nothing shows a secret to a caller that may not see it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Headers } from '../conformance/dialects/profile.ts'
import type { DocumentedRoute } from './documents.ts'
import type { Ids, Parties } from './parties.ts'
import { rows } from './rows.ts'
import { requestFor, slotsOf } from './slots.ts'

interface RoleCaller {
  readonly who: string
  /** `security` of a route that the caller may call names the kind of its key, with one of these roles or scopes. */
  readonly needs: { readonly kind: 'operator' | 'customer'; readonly names: readonly string[] }
  readonly seesSecrets: boolean
  /** The headers of a caller whose own tenant this is. */
  readonly headers: (tenant: string) => Promise<Headers>
}

const bearer = (key: string): Headers => ({ authorization: `Bearer ${key}` })

function callersOf(parties: Parties): readonly RoleCaller[] {
  const operator = (role: string, more: object = {}): RoleCaller['headers'] => {
    const made = parties.operatorKey({ role, ...more })
    return async () => bearer((await made).key)
  }
  const customer = (scopes: readonly string[]) => async (tenant: string) =>
    bearer((await parties.key(tenant, { scopes })).key)
  return [
    {
      who: 'an operator key of the role admin',
      needs: { kind: 'operator', names: ['admin'] },
      seesSecrets: true,
      headers: operator('admin'),
    },
    ...['read', 'publish'].map((role) => ({
      who: `an operator key of the role ${role}`,
      needs: { kind: 'operator', names: [role] } as const,
      seesSecrets: false,
      headers: operator(role),
    })),
    ...[['read'], ['write'], ['read', 'write'], ['secrets'], ['read', 'write', 'secrets'], []].map((scopes) => ({
      who: `a customer's key with the scopes ${scopes.join(', ') || 'of none'}`,
      needs: { kind: 'customer', names: scopes } as const,
      seesSecrets: scopes.includes('secrets'),
      headers: customer(scopes),
    })),
  ]
}

export function testRoles(parties: Parties, all: readonly DocumentedRoute[], absent: Ids): void {
  const routes = all.filter(({ front }) => front === 'operator')
  const callers = callersOf(parties)

  const send = async (route: DocumentedRoute, ids: Ids, headers: Headers) => {
    const row = rows.operator[route.operation.operationId] ?? assert.fail('rows.ts lacks the route')
    const slots = slotsOf(route, row)
    const named = slots.map(() => ids)
    return parties.ask(requestFor(route, row, slots, named, headers, parties.hookUrl()))
  }

  test('every route of the operator API names its roles and scopes', () => {
    for (const { operation } of routes) {
      const kinds = (operation.security ?? []).flatMap((one) => Object.keys(one))
      assert.ok(kinds.includes('operator'), operation.operationId)
    }
  })

  for (const { who, needs, headers } of callers) {
    test(`${who} may call the routes that the document says, and no others`, async () => {
      const { tenant } = await parties.party('operator')
      const own = await headers(tenant)
      for (const route of routes) {
        const isAllowed = (route.operation.security ?? []).some((alternative) =>
          alternative[needs.kind]?.some((name) => needs.names.includes(name)),
        )
        const { status, text } = await send(route, absent, own)
        const name = `${route.method} ${route.path}: ${status} ${text}`
        assert.equal(![401, 403].includes(status), isAllowed, name)
        if (!isAllowed) assert.equal(JSON.parse(text).code, 'forbidden', name)
      }
    })
  }

  test('an operator key that has ended may call no route', async () => {
    const { id, key } = await parties.operatorKey({ role: 'admin' })
    await parties.want(200, 'PATCH', `/v1/operator-keys/${id}`, { expiresAt: '2020-01-01T00:00:00Z' })
    for (const route of routes) assert.equal((await send(route, absent, bearer(key))).status, 401, route.path)
  })

  const shows = routes.filter(({ operation }) => JSON.stringify(operation.responses).includes('"secrets":'))
  for (const route of shows) {
    test(`${route.method} ${route.path} shows secrets to callers that may see them only, and never in a list`, async () => {
      for (const caller of callers) {
        const owner = await parties.party('operator')
        const { status, text } = await send(route, owner.ids, await caller.headers(owner.tenant))
        const isList = text.startsWith('{"data":[')
        const maySee = caller.seesSecrets && !isList
        const seen = owner.secrets.filter((secret) => text.includes(secret))
        const created = /"value":"whsec_/.test(text)
        if (!maySee) assert.deepEqual([seen, created], [[], false], `${caller.who}: ${text}`)
        else if (status < 300) assert.ok(created, `${caller.who}: ${text}`)
      }
    })
  }
}
