// Changes of objects as audit records show them, without secrets and header values.

import { isDeepStrictEqual } from 'node:util'
import type { ApiKey } from './api-key.ts'
import type { AuditedChange } from './audit.ts'
import { type Endpoint, isPolling } from './endpoint.ts'
import { limits } from './limits.ts'
import type { OperatorKey } from './operator-key.ts'
import type { Tenant } from './tenant.ts'

export function cut(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax)}…`.toWellFormed()
}

/** All fields that can change, each with a function that shows its value without secrets; null: as it is. */
type Fields<Of> = { readonly [Name in keyof Of]-?: ((value: Of[Name]) => unknown) | null }

/** Compiles the step that shows a change: the fields that differ, or all fields of a new or deleted object. */
function changes<Of extends object>(fields: Fields<Of>): (before: Of | null, after: Of | null) => AuditedChange {
  const names = Object.keys(fields) as (keyof Of & string)[]
  return (before, after) => {
    const changed = names.filter((name) => !(before && after && isDeepStrictEqual(before[name], after[name])))
    const show = (of: Of | null) =>
      of && Object.fromEntries(changed.map((name) => [name, bounded(fields[name] ? fields[name](of[name]) : of[name])]))
    return { before: show(before), after: show(after) }
  }
}

/** A long value as the beginning of its JSON text. */
function bounded(value: unknown = null): unknown {
  const text = JSON.stringify(value)
  return text.length <= limits.auditValueCharsMax ? value : cut(text, limits.auditValueCharsMax)
}

const timeOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

export const tenantChange = changes<Omit<Tenant, 'id' | 'createdAt' | 'dialect'>>({
  name: null,
  settings: null,
  retainSeconds: null,
  retainDataSeconds: null,
})

export const keyChange = changes<Pick<ApiKey, 'tenants' | 'scopes' | 'role' | 'name'>>({
  tenants: null,
  scopes: null,
  role: null,
  name: null,
})

export const operatorKeyChange = changes<Pick<OperatorKey, 'name' | 'role' | 'expiresAt'>>({
  name: null,
  role: null,
  expiresAt: timeOf,
})

type Unchanged = 'key' | 'id' | 'tenant' | 'createdAt' | 'updatedAt' | 'disabledReason' | 'unreadable'

/** A changed secret shows the times of the secrets, and a changed header value the names of the headers. */
export const endpointChange = changes<Omit<Endpoint, Unchanged>>({
  url: (url) => (isPolling({ url }) ? null : url),
  eventTypes: null,
  filters: null,
  details: null,
  description: null,
  enabled: null,
  headers: Object.keys,
  writeOnlyHeaders: null,
  secrets: (secrets) =>
    secrets.map(({ createdAt, expiresAt }) => ({ createdAt: timeOf(createdAt), expiresAt: timeOf(expiresAt) })),
})
