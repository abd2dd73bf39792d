// An operation of a vendor's API, before it becomes a route.

import type { TSchema } from 'typebox'
import type { AuditAction } from '../../domain/audit.ts'
import type { Dialect } from '../../contracts/dialect.ts'
import type { EndpointId } from '../../domain/ids.ts'
import type { MaybePromise } from '../../domain/maybe-promise.ts'
import type { Problem, Result } from '../../domain/problem.ts'
import type { SuccessAnswer } from '../../http/answer.ts'
import type { AnyRoute, Call } from '../../http/route.ts'
import type { Context } from '../../operations/context.ts'
import type { CompiledFields } from '../fields/compile-fields.ts'
import type { PageNames } from '../pages/pages.ts'

/** The parts of a dialect from which its routes are made. */
export interface RouteKit {
  readonly context: Context
  readonly dialect: Dialect
  readonly fields: CompiledFields
  readonly refusalSchema: TSchema
  /** The status of the answer to a problem. */
  readonly statusOf: (problem: Problem) => number
  /** The vendor has Idempotency-Key. */
  readonly idempotent: boolean
  /** The part of a request that has the id of the endpoint, and the name that the id has there. */
  readonly idIn: 'params' | 'query' | 'body'
  readonly idName: string
  /** The names of all parameters of the path. */
  readonly pathNames: readonly string[]
  /** The id of a path in its stored form. */
  readonly storedId: (text: string) => string
}

export type AnyCall = Call<never, never, never> & {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
  /** The endpoint that the request is about, if its key or its parents name it. */
  readonly endpointId?: EndpointId
}

/** The parameters and the body of a request, which their schemas have checked. */
export interface AskedFacts {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
}

export interface RouteParts {
  readonly query?: TSchema
  readonly body?: TSchema
  readonly anyText?: readonly string[]
  /** The action of the audit records of refused requests; absent: they are not recorded. */
  readonly audits?: AuditAction | undefined
  /** The media types of the body; default: those of the dialect. */
  readonly consumes?: readonly string[]
  readonly answers: AnyRoute['answers']
  readonly handle: (call: AnyCall) => MaybePromise<Result<SuccessAnswer>>
}

/** The work of an operation. `replace` changes all fields, `attempt` shows one attempt. */
export type OperationKind =
  | 'attempt'
  | 'attempts'
  | 'change'
  | 'changeMember'
  | 'count'
  | 'create'
  | 'createMany'
  | 'deliveries'
  | 'delivery'
  | 'event'
  | 'eventTypes'
  | 'events'
  | 'get'
  | 'getMember'
  | 'list'
  | 'patch'
  | 'ping'
  | 'put'
  | 'redeliver'
  | 'publicKeys'
  | 'remove'
  | 'replace'
  | 'resend'
  | 'retry'
  | 'rotate'
  | 'rotateTenantSecret'
  | 'secret'
  | 'subscribe'
  | 'subscriptions'
  | 'switch'
  | 'tenantSecret'
  | 'test'
  | 'tryOut'
  | 'unsubscribe'

/** One operation. `describe` of the route table may replace its texts in the OpenAPI document. */
export interface Operation {
  readonly kind: OperationKind
  readonly access: AnyRoute['access']
  /** Its name in the OpenAPI document. */
  readonly operationId: string
  readonly summary: string
  /** The permission that it needs; default: that of its access. Null: none. */
  readonly needs?: string | null
  readonly tenantless?: true
  readonly id?: Described['id']
  /** The parameters of its path name no endpoint. */
  readonly endpointless?: true
  readonly query?: Described['query']
  readonly check?: Described['check']
  readonly mediaType?: string
  /** It needs no credentials. */
  readonly isPublic?: true
  /** It shows the URL and the headers of attempts, so that they are stored. */
  readonly showsExchange?: true
  /** Whether a switch switches an endpoint on. */
  readonly turnsTo?: boolean
  /** It sends the test event to a new endpoint. */
  readonly pings?: true
  /** The parameters by which it comes in pages. */
  readonly pages?: PageNames
  readonly route: (kit: RouteKit) => RouteParts
}

/** The facts that every operation may have: its texts in the OpenAPI document, its permission, further parameters. */
export interface Described {
  readonly operationId?: string
  readonly summary?: string
  readonly needs?: string | null
  /** The place of the endpoint's id; default: the first parameter of the path. */
  readonly id?: { readonly in: 'path' | 'query' | 'body'; readonly name: string }
  /** Further parameters of the query: a schema by name. */
  readonly query?: Readonly<Record<string, TSchema>>
  /** Refuses a request by a rule that only the product knows; null: it does not. */
  readonly check?: (asked: AskedFacts) => Problem | null
  /** The media type of the answer; default: that of the API. */
  readonly mediaType?: string
}

/** The name of a member that holds the value, or a function that puts the value into an answer. */
export type Wrap<Value = never> = string | ((value: Value) => unknown)

export interface Wrapped<Value = Readonly<Record<string, unknown>>> {
  /** Where the endpoint or the list is in the answer: a member, or any shape; default: it is the answer. */
  readonly wrap?: Wrap<Value>
}

export interface Answered extends Described, Wrapped {
  readonly status?: SuccessAnswer['status']
}
