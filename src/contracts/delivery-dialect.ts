// The part of a dialect that the engine needs: the form of its deliveries, and the meaning of their outcomes. Every
// member is pure and can be tested without a server. dialect.ts has the part that the APIs need.

import type { KeyObject } from 'node:crypto'
import type { Outcome } from '../domain/attempt.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { Event } from '../domain/event.ts'
import type { DeliveryId, RandomBytes } from '../domain/ids.ts'
import type { Verdict } from '../domain/retry.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { JwsAlgorithm } from './recipe.ts'
import type { RequestMethod, SendResult } from './transport.ts'

/** The attempts of a delivery before the current one. */
export interface EarlierAttempts {
  /** When the first attempt of the delivery started, Unix time in milliseconds. */
  readonly firstStartedAt: number
  /** The outcome of the attempt before the current one. */
  readonly lastOutcome: Outcome
}

/** The content of one delivery, before the dialect encodes it. */
export interface Message {
  readonly tenant: Tenant
  readonly event: Event
  readonly delivery: DeliveryId
  readonly endpoint: Endpoint
  /** The number of the attempt. Default: 1. */
  readonly attempt?: number
  /** Present on every attempt but the first one, if the dialect has `needsEarlier`. */
  readonly earlier?: EarlierAttempts
  /** The endpoint is only tested and may not be stored; default: false. */
  readonly trial?: boolean
}

/** The input of the health rule: the result of one attempt. */
export interface HealthFact {
  readonly at: number
  readonly succeeded: boolean
  readonly outcome: Outcome
  readonly delivery: DeliveryId
  /** Whether the attempt ended the delivery. */
  readonly ended: boolean
}

/** The result of the health rule. */
export interface HealthChange {
  /** The dialect's new memory of the endpoint's failures, JSON text; null: it is empty. */
  readonly health: string | null
  /** Whether the endpoint is disabled because it has failed for too long. */
  readonly disable: boolean
  /** The endpoint is deleted instead. */
  readonly deletes?: true
}

/** The health of an endpoint, as the operator API shows it. */
export interface HealthReport {
  readonly status: 'healthy' | 'failing'
  readonly reason: string | null
  /** Start of the failures, Unix time in milliseconds; null: the endpoint is healthy. */
  readonly since: number | null
}

/** A key pair of the installation, for vendors that sign with their own. It is stored sealed, and may be rotated. */
export interface InstallationSecret {
  /** The algorithm of tokens that it signs. */
  readonly jwsAlgorithm: JwsAlgorithm
  generate(): Promise<string>
  /** Prepares the key. It is called once per secret, not once per attempt. */
  key(secret: string): KeyObject
  /** Returns the PEM text with which receivers verify. */
  publicKey(secret: string): string
  /** Returns the same as a JSON Web Key, with its id (`kid`). */
  publicJwk(secret: string): Readonly<Record<string, unknown>>
}

/** The form of a vendor's deliveries, its retry rule and its health rule. */
export interface DeliveryDialect {
  readonly name: string
  /**
   * Returns a new secret of a tenant. Present: the tenant's secrets sign its deliveries, after those of the endpoint. The
   * first one is generated when the tenant is first loaded.
   */
  readonly newTenantSecret?: (random: RandomBytes) => string
  /** The API keys of a tenant sign its deliveries, so that the keys themselves are kept, sealed. Default: hashes alone. */
  readonly signsWithApiKeys?: true
  /** Signs deliveries beside the endpoint's own secrets, if endpoints have secrets. Null: the installation has none. */
  readonly installationSecret: InstallationSecret | null
  /** Bodies differ between attempts, so none is shown afterwards. Absent: the body of a delivery is always the same. */
  readonly bodyPerAttempt?: true
  /** Messages have `earlier`, which the engine reads from the database before each attempt but the first one. */
  readonly needsEarlier?: true
  /** Whether attempts store the URL and the headers, because the vendor shows them to customers. */
  readonly keepExchange: boolean
  /** The deadline of the whole attempt, in milliseconds. */
  readonly timeoutMs: number
  /** The deadline of attempts to one endpoint, at most `timeoutMs`; default: `timeoutMs`. */
  readonly timeoutOf?: (endpoint: Endpoint) => number
  /**
   * Returns the body. It is the same, byte for byte, on every attempt of a delivery, unless `bodyPerAttempt`.
   *
   * @param keys as for `headers`; default: none
   * @param sentAtMs as for `headers`; default: the time of the event's acceptance
   */
  encode(message: Message, keys?: readonly KeyObject[], sentAtMs?: number): string
  /** Returns the method of the request; absent: it is POST. */
  readonly method?: (message: Message) => RequestMethod
  /** Prepares the key of a secret. It is called once per secret, not once per attempt. */
  signingKey(secret: string): KeyObject
  /**
   * Returns the headers of one attempt, in a new object, with the signature over exactly `body`. It is called for each
   * attempt.
   */
  headers(message: Message, body: Buffer, keys: readonly KeyObject[], sentAtMs: number): Record<string, string>
  /**
   * Returns the attributes of an event that filters are compared with; default: those that the operator posted. It is
   * called at most once per event, and only if an endpoint of the tenant has a filter.
   */
  readonly matchedAttributes?: (event: Event) => Readonly<Record<string, string>>
  /**
   * Returns a further choice of the events that an endpoint wants, besides its event types and filters; null: there is none.
   * It is called when the endpoint is loaded, and the choice for each event.
   */
  readonly wants?: (endpoint: Endpoint) => ((event: Event) => boolean) | null
  /** The dialect reads the headers of answers, so that results have them. */
  readonly readsAnswer?: true
  /**
   * Returns the outcome of a result: `delivered` is a success. Default: every answer with 2xx is one. The outcome counts
   * for the verdict, for the health, and in the history.
   */
  readonly outcomeOf?: (result: SendResult) => Outcome
  /** Whether `Retry-After` counts in an answer with this status; default: 429 and 503. */
  readonly retryAfterCounts?: (status: number) => boolean
  /**
   * Decides on an outcome. `attempt` is 1 for the first attempt of the schedule.
   *
   * @param answer for `readsAnswer`
   * @param endpoint default: one that chooses no schedule
   */
  verdict(
    outcome: Outcome,
    attempt: number,
    event: Event,
    answer?: Pick<SendResult, 'response' | 'headers'>,
    endpoint?: Endpoint,
  ): Verdict
  /** An endpoint that is gone (`Verdict`) is deleted; default: it is disabled. */
  readonly deletesGone?: true
  /** `deletesHistory`: deleting an endpoint also erases its deliveries. */
  readonly endpointRules: { readonly deletesHistory?: true }
  /** Updates the memory of failures. Called after each failure, and after a success only if `previous` is not null. */
  health(previous: string | null, fact: HealthFact): HealthChange
  healthReport(health: string | null): HealthReport
}
