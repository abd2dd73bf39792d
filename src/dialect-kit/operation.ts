// An operation of a vendor's API, before it becomes a route.

import type { TSchema } from 'typebox'
import type { AuditAction } from '../domain/audit.ts'
import type { Dialect } from '../contracts/dialect.ts'
import type { MaybePromise } from '../domain/maybe-promise.ts'
import type { Problem, Result } from '../domain/problem.ts'
import type { SuccessAnswer } from '../http/answer.ts'
import type { AnyRoute, Call } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import type { CompiledFields } from './compile-fields.ts'

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
  /** The name of the parameter of the path that is the id of an endpoint: the first one that is no field. */
  readonly idName: string
  /** The id of a path in its stored form. */
  readonly storedId: (text: string) => string
}

export type AnyCall = Call<never, never, never> & {
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
  readonly answers: AnyRoute['answers']
  readonly handle: (call: AnyCall) => MaybePromise<Result<SuccessAnswer>>
}

/** The work of an operation. `replace` changes all fields, `attempt` shows one attempt. */
export type OperationKind =
  | 'attempt'
  | 'attempts'
  | 'change'
  | 'create'
  | 'createMany'
  | 'eventTypes'
  | 'get'
  | 'list'
  | 'remove'
  | 'replace'
  | 'rotate'
  | 'test'
  | 'tryOut'

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
  /** It shows the URL and the headers of attempts, so that they are stored. */
  readonly showsExchange?: true
  readonly route: (kit: RouteKit) => RouteParts
}

/** The texts of an operation in the OpenAPI document, and the permission that it needs. */
export interface Described {
  readonly operationId?: string
  readonly summary?: string
  readonly needs?: string | null
}

export interface Wrapped {
  /** The member of the answer that holds the endpoint or the list; default: it is the answer. */
  readonly wrap?: string
}

export interface Answered extends Described, Wrapped {
  readonly status?: SuccessAnswer['status']
}
