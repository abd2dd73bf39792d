import type { FastifyRequest } from 'fastify'
import { limits } from '../domain/limits.ts'
import type { Problem } from '../domain/problem.ts'
import { Unavailable } from '../domain/unavailable.ts'

/** Carries a problem through code that can only throw: hooks and parsers of the HTTP framework. */
export class ProblemError extends Error {
  override name = 'ProblemError'
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.kind)
    this.problem = problem
  }
}

/** The media types of bodies that the route of a request takes. */
export function acceptedBy({ routeOptions }: FastifyRequest): readonly string[] {
  return routeOptions.config.route?.consumes ?? ['application/json']
}

/** The problem that the caller gets for an exception. Null: the fault is Posthorn's, and the caller gets no details. */
export function problemOfError(error: unknown, request: FastifyRequest): Problem | null {
  if (error instanceof ProblemError) return error.problem
  if (error instanceof Unavailable) {
    return {
      kind: 'unavailable',
      retryAfterSeconds: limits.unavailableRetrySeconds,
      ...(error.outcomeUnknown && { outcomeUnknown: true }),
    }
  }
  const code = error instanceof Error && 'code' in error ? error.code : null
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return { kind: 'mediaTypeUnsupported', accepted: acceptedBy(request) }
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return { kind: 'bodyTooLarge', bytesMax: request.routeOptions.bodyLimit }
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return { kind: 'bodyMalformed', detail: 'the body is not as long as Content-Length says' }
    // The caller's connection was reset. A reset of one of Posthorn's own connections is already another error here
    // (Unavailable).
    case 'ECONNRESET':
      return { kind: 'bodyMalformed', detail: 'the body broke off' }
    case 'FST_ERR_BAD_URL':
      return { kind: 'routeUnknown', method: '', path: '' }
    default:
      return null
  }
}
