// Problems by their names in `errors`, such as `notFound:endpoint`, with the facts that the answers to them may quote.

import type { Problem } from '../domain/problem.ts'

/** The facts of a refused request. */
export interface ProblemFacts {
  readonly method: string
  readonly path: string
  readonly id: string
  /** The reason of a refused body or of a conflict, in words. */
  readonly detail: string
  /** The methods and the media types that are accepted. */
  readonly accepted: readonly string[]
  readonly bytesMax: number
  readonly limit: number
  readonly retryAfterSeconds: number
}

/** The problem of a name; null: there is no such problem. */
export function problemOf(name: string, facts: ProblemFacts): Problem | null {
  const [kind = '', word = ''] = name.split(/:(.*)/)
  const { method, path, id, detail, accepted, bytesMax, limit, retryAfterSeconds } = facts
  switch (kind) {
    case 'unauthenticated':
      return { kind, reason: (word || 'unknown') as 'unknown' }
    case 'forbidden':
      return { kind, needs: word }
    case 'notFound':
      return { kind, what: (word || 'endpoint') as 'endpoint', id }
    case 'conflict':
      return { kind, code: word, detail }
    case 'tooManyRequests':
      return { kind, limit, retryAfterSeconds }
    case 'unavailable':
      return { kind, retryAfterSeconds }
    case 'routeUnknown':
      return { kind, method, path }
    case 'methodNotAllowed':
      return { kind, method, allowed: accepted }
    case 'mediaTypeUnsupported':
      return { kind, accepted }
    case 'bodyMalformed':
      return { kind, detail }
    case 'bodyTooLarge':
      return { kind, bytesMax }
    case 'loopDetected':
    case 'internal':
      return { kind }
    default:
      return null
  }
}
