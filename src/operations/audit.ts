// The parts of audit records: callers, and changes of objects without secrets and header values.

import { isDeepStrictEqual } from 'node:util'
import type { ApiKey } from '../domain/api-key.ts'
import type { Actor, AuditedChange } from '../domain/audit.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import { limits } from '../domain/limits.ts'
import type { OperatorKey } from '../domain/operator-key.ts'
import type { Origin, Principal } from '../domain/principal.ts'
import type { Tenant } from '../domain/tenant.ts'

export function actorOf({ kind, key: { id, name, role } }: Pick<Principal, 'kind' | 'key'>): Actor {
  return { kind, id: cut(id, limits.auditTextCharsMax), name: name && cut(name, limits.auditTextCharsMax), role }
}

/** A caller whose connection has ended has no address any more. */
export function addressOf({ clientAddress }: Origin): string {
  return clientAddress === '' ? 'unknown' : clientAddress
}

export function cut(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax)}…`.toWellFormed()
}

/** The fields of an object that its records show, each as a function of the object. */
type Fields<Of> = Readonly<Record<string, (of: Of) => unknown>>

type ChangeOf<Of> = (before: Of | null, after: Of | null) => AuditedChange

/**
 * Compiles the step that shows a change: the fields that differ, or all fields of a new or deleted object.
 *
 * @param shown shows a field where its value must not be shown
 */
function changes<Of>(fields: Fields<Of>, shown: Fields<Of> = {}): ChangeOf<Of> {
  return (before, after) => {
    const names = Object.keys(fields).filter((name) => {
      const field = fields[name] as (of: Of) => unknown
      return before === null || after === null || !isDeepStrictEqual(field(before), field(after))
    })
    const show = (of: Of | null) =>
      of && Object.fromEntries(names.map((name) => [name, bounded((shown[name] ?? fields[name])?.(of))]))
    return { before: show(before), after: show(after) }
  }
}

/** A long value as the beginning of its JSON text. */
function bounded(value: unknown): unknown {
  const text = JSON.stringify(value ?? null)
  return text.length <= limits.auditValueCharsMax ? (value ?? null) : cut(text, limits.auditValueCharsMax)
}

const timeOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

export const tenantChange = changes<Omit<Tenant, 'id' | 'createdAt' | 'dialect'>>({
  name: ({ name }) => name,
  settings: ({ settings }) => settings,
  retainSeconds: ({ retainSeconds }) => retainSeconds,
  retainDataSeconds: ({ retainDataSeconds }) => retainDataSeconds,
})

export const keyChange = changes<ApiKey>({
  tenants: ({ tenants }) => tenants,
  scopes: ({ scopes }) => scopes,
  role: ({ role }) => role,
  name: ({ name }) => name,
})

export const operatorKeyChange = changes<OperatorKey>({
  name: ({ name }) => name,
  role: ({ role }) => role,
  expiresAt: ({ expiresAt }) => timeOf(expiresAt),
})

/** A changed secret shows the times of the secrets, and a changed header value the names of the headers. */
export const endpointChange = changes<Endpoint>(
  {
    url: ({ url }) => url,
    eventTypes: ({ eventTypes }) => eventTypes,
    filters: ({ filters }) => filters,
    details: ({ details }) => details,
    description: ({ description }) => description,
    enabled: ({ enabled }) => enabled,
    headers: ({ headers }) => headers,
    writeOnlyHeaders: ({ writeOnlyHeaders }) => writeOnlyHeaders,
    secrets: ({ secrets }) => secrets,
  },
  {
    headers: ({ headers }) => Object.keys(headers),
    secrets: ({ secrets }) =>
      secrets.map(({ createdAt, expiresAt }) => ({ createdAt: timeOf(createdAt), expiresAt: timeOf(expiresAt) })),
  },
)
