// A front is one API as its callers see it: a dialect's, or the operator's.
//
//     route → admit (authenticate, quota) → validate → operation → the front's shape

import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { MaybePromise } from '../domain/maybe-promise.ts'
import type { Principal } from '../domain/principal.ts'
import type { Problem, Result } from '../domain/problem.ts'
import type { Answer } from './answer.ts'
import type { AnyRoute } from './route.ts'

export interface Front {
  readonly name: string
  /** Unknown paths below these are answered by this front. */
  readonly prefixes: readonly string[]
  readonly routes: readonly AnyRoute[]
  readonly openapi: NonNullable<FastifyDynamicSwaggerOptions['openapi']>
  /** Authenticates the caller and counts the request; may set headers that every answer carries. */
  admit(request: FastifyRequest, reply: FastifyReply, route: AnyRoute): MaybePromise<Result<Principal>>
  answerProblem(problem: Problem, request: FastifyRequest): Answer
  /** Answers a request that no route takes: there is nobody to admit then. */
  answerUnrouted(problem: Problem, request: FastifyRequest): Answer
}
