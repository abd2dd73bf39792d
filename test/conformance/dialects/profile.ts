// The facts that the suite needs about a dialect: how its API and its deliveries look from outside. They follow from the
// definition of a dialect (derived-profile.ts). The profile of the operator API, for the customers of `standard`, is
// written by hand.

import type { Subject } from '../../../src/dialect-check/subject.ts'
import type { Dialect } from '../../../src/contracts/dialect.ts'

/** The caller of a request: a tenant and the text of one of its API keys. */
export interface Caller {
  readonly tenant: string
  readonly key: string
}

/** A JSON object with the vendor's field names. */
export type Fields = Readonly<Record<string, unknown>>
export type Headers = Readonly<Record<string, string>>

export interface ApiRequest {
  readonly method: string
  readonly path: string
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent unchanged, instead of `body`. */
  readonly raw?: string | Buffer
  /** They replace the headers that the suite sends. */
  readonly headers?: Headers
}

export interface ApiAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed JSON; null if the content type is not JSON. */
  readonly body: unknown
}

/** One operation of the vendor's reference: its request, and its answer on success. */
export interface Operation<Input extends readonly unknown[] = []> {
  request(caller: Caller, ...input: Input): ApiRequest
  readonly status: number
  /** JSON Schema of the answer's body, as the vendor publishes it; null: no body. */
  readonly schema: object | null
}

export interface Operations {
  readonly create: Operation<[fields: Fields]>
  readonly get: Operation<[id: string]>
  readonly list: Operation
  readonly change: Operation<[id: string, fields: Fields]>
  readonly remove: Operation<[id: string]>
  /** Lists the event types; null: the vendor has no such operation. */
  readonly eventTypes: Operation | null
}

export type OperationName = keyof Operations

/** The reasons for which a request can be refused. */
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
  | 'loopDetected'

/** The refused request, and the parts of it that the refusal may quote. */
export interface Asked {
  readonly request: ApiRequest
  readonly id?: string
  readonly field?: string
  readonly value?: unknown
}

/** The answer must have this status, all fields of this body, and the name of this field. It may have other fields too. */
export interface Refusal {
  /** Default: 400 or 422. */
  readonly status?: number
  readonly body?: unknown
  readonly names?: string
  readonly headers?: Headers
}

export interface FieldValue {
  readonly title: string
  readonly value: unknown
  /** The value that is read back; default: the value that was written. */
  readonly shown?: unknown
  /** The refusal of a wrong value; default: the profile's `fieldInvalid`. */
  readonly refusal?: Refusal
}

/** One field that customers write, with accepted and refused values. */
export interface Field {
  readonly name: string
  readonly onCreate: 'required' | 'optional' | 'none'
  readonly onChange: 'required' | 'optional' | 'none'
  /** Accepted values, one at the limit included. */
  readonly good: readonly FieldValue[]
  /** Refused values: of wrong types, of wrong forms, and one past the limit. */
  readonly wrong: readonly FieldValue[]
}

/** A key that permits only some operations. */
export interface WeakKey {
  readonly title: string
  readonly key: { readonly scopes?: readonly string[]; readonly role?: string }
  readonly refused: readonly OperationName[]
  readonly allowed: readonly OperationName[]
}

export interface SecretRules {
  /** The field that shows the secret. */
  readonly field: string
  readonly shown: Readonly<Record<'create' | 'get' | 'list' | 'change', 'full' | 'masked' | 'never'>>
  /** The form of a masked secret. */
  readonly mask?: RegExp
}

export interface ApiProfile {
  /** Headers that carry the key of a request. */
  credentials(caller: Caller): Headers
  /** Headers that carry the key in a way that the vendor does not accept, by title. */
  readonly wrongSchemes: Readonly<Record<string, (caller: Caller) => Headers>>
  /** Keys that lack a permission; empty: the vendor has no permissions. */
  readonly weakKeys: readonly WeakKey[]
  readonly operations: Operations
  /** The endpoint in the answer to create, get or change. */
  endpointIn(operation: 'create' | 'get' | 'change', body: unknown): Fields
  endpointsIn(body: unknown): readonly Fields[]
  readonly listOrder: 'newestFirst' | 'any'
  /** The request for a page of `size` endpoints after the answers so far. It returns null after the last page. */
  nextPage(caller: Caller, size: number, before: readonly ApiAnswer[]): ApiRequest | null

