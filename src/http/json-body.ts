// Request bodies: JSON in UTF-8, of bounded size and depth, kept as text too for whoever must pass it on unchanged.

import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { limits } from '../domain/limits.ts'
import type { Problem } from '../domain/problem.ts'
import { ProblemError } from './problem-error.ts'
import { nestsDeeperThan } from './raw-json.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as it came, once it has been parsed; else empty. */
    bodyText: string
  }
}

export function acceptJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>(
    /^application\/(?:[\w.-]+\+)?json\b/i,
    { parseAs: 'buffer' },
    (request, body, done) => {
      // Clients send a media type with no body, on DELETE for one: there is nothing to read then.
      if (body.length === 0) return done(null, undefined)
      if (!isUtf8(body)) return done(malformed('the body is not valid UTF-8'), undefined)
      const text = body.toString('utf8')
      if (nestsDeeperThan(text, limits.jsonDepthMax)) {
        return done(malformed(`the body nests deeper than ${limits.jsonDepthMax} levels`), undefined)
      }
      let value: unknown
      try {
        value = JSON.parse(text)
      } catch (error) {
        return done(malformed(error instanceof Error ? error.message : 'the body is not JSON'), undefined)
      }
      request.bodyText = text
      done(null, value)
    },
  )
}

function malformed(detail: string): ProblemError {
  return new ProblemError({ kind: 'bodyMalformed', detail } satisfies Problem)
}
