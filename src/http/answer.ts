import type { FastifyReply } from 'fastify'
import { andThenOk, type MaybePromise } from '../domain/maybe-promise.ts'
import { type Result, success } from '../domain/problem.ts'

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** A string or a buffer is sent unchanged, any other value as JSON. Absent: no body. */
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
export function sendAnswer({ raw, request }: FastifyReply, { status, headers, body }: Answer): void {
  const isReady = body === undefined || typeof body === 'string' || Buffer.isBuffer(body)
  const text = isReady ? body : JSON.stringify(body)
  const all = commonHeaders(request.id)
  if (request.answerHeaders !== null) Object.assign(all, request.answerHeaders)
  if (text !== undefined) all['content-type'] = 'application/json; charset=utf-8'
  if (headers !== undefined) Object.assign(all, headers)
  if (status !== 204) all['content-length'] = text === undefined ? '0' : String(Buffer.byteLength(text))
  raw.writeHead(status, all)
  raw.end(text)
}