  readonly idField: string
  readonly urlField: string
  readonly idPattern: RegExp
  /** An id of the right form that no endpoint has. */
  readonly idAbsent: string
  readonly idsMalformed: readonly string[]

  /** The fewest fields that create accepts: an endpoint for `eventType(index)` alone. */
  sample(url: string, index: number): Fields
  /** Every field that create accepts. */
  full(url: string, index: number): Fields
  /** Types from the vendor's catalogue, all different, for 0 to 4. */
  eventType(index: number): string
  /** The changes that disable and enable an endpoint; null: the vendor's customers cannot disable endpoints. */
  readonly onOff: { readonly off: Fields; readonly on: Fields } | null
  readonly fields: readonly Field[]
  readonly unknownFields: 'ignored' | 'refused'
  readonly secret: SecretRules | null
  /** The fields of the operator API's answer that follow from the vendor's answer. */
  inOperatorTerms(endpoint: Fields): Fields

  /** JSON Schema of every refusal. */
  readonly refusalSchema: object
  refusal(problem: ProblemName, asked: Asked, answer: ApiAnswer): Refusal
  /** Paths that exist, with a method that they do not accept. */
  readonly wrongMethods: readonly { readonly method: string; readonly path: string }[]
  /** Paths under the vendor's prefix that do not exist. */
  readonly unknownRoutes: readonly string[]
  /** Names of the headers that show the quota on every answer; null: none. */
  readonly quotaHeaders: { readonly limit: string; readonly remaining: string; readonly reset: string } | null
}

/** The facts from which a delivery is built. */
export interface SentEvent {
  readonly id: string
  readonly type: string
  /** JSON text, exactly as posted. */
  readonly data: string
  /** ISO 8601, UTC, with milliseconds. */
  readonly occurredAt: string
  readonly tenant: string
  readonly delivery: string
  readonly endpoint: { readonly id: string; readonly url: string }
}

/** An attempt as the receiver got it. */
export interface Arrival {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Buffer
}

export interface DeliveryProfile {
  /** The body, byte for byte. */
  body(event: SentEvent): string
  /** Every header except those of HTTP itself, by lower-case name. */
  headers(event: SentEvent): Readonly<Record<string, RegExp>>
  /** Headers that differ between attempts; all others are the same. */
  readonly freshHeaders: readonly string[]
  /**
   * The secrets that sign for an endpoint, from the request and the answer that created it; empty: the installation's
   * key signs.
   */
  secretsOf(created: Fields, sent: Fields): readonly string[]
  /** Throws if the signature is wrong. `publicKey` is PEM; null: the installation does not sign. */
  verify(
    arrival: Arrival,
    keys: { readonly secrets: readonly string[]; readonly publicKey: string | null },
  ): Promise<void>
}

export type Fate = 'succeeds' | 'isRetried' | 'ends' | 'endsAndDisables'

export interface WireProfile {
  readonly apiKeyPattern: RegExp
  readonly eventIdPattern: RegExp
  /** Null: endpoints have no secret. */
  readonly secretPattern: RegExp | null
  /** Waits between attempts as the vendor promises them, in milliseconds. */
  readonly waitsMs: readonly number[]
  /** Whether the vendor promises exact waits; if not, waits have jitter. */
  readonly exact: boolean
  /** The fate of a delivery after each outcome. */
  readonly fates: Readonly<Record<OutcomeName, Fate>>
}

/** Outcomes that vendors may treat differently. */
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
  /** The definition, as the check reads it; null: the profile is written by hand. */
  readonly subject: Subject | null
  readonly api: ApiProfile
  readonly delivery: DeliveryProfile
  readonly wire: WireProfile
}

/** The fates at vendors that retry every failure. */
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
