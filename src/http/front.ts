// A front is one API as its callers see it: the API of a dialect, or the operator API.
//
//     route → admit (authenticate, quota) → validate → operation → the front's shape

import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifyRequest } from 'fastify'
import type { TSchema } from 'typebox'
import type { MaybePromise } from '../domain/maybe-promise.ts'
import type { RecordedExample } from '../contracts/recorded-example.ts'
import type { Principal } from '../domain/principal.ts'
import type { Problem, Result } from '../domain/problem.ts'
import type { Answer } from './answer.ts'
import type { BodyForm } from './form-body.ts'
import type { AnyRoute } from './route.ts'

/** The part of a request that the answer to a problem may quote. */
export type AskedRequest = Pick<FastifyRequest, 'id' | 'method' | 'url' | 'headers' | 'body'>

export interface Front {
  readonly name: string
  /** This front answers unknown paths below these prefixes. */
  readonly prefixes: readonly string[]
  readonly routes: readonly AnyRoute[]
  /** The body of a refusal, where a route declares no other one. */
  readonly refusalSchema: TSchema
  /** Schemas of answers that are components of the OpenAPI document, with their names. */
  readonly schemaNames?: ReadonlyMap<unknown, string>
  /**
   * The texts of successful answers in the OpenAPI document: by the id of the operation, and by id and status where there
   * are several. Absent: the words of the status.
   */
  readonly answerTexts?: Readonly<Record<string, string>>
  /** The examples in the OpenAPI document, by the ids of operations. Absent: it has those of the schemas alone. */
  readonly examples?: Readonly<Record<string, RecordedExample>> | undefined
  /** How callers may write bodies; default: as JSON. */
  readonly bodies?: readonly BodyForm[]
  readonly openapi: NonNullable<FastifyDynamicSwaggerOptions['openapi']>
  /**
   * The request headers that web pages of other origins may send: browsers ask for them before the request (CORS).
   * Absent: web pages may not call this API.
   */
  readonly webPageHeaders?: readonly string[]
  /** Authenticates the caller and counts the request against its quotas. May set `tenant` and `answerHeaders`. */
  admit(request: FastifyRequest, route: AnyRoute): MaybePromise<Result<Principal>>
  answerProblem(problem: Problem, request: AskedRequest): Answer
  /** Called for a request to one of the routes that is answered with a problem, before the answer. */
  refused(problem: Problem, request: FastifyRequest, route: AnyRoute): void
  /** Answers a request that is refused before it is admitted. The caller of such a request is not authenticated. */
  answerUnrouted(problem: Problem, request: AskedRequest): Answer
}
