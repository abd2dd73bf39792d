// The callers of the isolation test, and the tenants whose data each caller may see.

import type { Headers } from '../conformance/dialects/profile.ts'
import { type FrontName, profileOf } from './documents.ts'
import type { Parties, Party } from './parties.ts'
import type { Row } from './rows.ts'

/** The owner of an id in a request. `stranger`: a tenant of another dialect. `absent`: the id never existed. */
export type Whose = 'own' | 'foreign' | 'absent' | 'deleted' | 'stranger'
export const everyWhose: readonly Whose[] = ['own', 'foreign', 'absent', 'deleted', 'stranger']

export interface Caller {
  readonly who: string
  readonly headers: Headers
  /** The owners whose data the caller may see. Empty: every request of the caller is refused. */
  readonly sees: readonly Whose[]
}

export async function callersOf(
  parties: Parties,
  front: FrontName,
  own: Party,
  foreign: Party,
  stranger: Party,
): Promise<readonly Caller[]> {
  const { api } = profileOf(front)
  const as = (key: string): Headers => withoutTenant(front, api.credentials({ tenant: own.tenant, key }))
  const revoked = await parties.key(own.tenant)
  await parties.want(204, 'DELETE', `/v1/keys/${revoked.id}`)
  const weakest = api.weakKeys.find(({ allowed }) => !allowed.includes('list') && !allowed.includes('create'))
  const weak = weakest === undefined ? null : await parties.key(own.tenant, { ...weakest.key })
  return [
    { who: 'its own key', headers: as(own.key), sees: ['own'] },
    { who: "another tenant's key", headers: as(foreign.key), sees: ['foreign'] },
    { who: 'no key', headers: {}, sees: [] },
    { who: 'a wrong key', headers: as(`${own.key.slice(0, -1)}${own.key.endsWith('a') ? 'b' : 'a'}`), sees: [] },
    { who: 'a revoked key', headers: as(revoked.key), sees: [] },
    { who: "another dialect's key", headers: as(stranger.key), sees: [] },
    ...(weak === null ? [] : [{ who: 'a weak key', headers: as(weak.key), sees: [] }]),
    ...(front === 'operator'
      ? [{ who: 'the operator key', headers: parties.asOperator, sees: ['own', 'foreign', 'stranger'] as const }]
      : []),
  ]
}

/** The owners whose data this route may show to the caller. */
export function seenBy({ who, sees }: Caller, front: FrontName, row: Row): readonly Whose[] {
  if (who === 'the operator key') return sees
  if (who === 'a weak key' && row.open === true) return ['own']
  return front === 'operator' && row.customers !== true ? [] : sees
}

/** The headers without those that name the tenant: a slot fills them. */
function withoutTenant(front: FrontName, headers: Headers): Headers {
  const { headers: named = {} } = profileOf(front).subject?.definition.tenantOf?.present('') ?? {}
  const names = Object.keys(named).map((name) => name.toLowerCase())
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)))
}
