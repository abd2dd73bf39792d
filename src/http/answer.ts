import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { FastifyReply } from 'fastify'
import { andThenOk, type MaybePromise } from '../domain/maybe-promise.ts'
import { type Result, success } from '../domain/problem.ts'

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /**
   * A string or a buffer is sent unchanged, a generator chunk by chunk, any other value as JSON. Absent: no body.
   */
  readonly body?: unknown
}

/** The answer of a handler: a refusal is a problem and no answer, so that every front renders it the same way. */
export interface SuccessAnswer extends Answer {
  readonly status: 200 | 201 | 202 | 204
}

/** Renders the value of a result as the response. A problem is passed on. */
export function answerWith<Value>(
  result: MaybePromise<Result<Value>>,
  render: (value: Value) => SuccessAnswer,
): MaybePromise<Result<SuccessAnswer>> {
  return andThenOk(result, (value) => success(render(value)))
}

/**
 * Headers of every answer. No cache may store one, because it may show a key, a secret or data of a customer. Written out,
 * because a spread would cost more than the headers.
 */
export function commonHeaders(requestId: string): Record<string, string> {
  return { 'x-request-id': requestId, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
}

/**
 * Writes the response. Fastify's own `send` collects the headers one by one and looks for hooks and serializers, which
 * takes longer than the lookup of an endpoint.
 */
export function sendAnswer(reply: FastifyReply, { status, headers, body }: Answer): void {
  const { raw, request } = reply
  const isReady = body === undefined || typeof body === 'string' || Buffer.isBuffer(body)
  const all = commonHeaders(request.id)
  if (request.answerHeaders !== null) Object.assign(all, request.answerHeaders)
  if (!isReady && isStream(body)) {
    raw.writeHead(status, Object.assign(all, headers))
    sendChunks(body, reply)
    return
  }
  const text = isReady ? body : JSON.stringify(body)
  if (text !== undefined) all['content-type'] = 'application/json; charset=utf-8'
  if (headers !== undefined) Object.assign(all, headers)
  if (status !== 204) all['content-length'] = text === undefined ? '0' : String(Buffer.byteLength(text))
  raw.writeHead(status, all)
  raw.end(text)
}

function isStream(body: unknown): body is AsyncIterable<string> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

/** Asks for a chunk when the caller has read the one before. A failure breaks the answer off, so that it is not complete. */
function sendChunks(chunks: AsyncIterable<string>, { raw, request, log }: FastifyReply): void {
  pipeline(Readable.from(chunks, { objectMode: false }), raw).catch((error: unknown) => {
    if (!raw.closed) log.error({ err: error, requestId: request.id }, 'an answer broke off')
    raw.destroy()
  })
}
