import type { FastifyReply } from 'fastify'
import { andThenOk, type MaybePromise } from '../domain/maybe-promise.ts'
import { type Result, success } from '../domain/problem.ts'

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** A string is sent unchanged, any other value as JSON. Absent: no body. */
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
 * Writes the response. Fastify's own `send` collects the headers one by one and looks for hooks and serializers, which
 * takes longer than the lookup of an endpoint.
 */
export function sendAnswer({ raw, request }: FastifyReply, { status, headers, body }: Answer): void {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const all: Record<string, string> = { 'x-request-id': request.id, ...request.answerHeaders }
  if (text !== undefined) all['content-type'] = 'application/json; charset=utf-8'
  if (headers !== undefined) Object.assign(all, headers)
  if (status !== 204) all['content-length'] = text === undefined ? '0' : String(Buffer.byteLength(text))
  raw.writeHead(status, all)
  raw.end(text)
}
