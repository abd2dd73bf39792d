// Two tenants for one way to misuse a database that can be written: the victim, and a tenant of the attacker. The
// attacker has the keys of its own tenant, knows every id, and writes any row. It has no master key and no key of the
// operator.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { fromAnAddress } from './addresses.ts'
import { mark } from './marks.ts'
import { expectStatus, type OperatorClient } from './operator-client.ts'
import type { Receiver } from './receiver.ts'

export interface Party {
  readonly tenant: string
  readonly key: string
  readonly keyId: string
  readonly endpoint: string
  /** Where its endpoint delivers to. */
  readonly path: string
  /** Its signing secrets and header values. */
  readonly secrets: string[]
}

export interface Pair {
  readonly victim: Party
  readonly own: Party
  /** A key that the attacker has made up, and its hash. */
  readonly planted: { readonly api: string; readonly operator: string; hashOf(key: string): string }
}

export interface PairOptions {
  readonly dialect?: 'standard' | 'allo' | 'partoo'
  /** The scopes and the role of the attacker's own key. */
  readonly ownKey?: Readonly<Record<string, unknown>>
}

const eventTypes = { standard: 'thing.happened', allo: 'call.received', partoo: 'business_updated' }

let count = 0

export async function makePair(client: OperatorClient, receiver: Receiver, options: PairOptions): Promise<Pair> {
  const { dialect = 'standard', ownKey = {} } = options
  const party = async (name: string, key: object): Promise<Party> => {
    const path = `/${name}-${++count}`
    const { id: tenant } = await client.createTenant({ dialect })
    const created = await client.createKey({ tenants: [tenant], ...key })
    const value = mark(`header-of-${name}`)
    const headers = dialect === 'allo' ? {} : { 'X-Own': value }
    const body = { url: `${receiver.url}${path}`, eventTypes: [eventTypes[dialect]], headers }
    const answer = await client.call('POST', `/v1/tenants/${tenant}/endpoints`, body)
    const endpoint = expectStatus(answer, 201) as { id: string; secrets: { value: string }[] }
    const secrets = [...endpoint.secrets.map((secret) => secret.value), ...Object.values(headers)]
    return { tenant, key: created.key, keyId: created.id, endpoint: endpoint.id, path, secrets }
  }
  const [victim, own] = [await party('victim', {}), await party('attacker', ownKey)]
  const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex')
  const random = randomBytes(20).toString('hex')
  return { victim, own, planted: { api: `phk_${random}`, operator: `pho_${random}`, hashOf } }
}

/** Asks for everything of both tenants, through each API and with each key of the attacker. Returns all answers. */
export async function spy(client: OperatorClient, { victim, own }: Pair, keys: readonly string[]): Promise<string> {
  const answers: string[] = []
  for (const key of keys) {
    const both = [victim, own]
    for (const [tenant, endpoint] of both.flatMap((one) =>
      both.map((other) => [one.tenant, other.endpoint] as const),
    )) {
      const list = `/v1/tenants/${tenant}/endpoints`
      const one = `${list}/${endpoint}`
      const bearer = { authorization: `Bearer ${key}` }
      const calls = [
        [bearer, 'GET', list],
        [bearer, 'GET', one],
        [bearer, 'PATCH', one, { description: 'changed' }],
        [bearer, 'POST', `${one}/rotate-secret`, {}],
        [bearer, 'POST', '/v1/keys', { tenants: [tenant] }],
        [bearer, 'POST', '/v1/operator-keys', { name: 'mine', role: 'admin' }],
        [{ authorization: `Api-Key ${key}` }, 'GET', '/v2/api/webhooks'],
        [{ authorization: `Api-Key ${key}` }, 'GET', `/v2/api/webhooks/${endpoint}`],
        [
          { authorization: `Api-Key ${key}`, 'idempotency-key': tenant },
          'POST',
          '/v2/api/webhooks',
          { url: 'https://example.com/stored', topics: ['call.answered'] },
        ],
        [{ 'x-apikey': key }, 'GET', `/v2/webhooks?org_id=${tenant}`],
        [{ 'x-apikey': key }, 'GET', `/v2/webhooks/${endpoint}?org_id=${tenant}`],
      ] as const
      for (const [headers, method, path, body] of calls) {
        const { status, body: answer } = await client.callAs({ ...fromAnAddress(), ...headers }, method, path, body)
        assert.ok(status < 500, `${method} ${path}: ${status} ${JSON.stringify(answer)}`)
        answers.push(JSON.stringify(answer))
      }
    }
  }
  return answers.join('\n')
}

/** Posts an event of the victim and waits until its deliveries have ended. */
export async function deliver(
  client: OperatorClient,
  { victim }: Pair,
  dialect: PairOptions['dialect'],
): Promise<void> {
  const event = { tenant: victim.tenant, type: eventTypes[dialect ?? 'standard'], data: { of: victim.tenant } }
  const { status } = await client.postEvent(event)
  // The tenant may be gone, or speak another dialect.
  if (status !== 202) assert.equal(status, 400)
}
