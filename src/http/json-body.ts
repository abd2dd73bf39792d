// Request bodies: JSON in UTF-8, of bounded size and depth. The text is kept for handlers that pass it on unchanged.

import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { limits } from '../domain/limits.ts'
import type { Problem } from '../domain/problem.ts'
import { acceptedBy, ProblemError } from './problem-error.ts'
import { nestsDeeperThan } from './raw-json.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The text of the body: JSON, or a URL-encoded form; empty without a body, and until it is parsed. */
    bodyText: string
    /** A longer body is refused. */
    bodyBytesMax: number
  }
}

export function acceptJsonBodies(app: FastifyInstance): void {
  app.addContentTypeParser(/^application\/(?:[\w.-]+\+)?json\b/i, (request, payload, done) => {
    readBody(request, payload, done, (body) => {
      // Some clients send a media type without a body, for example with DELETE. There is nothing to parse then.
      if (body.length === 0) return done(null, undefined)
      const fault = encodingFault(request, body)
      if (fault !== null) return done(fault, undefined)
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
    })
  })
}

/**
 * Reads a whole body, and passes it to `use`. The framework's own reader copies each body once more, and removes its
 * listeners one by one.
 */
function readBody(
  { bodyBytesMax, headers }: FastifyRequest,
  payload: IncomingMessage,
  refuse: (error: Error) => void,
  use: (body: Buffer) => void,
): void {
  const tooLarge = (): void => refuse(new ProblemError({ kind: 'bodyTooLarge', bytesMax: bodyBytesMax }))
  if (Number(headers['content-length']) > bodyBytesMax) return tooLarge()
  const chunks: Buffer[] = []
  let bytes = 0
  payload.on('data', (chunk: Buffer) => {
    const wasTooLarge = bytes > bodyBytesMax
    bytes += chunk.length
    if (bytes <= bodyBytesMax) chunks.push(chunk)
    else if (!wasTooLarge) tooLarge()
  })
  payload.on('end', () => {
    if (bytes <= bodyBytesMax) use(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))
  })
  payload.on('error', (error) => {
    if (bytes <= bodyBytesMax) refuse(error)
  })
}

/** The fault of a body that is no text in UTF-8; null: it is one. */
export function encodingFault(request: FastifyRequest, body: Buffer): ProblemError | null {
  if (!isInUtf8(request.headers['content-type'])) {
    return new ProblemError({ kind: 'mediaTypeUnsupported', accepted: acceptedBy(request) })
  }
  if (isUtf8(body)) return null
  const { 'content-encoding': coding = 'identity' } = request.headers
  if (coding !== 'identity') return malformed(`the body is compressed (${coding}): send it as it is`)
  return malformed('the body is not valid UTF-8')
}

/** Whether a media type names no other encoding than UTF-8, or than ASCII, which is a part of it. */
function isInUtf8(mediaType = ''): boolean {
  const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(mediaType)?.[1]
  return charset === undefined || /^(?:utf-?8|us-ascii)$/i.test(charset)
}

export function malformed(detail: string): ProblemError {
  return new ProblemError({ kind: 'bodyMalformed', detail } satisfies Problem)
}
