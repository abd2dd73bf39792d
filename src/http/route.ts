// What a route declares: path, schemas, access, handler.

import type { FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { TenantId } from '../domain/ids.ts'
import type { MaybePromise } from '../domain/maybe-promise.ts'
import type { Principal } from '../domain/principal.ts'
import type { Result } from '../domain/problem.ts'
import type { Answer } from './answer.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set before the handler of every route that is not public. */
    principal: Principal | null
    /** The tenant that a customer's request is about; null on tenantless routes and the operator's. */
    tenant: TenantId | null
  }
  interface FastifyContextConfig {
    route?: AnyRoute
  }
}

type Parsed<Schema> = Schema extends TSchema ? Static<Schema> : undefined

export interface Call<Params, Query, Body> {
  readonly principal: Principal
  /** The tenant that a customer's request is about. Tenantless routes and the operator's must not use it. */
  readonly tenant: TenantId
  readonly params: Parsed<Params>
  readonly query: Parsed<Query>
  readonly body: Parsed<Body>
  readonly request: FastifyRequest
}

export interface Route<Params, Query, Body> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With `:name` for path parameters. */
  readonly path: string
  readonly operationId: string
  readonly summary: string
  readonly tag: string
  readonly access: 'read' | 'write'
  /** Customers of the operator API's own dialect may call this operator route too; absent: the operator alone. */
  readonly audience?: 'customers'
  /** What the key must be allowed to do; the front says how. */
  readonly needs?: string
  /** The request is about no tenant. */
  readonly tenantless?: true
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  /** Default: `limits.managementBodyBytesMax`. */
  readonly bodyBytesMax?: number
  /** Schemas of the answers, by status; they document, tests hold the answers to them. */
  readonly answers: Readonly<Partial<Record<number | 'default', TSchema>>>
  handle(call: Call<Params, Query, Body>): MaybePromise<Result<Answer>>
}

export type AnyRoute = Omit<Route<undefined, undefined, undefined>, 'params' | 'query' | 'body' | 'handle'> & {
  readonly params?: TSchema
  readonly query?: TSchema
  readonly body?: TSchema
  handle(call: Call<never, never, never>): MaybePromise<Result<Answer>>
}

/** Types a route by its schemas. */
export function route<
  const Params extends TSchema | undefined = undefined,
  const Query extends TSchema | undefined = undefined,
  const Body extends TSchema | undefined = undefined,
>(definition: Route<Params, Query, Body>): AnyRoute {
  return definition as unknown as AnyRoute
}
