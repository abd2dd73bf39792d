import type { Outcome } from './attempt.ts'
import type { EndpointId, EndpointKey, TenantId } from './ids.ts'

/** A secret that signs deliveries. After a rotation, the old secret also signs until it expires. */
export interface SigningSecret {
  readonly value: string
  readonly createdAt: number
  /** The secret does not sign from this time on; null: it does not expire. */
  readonly expiresAt: number | null
}

/**
 * Why an endpoint is disabled: its customer or the operator requested it, it kept failing, or it responded with
 * 410 Gone.
 */
export type DisabledReason = 'requested' | 'failing' | 'gone'

/** The value that an attribute of an event must have, or the values of which it must have one. */
export type FilterValue = string | readonly string[]

/** The fields of an endpoint that only its product knows: JSON values by name. */
export type Details = Readonly<Record<string, unknown>>

/** A registered URL of a tenant, or a queue of it that consumers fetch from, with the event types it wants. */
export interface Endpoint {
  readonly key: EndpointKey
  readonly id: EndpointId
  readonly tenant: TenantId
  /** As the customer wrote it; empty: its consumers fetch the deliveries (`isPolling`). */
  readonly url: string
  /** Event types it wants: exact names, and `*` or prefixes such as `invoice.*` if its dialect has them. */
  readonly eventTypes: readonly string[]
  /** Attributes that an event must have, each with this value or one of these values. */
  readonly filters: Readonly<Record<string, FilterValue>>
  readonly details: Details
  readonly description: string | null
  readonly enabled: boolean
  /** Null: the endpoint is enabled. */
  readonly disabledReason: DisabledReason | null
  /** The customer's own headers, sent with every delivery. */
  readonly headers: Readonly<Record<string, string>>
  /** Names of headers whose values no API shows. */
  readonly writeOnlyHeaders: readonly string[]
  /** Newest first; empty if the dialect signs without a secret of the endpoint. */
  readonly secrets: readonly SigningSecret[]
  readonly createdAt: number
  readonly updatedAt: number
  /** Part of its stored data cannot be read. APIs show it without that part, and no delivery is sent to it. */
  readonly unreadable?: true
}

/**
 * - `push`: deliveries are sent to its URL
 * - `polling`: it has no URL, and its consumers fetch the deliveries
 */
export type EndpointKind = 'push' | 'polling'

/** Whether consumers fetch the deliveries of the endpoint. The seal of its row covers the URL, and so the kind. */
export function isPolling({ url }: Pick<Endpoint, 'url'>): boolean {
  return url === ''
}

export function kindOf(endpoint: Pick<Endpoint, 'url'>): EndpointKind {
  return isPolling(endpoint) ? 'polling' : 'push'
}

/** An endpoint without secrets and filters, for deliveries to an endpoint that is not stored. */
export function unstoredEndpoint(
  given: Pick<Endpoint, 'key' | 'id' | 'tenant' | 'url' | 'eventTypes' | 'createdAt'> &
    Partial<Pick<Endpoint, 'details' | 'headers'>>,
): Endpoint {
  return {
    filters: {},
    details: {},
    description: null,
    enabled: true,
    disabledReason: null,
    headers: {},
    writeOnlyHeaders: [],
    secrets: [],
    updatedAt: given.createdAt,
    ...given,
  }
}

/** Results of the recorded attempts of an endpoint, written in the transaction that records the attempts. */
export interface EndpointStatus {
  readonly attempts: number
  readonly lastAttemptAt: number | null
  readonly lastAttemptSucceeded: boolean | null
  /** Null: there was no attempt yet, or only attempts that an older version recorded. */
  readonly lastOutcome: Outcome | null
  /** The dialect's memory of the endpoint's failures, JSON text; null: it is empty. */
  readonly health: string | null
}

/** Whether a complete answer about the endpoint shows signing secrets or header values. */
export function hasSecrets({ secrets, headers }: Pick<Endpoint, 'secrets' | 'headers'>): boolean {
  return secrets.length > 0 || Object.keys(headers).length > 0
}

/** Returns the secrets that sign at a time, in the given order. */
export function secretsInForce(secrets: readonly SigningSecret[], nowMs: number): readonly SigningSecret[] {
  return secrets.filter((secret) => secret.expiresAt === null || secret.expiresAt > nowMs)
}
