// The declaration of a route: path, schemas, access, handler.

import type { FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { AuditAction } from '../domain/audit.ts'
import type { TenantId } from '../domain/ids.ts'
import type { MaybePromise } from '../domain/maybe-promise.ts'
import type { OperatorRole } from '../domain/operator-key.ts'
import type { Principal } from '../domain/principal.ts'
import type { Result } from '../domain/problem.ts'
import type { SuccessAnswer } from './answer.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller; set before the handler of every route that is not public, and for callers with a valid key. */
    principal: Principal | null
    /** The tenant that a customer's request is about. Null in the operator API; may be null on tenantless routes. */
    tenant: TenantId | null
    /** Headers of every answer to this request; null: none but those of all answers. */
    answerHeaders: Readonly<Record<string, string>> | null
  }
  interface FastifyContextConfig {
    route?: AnyRoute
  }
}

type Parsed<Schema> = Schema extends TSchema ? Static<Schema> : undefined

export interface Call<Params, Query, Body> {
  readonly principal: Principal
  /** The tenant that a customer's request is about. Tenantless routes and the operator API must not use it. */
  readonly tenant: TenantId
  readonly params: Parsed<Params>
  readonly query: Parsed<Query>
  readonly body: Parsed<Body>
  readonly request: FastifyRequest
}

/** An answer with its media type, where that is not `application/json`. */
export interface DocumentedAnswer {
  readonly description: string
  readonly content: Readonly<Record<string, { readonly schema: TSchema }>>
}

export interface Route<Params, Query, Body> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path parameters are written as `:name`. */
  readonly path: string
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly tag: string
  /** `test`: a write that sends a test event. */
  readonly access: 'read' | 'write' | 'test'
  /**
   * In the operator API: the operator keys that may call the route, besides those of the role `admin`. Default: `read`
   * for routes that read.
   */
  readonly operators?: readonly OperatorRole[]
  /** Customers of the operator API's own dialect may call this operator route too. Absent: only the operator may. */
  readonly audience?: 'customers'
  /** The permission that the API key needs. The front decides which keys have it. */
  readonly needs?: string
  /** The action of the audit records of refused requests; absent: they are not recorded. */
  readonly audits?: AuditAction
  /** The route needs no credentials, and has no principal. It shows nothing that is secret. */
  readonly isPublic?: true
  /** The route does not need a tenant. */
  readonly tenantless?: true
  /** The callers that may use the route, as a sentence of the OpenAPI document. */
  readonly callers?: string
  /** The credentials in the OpenAPI document; default: those of the front. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  /** The media types of the body; default: `application/json`. */
  readonly consumes?: readonly string[]
  /** Fields of the body that may hold any JSON text, or whose text the handler checks (odd-text.ts). */
  readonly anyText?: readonly string[]
  /** Default: `limits.managementBodyBytesMax`. */
  readonly bodyBytesMax?: number
  /**
   * Schemas of the responses, by status. They are documentation; tests check the responses against them. Refusals that the
   * front has for any route are left out, unless they have another schema here.
   */
  readonly answers: Readonly<Partial<Record<number, TSchema | DocumentedAnswer>>>
  handle(call: Call<Params, Query, Body>): MaybePromise<Result<SuccessAnswer>>
}

export type AnyRoute = Omit<Route<undefined, undefined, undefined>, 'params' | 'query' | 'body' | 'handle'> & {
  readonly params?: TSchema
  readonly query?: TSchema
  readonly body?: TSchema
  handle(call: Call<never, never, never>): MaybePromise<Result<SuccessAnswer>>
}

/** Derives the types of a route from its schemas. */
export function route<
  const Params extends TSchema | undefined = undefined,
  const Query extends TSchema | undefined = undefined,
  const Body extends TSchema | undefined = undefined,
>(definition: Route<Params, Query, Body>): AnyRoute {
  return definition as unknown as AnyRoute
}
