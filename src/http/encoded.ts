// Bodies in memory that all answers share, in each content coding. Otherwise each answer that a caller does not read
// would hold its own copy.

import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { FastifyRequest } from 'fastify'
import type { Answer } from './answer.ts'

export interface EncodedBody {
  readonly contentType: string
  readonly identity: Buffer
  readonly gzip: Buffer
  readonly br: Buffer
}

/** Compresses a text in some 10 ms per 100 kB. */
export function encodedBody(contentType: string, text: string): EncodedBody {
  const identity = Buffer.from(text)
  const br = brotliCompressSync(identity, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })
  return { contentType, identity, gzip: gzipSync(identity), br }
}

/** The answer in the best coding that the request accepts. */
export function encodedAnswer(
  { headers: { 'accept-encoding': accepted = '' } }: FastifyRequest,
  body: EncodedBody,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const coding = (['br', 'gzip'] as const).find((name) =>
    new RegExp(`\\b${name}\\b(?!\\s*;\\s*q=0(?:\\.0*)?\\b)`).test(accepted),
  )
  return {
    status: 200,
    headers: {
      'content-type': body.contentType,
      vary: 'accept-encoding',
      ...(coding && { 'content-encoding': coding }),
      ...headers,
    },
    body: body[coding ?? 'identity'],
  }
}
