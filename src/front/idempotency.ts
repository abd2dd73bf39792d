// Idempotency-Key: a repeated change gets the response of the first one and changes nothing. Another request with the same
// key is refused.

import { hash } from 'node:crypto'
import { limits } from '../domain/limits.ts'
import { failure, type Problem, type Result, success } from '../domain/problem.ts'
import type { Context } from '../operations/context.ts'
import type { Principal } from '../domain/principal.ts'
import { findAnswer, idempotencyKeyTaken, type IdempotentAnswer } from '../operations/idempotent-answer.ts'
import type { SuccessAnswer } from '../http/answer.ts'
import type { FastifyRequest } from 'fastify'

const replayedHeader = 'idempotency-replayed'

/** Whether an answer is the stored one of an earlier request. */
export function isReplayed({ headers }: SuccessAnswer): boolean {
  return headers !== undefined && replayedHeader in headers
}

/** The idempotency key was used before, for another method or path. */
export const idempotencyKeyReused = {
  kind: 'conflict',
  code: 'idempotency_key_reused',
  detail: 'this idempotency key was used for another request',
} as const satisfies Problem

/** The idempotency key was used before, with another body. */
export const idempotencyBodyDiffers = {
  kind: 'conflict',
  code: 'idempotency_body_differs',
  detail: 'this idempotency key was used for the same request with another body',
} as const satisfies Problem

/**
 * Runs a change under the caller's Idempotency-Key, if the caller sent one.
 *
 * @param change gets the response to store in the change's own transaction; null: there is no key, nothing is stored
 * @param render makes the response to a change that succeeded
 */
export async function idempotently<Value>(
  context: Context,
  principal: Principal,
  request: FastifyRequest,
  change: (answer: IdempotentAnswer<Value> | null) => Promise<Result<Value>>,
  render: (value: Value) => SuccessAnswer,
): Promise<Result<SuccessAnswer>> {
  const key = request.headers['idempotency-key']
  if (key === undefined || principal.kind !== 'customer') {
    const result = await change(null)
    return result.ok ? success(render(result.value)) : result
  }
  if (typeof key !== 'string' || key === '' || key.length > limits.idempotencyKeyCharsMax) {
    const message = `must have 1 to ${limits.idempotencyKeyCharsMax} characters`
    return failure({
      kind: 'invalid',
      where: 'query',
      fields: [{ field: 'Idempotency-Key', rule: 'length', message }],
    })
  }
  const route = routeOf(request)
  const digest = hash('sha256', `${route}\n${request.bodyText}`, 'hex')
  const asked = { apiKey: principal.key.id, idempotencyKey: key, route, digest }
  const earlier = await replay(context, asked)
  if (earlier !== null) return earlier
  const result = await change({
    ...asked,
    render: (value) => {
      const { status, body } = render(value)
      return { status, body: body === undefined ? '' : JSON.stringify(body) }
    },
  })
  if (result.ok) {
    const answer = render(result.value)
    return success({ ...answer, headers: { ...answer.headers, 'idempotency-key': key } })
  }
  const { problem } = result
  const taken = problem.kind === 'conflict' && problem.code === idempotencyKeyTaken
  return (taken ? await replay(context, asked) : null) ?? result
}

/** The method and the path. A query is hashed, because it may contain the caller's key. */
function routeOf({ method, url }: FastifyRequest): string {
  const [path = '', query] = url.split('?')
  return `${method} ${path}${query === undefined ? '' : `?${hash('sha256', query, 'hex')}`}`
}

async function replay(
  context: Context,
  { apiKey, idempotencyKey, route, digest }: Omit<IdempotentAnswer<unknown>, 'render'>,
): Promise<Result<SuccessAnswer> | null> {
  const earlier = await findAnswer(context, apiKey, idempotencyKey)
  if (earlier === null) return null
  if (earlier.route !== route) return failure(idempotencyKeyReused)
  if (earlier.digest !== null && earlier.digest !== digest) return failure(idempotencyBodyDiffers)
  const headers = { 'idempotency-key': idempotencyKey, [replayedHeader]: 'true' }
  return success({
    status: earlier.status as SuccessAnswer['status'],
    headers,
    ...(earlier.body !== '' && { body: earlier.body }),
  })
}
