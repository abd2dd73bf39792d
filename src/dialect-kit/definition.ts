// The parts of a dialect's definition, with their defaults.

import type { Message } from '../contracts/delivery-dialect.ts'
import type { EndpointRules } from '../contracts/dialect.ts'
import type { RequestMethod } from '../contracts/transport.ts'
import type { Outcome } from '../domain/attempt.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { Event } from '../domain/event.ts'
import type { Verdict } from '../domain/retry.ts'
import type { BodyForm as RequestForm } from '../http/form-body.ts'
import type { Authentication } from './access/authentication.ts'
import type { AttemptBodyForm } from './deliveries/body.ts'
import type { ClaimNames } from './access/claims.ts'
import type { Duration } from './durations.ts'
import type { ChosenTimeout, ChosenWaits } from './outcomes/endpoint-options.ts'
import type { CompiledErrors } from './errors/errors.ts'
import type { Examples } from './examples.ts'
import type { FieldMap } from './fields/fields.ts'
import type { HealthRule } from './outcomes/health.ts'
import type { Operation } from './operations/operation.ts'
import type { OutcomeRules, WaitRule } from './outcomes/outcomes.ts'
import type { Part } from './deliveries/part-types.ts'
import type { QuotaForm } from './access/quotas.ts'
import type { SecretForm } from './deliveries/secrets.ts'
import type { TenantChoice } from './access/tenants.ts'

export type Catalogue = Readonly<
  Record<string, string | { readonly description: string; readonly [more: string]: unknown }>
>

/** The part of a dialect that the engine and the operator API need. */
export interface DeliveryDefinition {
  /** The name by which tenants choose the dialect: lower-case letters, digits and hyphens. */
  readonly name: string
  /** The product's name. */
  readonly title: string
  /** Templates of ids, such as `ep_{base62:20}` (id-forms.ts). */
  readonly ids: {
    readonly tenant: string
    /** The tenant ids that operators may choose; default: UUIDs, or else letters, digits, `.`, `_` and `-`. */
    readonly tenantPattern?: RegExp
    readonly endpoint: string
    readonly event: string
  }
  readonly keys: {
    /** Template of an API key. */
    readonly form: string
    /** How many tenants one key may grant; default: 1. */
    readonly tenantsMax?: number
    /** The product's scopes; default: those that are needed. */
    readonly scopes?: readonly string[]
    /** The scopes of a key for which none are named; default: all. */
    readonly defaultScopes?: readonly string[]
    /** Whether a key may have no other scopes; default: it may have any. */
    readonly scopesAreAll?: true
    /** The roles of keys, the default one first; default: keys have none. */
    readonly roles?: readonly string[]
    /** The roles that may use webhooks; default: all. */
    readonly rolesWithAccess?: readonly string[]
    /** The scopes that reading and writing need; default: none. */
    readonly needs?: { readonly read: string; readonly write: string }
  }
  /** Requests that a key or a tenant may make: `key: { reads: '20/1s' }`. The first one is shown in headers. */
  readonly quotas?: QuotaForm
  /** The catalogue: by event type, its description, or that and further facts for the list of event types. */
  readonly events: Catalogue
  /** Whether events of other types are accepted too; default: false. */
  readonly openCatalogue?: boolean
  /** The event that a test of an endpoint sends. */
  readonly testEvent: (endpoint: Endpoint) => { readonly type: string; readonly data: unknown }
  /** The rules of endpoints that the fields do not give. */
  readonly rules?: Partial<
    Pick<
      EndpointRules,
      | 'schemes'
      | 'urlCharsMax'
      | 'descriptionCharsMax'
      | 'wildcards'
      | 'eventTypesAsWritten'
      | 'deletesHistory'
      | 'headerNameFault'
      | 'headerValueFault'
      | 'uniqueKey'
      | 'endpointsMax'
      | 'customHeaders'
      | 'writeOnlyHeaders'
      | 'polling'
      | 'filters'
    >
  >
  /** Choices that the operator makes for one tenant, by name; the first choice is the default. */
  readonly tenantSettings?: Readonly<Record<string, readonly string[]>>
  /** The deliveries and the catalogue of tenants with another value of a setting than the default: `'family: B': {…}`. */
  readonly variants?: Readonly<Record<`${string}: ${string}`, Variant>>
  readonly deliveries: {
    /** Default: POST. */
    readonly method?: RequestMethod | ((message: Message) => RequestMethod)
    /** The same on every attempt, or declared to differ (`json.perAttempt`). */
    readonly body: AttemptBodyForm
    /** Headers by name. `content-type` follows from the body. */
    readonly headers: Readonly<Record<string, Part | string>>
    readonly secrets: SecretForm
    /** The deadline of an attempt. */
    readonly timeout: Duration | ChosenTimeout
    /**
     * The waits between attempts: `1m 5m 15m` is four attempts. Waits have jitter, unless the vendor promises exact ones:
     * `exactly 1m 5m 15m`.
     */
    readonly waits: string | ChosenWaits
    /**
     * A further choice of the events that an endpoint gets, besides its event types and filters, for products with patterns or
     * exclusions. It is prepared when the endpoint is loaded; null: there is none. `data` of an event is JSON text.
     */
    readonly wants?: (endpoint: Endpoint) => ((event: Event) => boolean) | null
    /** Whether test events are tried again; default: they are. */
    readonly retriesTests?: boolean
    /** Other waits for some event types or failures; the first rule that fits counts. */
    readonly waitsFor?: readonly WaitRule[]
    /** The meaning of the answers of receivers; default: 2xx is a success, and every failure is tried again. */
    readonly outcomes?: OutcomeRules
    /** Decides on a failure before `outcomes` does; null, the default: they decide. */
    readonly onFailure?: (outcome: Outcome, attempt: number, event: Event) => Verdict | null
    /** An endpoint that is gone is deleted; default: it is disabled. */
    readonly deletesGone?: true
    /** Default: endpoints are never disabled for failures. */
    readonly health?: HealthRule
  }
}

