// What the suite must know of a vendor: how its API and its deliveries look from outside, as its reference page has
// them. A profile is data and small pure functions; it never uses the code that it judges, above all not for
// signatures. Adding a vendor is adding a profile.

import type { Dialect } from '../../../src/contracts/dialect.ts'

/** Who asks: a tenant and the text of one of its API keys. */
export interface Caller {
  readonly tenant: string
  readonly key: string
}

/** A JSON object in the vendor's words. */
export type Fields = Readonly<Record<string, unknown>>
export type Headers = Readonly<Record<string, string>>

export interface ApiRequest {
  readonly method: string
  readonly path: string
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as it is, instead of `body`. */
  readonly raw?: string | Buffer
  /** Replace the ones that the suite sends. */
  readonly headers?: Headers
}

export interface ApiAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The JSON value of the text; null where there is none. */
  readonly body: unknown
}

/** One operation of the vendor's reference: how it is asked for and answered. */
export interface Operation<Input extends readonly unknown[] = []> {
  request(caller: Caller, ...input: Input): ApiRequest
  readonly status: number
  /** JSON Schema of the answer as the vendor publishes it; null: no body. */
  readonly schema: object | null
}

export interface Operations {
  readonly create: Operation<[fields: Fields]>
  readonly get: Operation<[id: string]>
  readonly list: Operation
  readonly change: Operation<[id: string, fields: Fields]>
  readonly remove: Operation<[id: string]>
  /** Null: the vendor has none. */
  readonly eventTypes: Operation | null
}

export type OperationName = keyof Operations

/** A way in which a request can be refused. */
export type ProblemName =
  | 'keyMissing'
  | 'schemeWrong'
  | 'keyUnknown'
  | 'keyRevoked'
  | 'forbidden'
  | 'notFound'
  | 'fieldMissing'
  | 'fieldInvalid'
  | 'fieldUnknown'
  | 'bodyMalformed'
  | 'bodyTooLarge'
  | 'mediaTypeUnsupported'
  | 'methodNotAllowed'
  | 'routeUnknown'
  | 'tooManyRequests'

/** What was asked for, as far as the refusal speaks of it. */
export interface Asked {
  readonly request: ApiRequest
  readonly id?: string
  readonly field?: string
  readonly value?: unknown
}

/** The answer must have the status, and hold the body: fields that it does not name may be anything. */
export interface Refusal {
  readonly status: number
  readonly body: unknown
  readonly headers?: Headers
}

export interface FieldValue {
  readonly title: string
  readonly value: unknown
  /** What is read back; default: what was written. */
  readonly shown?: unknown
  /** What a wrong value is refused with; default: the profile's `fieldInvalid`. */
  readonly refusal?: Refusal
}

/** What customers may write in one field. */
export interface Field {
  readonly name: string
  readonly onCreate: 'required' | 'optional' | 'none'
  readonly onChange: 'required' | 'optional' | 'none'
  /** Accepted, the limit included. */
  readonly good: readonly FieldValue[]
  /** Refused: wrong types, wrong forms, one past the limit. */
  readonly wrong: readonly FieldValue[]
}

/** A key that may do some things only. */
export interface WeakKey {
  readonly title: string
  readonly key: { readonly scopes?: readonly string[]; readonly role?: string }
  readonly refused: readonly OperationName[]
  readonly allowed: readonly OperationName[]
}

export interface SecretRules {
  /** The field that shows it. */
  readonly field: string
  readonly shown: Readonly<Record<'create' | 'get' | 'list' | 'change', 'full' | 'masked' | 'never'>>
  /** The form of a masked one. */
  readonly mask?: RegExp
}

export interface ApiProfile {
  /** Headers by which a request carries a key. */
  credentials(caller: Caller): Headers
  /** Headers that carry it in a way that the vendor does not take, by title. */
  readonly wrongSchemes: Readonly<Record<string, (caller: Caller) => Headers>>
  /** Keys that lack a permission; empty where the vendor has none. */
  readonly weakKeys: readonly WeakKey[]
  readonly operations: Operations
  /** The endpoint in the answer to create, get or change. */
  endpointIn(operation: 'create' | 'get' | 'change', body: unknown): Fields
  endpointsIn(body: unknown): readonly Fields[]
  readonly listOrder: 'newestFirst' | 'any'
  /** The request for a page of `size` after the given answer (null: the first); null: there is no further page. */
  readonly nextPage: ((caller: Caller, size: number, previous: ApiAnswer | null) => ApiRequest | null) | null

