import type { AuditId, EndpointKey, TenantId } from './ids.ts'

/** The actions that are recorded, with the kind of their object; null: attempts that were refused, of several kinds. */
export const auditedObjects = {
  'tenant.create': 'tenant',
  'tenant.change': 'tenant',
  'tenant.delete': 'tenant',
  'key.create': 'key',
  'key.revoke': 'key',
  'operator_key.create': 'operator key',
  'operator_key.change': 'operator key',
  'operator_key.delete': 'operator key',
  'portal_link.create': 'portal link',
  'portal_link.open': 'portal link',
  'portal_link.delete': 'portal link',
  'endpoint.create': 'endpoint',
  'endpoint.change': 'endpoint',
  'endpoint.delete': 'endpoint',
  'endpoint.replay': 'endpoint',
  'secret.rotate': 'endpoint',
  'secret.read': 'endpoint',
  'tenant_secret.rotate': 'tenant',
  'signing_key.rotate': 'dialect',
  'delivery.retry': 'delivery',
  'replay.create': 'replay',
  'replay.start': 'replay',
  'replay.cancel': 'replay',
  'payload.erase': 'event',
  'response.erase': 'attempt',
  'set_aside.retry': 'set-aside event',
  'set_aside.delete': 'set-aside event',
  'several.attempts': null,
} as const

export type AuditAction = keyof typeof auditedObjects

/** The caller of a request, or Posthorn itself. */
export interface Actor {
  /** `unknown`: the request had no valid key. */
  readonly kind: 'operator' | 'customer' | 'unknown' | 'posthorn'
  /** The id of the key: `settings` for the key in the settings, `jwt:` and the subject for a token; null: unknown. */
  readonly id: string | null
  readonly name: string | null
  readonly role: string | null
}

/** Posthorn itself, where it acts without a request. */
export const ownActor: Actor = { kind: 'posthorn', id: 'posthorn', name: null, role: null }

/** The address of its acts. */
export const noAddress = 'none'

/** Fields of an object as they were before and are after a change, without secrets and header values. */
export interface AuditedChange {
  /** Null: the object is new. */
  readonly before: Readonly<Record<string, unknown>> | null
  /** Null: the object was deleted. */
  readonly after: Readonly<Record<string, unknown>> | null
}

/** One change, or equal reads of a secret or equal refused attempts within a minute: who, what, when, from where. */
export interface AuditRecord {
  /** A UUID of version 7. It contains the time; of several attempts, that of the first one. */
  readonly id: AuditId
  readonly action: AuditAction
  /** The kind of the problem that refused the attempt; null: it was done. */
  readonly refused: string | null
  /** The number of attempts. */
  readonly count: number
  readonly actor: Actor
  readonly address: string
  /** The id of the object; null: the object is not one, for example all endpoints of a tenant. */
  readonly object: string | null
  readonly tenant: TenantId | null
  readonly change: AuditedChange | null
  /** When `change` was erased; absent: it was not. */
  readonly erasedAt?: number
}

/** A record to store. */
export interface NewAuditRecord extends Omit<AuditRecord, 'erasedAt'> {
  /** Its change is erased with the history of this endpoint; absent: only with its tenant. */
  readonly endpoint?: EndpointKey
}
