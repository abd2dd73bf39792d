// What the engine needs of a dialect: how its deliveries look, and what their outcomes mean. Every member is pure and can
// be tested without a server. What the APIs need besides is in dialect.ts.

import type { KeyObject } from 'node:crypto'
import type { Outcome } from '../domain/attempt.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { Event } from '../domain/event.ts'
import type { DeliveryId } from '../domain/ids.ts'
import type { Verdict } from '../domain/retry.ts'
import type { Tenant } from '../domain/tenant.ts'

/** One delivery as the receiver will see it. */
export interface Message {
  readonly tenant: Tenant
  readonly event: Event
  readonly delivery: DeliveryId
  readonly endpoint: Endpoint
  /** The endpoint is only tried out and may not be stored; default false. */
  readonly trial?: boolean
}

/** What an attempt tells the health rule. */
export interface HealthFact {
  readonly at: number
  readonly succeeded: boolean
  readonly outcome: Outcome
  readonly delivery: DeliveryId
  /** The delivery ended with this attempt. */
  readonly ended: boolean
}

export interface HealthChange {
  /** What the dialect remembers from now on, JSON text; null: nothing. */
  readonly health: string | null
  /** The endpoint has failed for so long that it is disabled. */
  readonly disable: boolean
}

/** A key pair or secret of the installation, generated once and stored sealed, for vendors that sign with their own. */
export interface InstallationSecret {
  generate(): string
  /** The PEM text that receivers verify with. */
  publicKey(secret: string): string
}

export interface DeliveryDialect {
  readonly name: string
  /** Null: deliveries are signed with the endpoint's own secrets, or not at all. */
  readonly installationSecret: InstallationSecret | null
  /** Whether attempts store URL and headers, because the vendor shows them to customers. */
  readonly keepExchange: boolean
  /** One deadline over the whole attempt, in milliseconds. */
  readonly timeoutMs: number
  /** The body: the same on every attempt of a delivery, byte for byte. */
  encode(message: Message): string
  /** Prepares the key of a secret, once and not per attempt. */
  signingKey(secret: string): KeyObject
  /** The headers of one attempt, with the signature over exactly `body`; fresh on each attempt. */
  headers(message: Message, body: Buffer, keys: readonly KeyObject[], sentAtMs: number): Record<string, string>
  /** What an outcome means. `attempt` is 1 for the first attempt of the schedule. */
  verdict(outcome: Outcome, attempt: number, event: Event): Verdict
  /** Called for failures, and for the success that follows them; never for a success while nothing is remembered. */
  health(previous: string | null, fact: HealthFact): HealthChange
}
