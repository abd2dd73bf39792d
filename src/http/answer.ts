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

export function sendAnswer(reply: FastifyReply, answer: Answer): FastifyReply {
  reply.code(answer.status)
  if (answer.body !== undefined) reply.type('application/json; charset=utf-8')
  if (answer.headers !== undefined) reply.headers(answer.headers)
  if (answer.body === undefined) return reply.send()
  return reply.send(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body))
}
