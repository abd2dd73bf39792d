import type { EndpointId, EndpointKey, TenantId } from './ids.ts'

/** A key that deliveries are signed with. After a rotation the old one signs along until it expires. */
export interface SigningSecret {
  readonly value: string
  readonly createdAt: number
  /** From this time on the secret no longer signs; null: it does not expire. */
  readonly expiresAt: number | null
}

/** Why an endpoint is off: its customer (or the operator) wants it so, it kept failing, or it answered 410 Gone. */
export type DisabledReason = 'requested' | 'failing' | 'gone'

/** A registered URL of a tenant, with the event types it wants. */
export interface Endpoint {
  readonly key: EndpointKey
  readonly id: EndpointId
  readonly tenant: TenantId
  /** As the customer wrote it. */
  readonly url: string
  /** Event types it wants: exact names, `*`, or a prefix such as `invoice.*`, as far as its dialect has them. */
  readonly eventTypes: readonly string[]
  /** Attributes that an event must have, each with this value. */
  readonly filters: Readonly<Record<string, string>>
  readonly description: string | null
  readonly enabled: boolean
  /** Null while enabled. */
  readonly disabledReason: DisabledReason | null
  /** Customer's own headers, sent with every delivery. */
  readonly headers: Readonly<Record<string, string>>
  /** Newest first; empty where the dialect signs without a secret of the endpoint. */
  readonly secrets: readonly SigningSecret[]
  readonly createdAt: number
  readonly updatedAt: number
  /** Part of what is stored of it cannot be read: it is shown without that part, and nothing is sent to it. */
  readonly unreadable?: true
}

/** What real attempts have told about an endpoint; written in the transaction that records them. */
export interface EndpointStatus {
  readonly attempts: number
  readonly lastAttemptAt: number | null
  readonly lastAttemptSucceeded: boolean | null
  /** The dialect's own memory of the endpoint's failures, JSON text; null: nothing to remember. */
  readonly health: string | null
}

/** The same with what its deliveries tell while there was no attempt. */
export interface RecordedStatus extends EndpointStatus {
  /** Nothing was attempted yet, and a delivery waits for it. */
  readonly waits: boolean
}

/** The secrets that sign at a time, newest first. */
export function secretsInForce(secrets: readonly SigningSecret[], nowMs: number): readonly SigningSecret[] {
  return secrets.filter((secret) => secret.expiresAt === null || secret.expiresAt > nowMs)
}