  readonly idField: string
  readonly idPattern: RegExp
  /** In the right form, but nobody's. */
  readonly idAbsent: string
  readonly idsMalformed: readonly string[]

  /** The least that create takes: an endpoint for `eventType(index)` alone. */
  sample(url: string, index: number): Fields
  /** Every field that create takes. */
  full(url: string, index: number): Fields
  /** Types from the vendor's catalogue, all different, for 0 to 4. */
  eventType(index: number): string
  /** What switches an endpoint off and on; null: the vendor has no such thing. */
  readonly onOff: { readonly off: Fields; readonly on: Fields } | null
  readonly fields: readonly Field[]
  readonly unknownFields: 'ignored' | 'refused'
  readonly secret: SecretRules | null
  /** The endpoint in the words of the operator API, as far as the vendor's answer tells. */
  inOperatorTerms(endpoint: Fields): Fields

  /** JSON Schema of every refusal. */
  readonly refusalSchema: object
  refusal(problem: ProblemName, asked: Asked): Refusal
  /** Paths that exist, with a method that they do not take. */
  readonly wrongMethods: readonly { readonly method: string; readonly path: string }[]
  /** Paths under the vendor's prefix that nothing answers. */
  readonly unknownRoutes: readonly string[]
  /** Names of the headers that tell of the quota on every answer; null: none. */
  readonly quotaHeaders: { readonly limit: string; readonly remaining: string; readonly reset: string } | null
}

/** The facts that a delivery is made of. */
export interface SentEvent {
  readonly id: string
  readonly type: string
  /** JSON text, as it was posted. */
  readonly data: string
  /** ISO 8601, UTC, with milliseconds. */
  readonly occurredAt: string
  readonly tenant: string
  readonly delivery: string
}

/** An attempt as it arrived. */
export interface Arrival {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Buffer
}

export interface DeliveryProfile {
  /** The body, byte for byte. */
  body(event: SentEvent): string
  /** Every header apart from those of HTTP itself, by lower-case name. */
  headers(event: SentEvent): Readonly<Record<string, RegExp>>
  /** Headers that differ from attempt to attempt; all others are the same. */
  readonly freshHeaders: readonly string[]
  /** The secrets that sign for an endpoint, from the answer that created it; empty: the installation's key does. */
  secretsOf(created: Fields, sent: Fields): readonly string[]
  /** Throws unless the signature is right. `publicKey` is PEM, where the installation signs. */
  verify(arrival: Arrival, keys: { readonly secrets: readonly string[]; readonly publicKey: string | null }): void
}

export type Fate = 'succeeds' | 'isRetried' | 'ends' | 'endsAndDisables'

export interface WireProfile {
  readonly apiKeyPattern: RegExp
  readonly eventIdPattern: RegExp
  /** Null: endpoints have no secret. */
  readonly secretPattern: RegExp | null
  /** Waits between attempts as the vendor promises them. */
  readonly waitsMs: readonly number[]
  /** Whether the vendor promises exact times. */
  readonly exact: boolean
  /** What each outcome does to a delivery. */
  readonly fates: Readonly<Record<OutcomeName, Fate>>
}

/** Outcomes that vendors may tell apart. */
export type OutcomeName =
  | 'answered 200'
  | 'answered another 2xx'
  | 'answered 3xx'
  | 'answered 4xx'
  | 'answered 410'
  | 'answered 429'
  | 'answered 5xx'
  | 'timed out'
  | 'unreachable'
  | 'blocked'

export interface Profile {
  readonly dialect: Dialect
  readonly api: ApiProfile
  readonly delivery: DeliveryProfile
  readonly wire: WireProfile
}

/** Of vendors that try again whatever is no success. */
export const retriesAllFailures: Readonly<Record<OutcomeName, Fate>> = {
  'answered 200': 'succeeds',
  'answered another 2xx': 'succeeds',
  'answered 3xx': 'isRetried',
  'answered 4xx': 'isRetried',
  'answered 410': 'isRetried',
  'answered 429': 'isRetried',
  'answered 5xx': 'isRetried',
  'timed out': 'isRetried',
  unreachable: 'isRetried',
  blocked: 'isRetried',
}