/** The differences for some tenants. */
export interface Variant extends Partial<Pick<DeliveryDefinition['deliveries'], 'body' | 'headers'>> {
  readonly events?: Catalogue
}

/** A dialect with an API for its customers. */
export interface DialectDefinition extends DeliveryDefinition {
  /** The product's API in the OpenAPI document. Unknown paths below a prefix get the product's own errors. */
  readonly api: {
    readonly title: string
    readonly version: string
    readonly description?: string
    readonly prefixes: readonly string[]
    /** The media type of answers that are no errors; default: `application/json`. */
    readonly mediaType?: string
    /** The member of request bodies that has the fields of the endpoint: `webhook`; default: they are the body. */
    readonly bodyMember?: string
  }
  /** How customers may write bodies; default: as JSON. The fields of forms are converted by their schemas. */
  readonly requests?: readonly RequestForm[]
  readonly authentication: Authentication
  /** The claims of customers' tokens (JWT), which they may send in place of a key; default: there are no tokens. */
  readonly tokens?: ClaimNames
  /** Which tenant a request is about; default: the first one of its key. */
  readonly tenantOf?: TenantChoice
  /** The prefix of the headers that report the first quota: `<prefix>-limit`, `-remaining` and `-reset`. */
  readonly quotaHeaders?: string
  /** Whether the API has `Idempotency-Key`; default: false. */
  readonly idempotencyKeys?: boolean
  /** The endpoint's fields, in the order of the vendor's answers. */
  readonly endpoint: FieldMap
  /** The operations by method and path: `GET /webhooks/{id}`. */
  readonly routes: Readonly<Record<string, Operation>>
  readonly errors: CompiledErrors
  /** Examples from the vendor's pages, against which `posthorn dialect check` holds the dialect. */
  readonly examples?: Examples
}
