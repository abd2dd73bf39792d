// The envelope of every problem, including problems that no request causes on a healthy server.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import type { Problem } from '../../domain/problem.ts'
import { idempotencyBodyDiffers, idempotencyKeyReused } from '../../front/idempotency.ts'
import { checkShape } from '../../../test/conformance/dialects/answers.ts'
import definedAllo from './allo.ts'
import { refusalSchema } from '../../../test/profiles/allo/refusals.ts'

const { answerProblem: alloProblem } = definedAllo

const request = { id: 'req_abc123def456' } as FastifyRequest
const docs = 'https://help.withallo.com/en/v2/api-reference/guides/error-handling'

interface Row {
  readonly problem: Problem
  readonly status: number
  readonly type: string
  readonly code: string
  readonly retryable?: true
}

const table: readonly Row[] = [
  {
    problem: { kind: 'unauthenticated', reason: 'missing' },
    status: 401,
    type: 'authentication_error',
    code: 'UNAUTHORIZED',
  },
  {
    problem: { kind: 'unauthenticated', reason: 'unknown' },
    status: 401,
    type: 'authentication_error',
    code: 'API_KEY_INVALID',
  },
  {
    problem: { kind: 'unauthenticated', reason: 'revoked' },
    status: 401,
    type: 'authentication_error',
    code: 'API_KEY_REVOKED',
  },
  {
    problem: { kind: 'unauthenticated', reason: 'expired' },
    status: 401,
    type: 'authentication_error',
    code: 'API_KEY_INVALID',
  },
  {
    problem: { kind: 'forbidden', needs: 'WEBHOOKS_READ_WRITE' },
    status: 403,
    type: 'permission_error',
    code: 'API_KEY_INSUFFICIENT_SCOPE',
  },
  {
    problem: { kind: 'notFound', what: 'endpoint', id: 'ep_1' },
    status: 404,
    type: 'not_found_error',
    code: 'WEBHOOK_NOT_FOUND',
  },
  {
    problem: { kind: 'routeUnknown', method: 'GET', path: '/x' },
    status: 404,
    type: 'not_found_error',
    code: 'ENDPOINT_NOT_FOUND',
  },
  {
    problem: { kind: 'methodNotAllowed', method: 'PATCH', allowed: ['GET', 'PUT'] },
    status: 405,
    type: 'validation_error',
    code: 'METHOD_NOT_ALLOWED',
  },
  {
    problem: { kind: 'mediaTypeUnsupported', accepted: [] },
    status: 415,
    type: 'validation_error',
    code: 'UNSUPPORTED_MEDIA_TYPE',
  },
  {
    problem: { kind: 'bodyMalformed', detail: 'no JSON' },
    status: 400,
    type: 'validation_error',
    code: 'INVALID_REQUEST_BODY',
  },
  {
    problem: { kind: 'bodyTooLarge', bytesMax: 9 },
    status: 413,
    type: 'validation_error',
    code: 'INVALID_REQUEST_BODY',
  },
  { problem: idempotencyKeyReused, status: 409, type: 'conflict_error', code: 'IDEMPOTENCY_KEY_REUSE' },
  { problem: idempotencyBodyDiffers, status: 422, type: 'validation_error', code: 'IDEMPOTENCY_KEY_REUSE' },
  {
    problem: { kind: 'conflict', code: 'changed_meanwhile', detail: 'x' },
    status: 409,
    type: 'conflict_error',
    code: 'OTHER_TRANSACTION_IN_PROGRESS',
    retryable: true,
  },
  {
    problem: { kind: 'conflict', code: 'too_many_endpoints', detail: 'x' },
    status: 400,
    type: 'validation_error',
    code: 'INVALID_REQUEST_BODY',
  },
  {
    problem: { kind: 'conflict', code: 'endpoints_too_large', detail: 'x' },
    status: 400,
    type: 'validation_error',
    code: 'INVALID_REQUEST_BODY',
  },
  {
    problem: { kind: 'tooManyRequests', limit: 20, retryAfterSeconds: 1 },
    status: 429,
    type: 'rate_limit_error',
    code: 'RATE_LIMIT_EXCEEDED',
    retryable: true,
  },
  {
    problem: { kind: 'unavailable', retryAfterSeconds: 2 },
    status: 503,
    type: 'server_error',
    code: 'INTERNAL_SERVER_ERROR',
    retryable: true,
  },
  {
    problem: { kind: 'internal' },
    status: 500,
    type: 'server_error',
    code: 'INTERNAL_SERVER_ERROR',
    retryable: true,
  },
]

for (const { problem, status, type, code, retryable = false } of table) {
  const name = 'reason' in problem ? problem.reason : 'code' in problem ? problem.code : ''
  test(`${problem.kind} ${name} is ${status} ${code}`, () => {
    const answer = alloProblem(problem, request)
    const text = JSON.stringify(answer.body)
    checkShape(refusalSchema, {
      status,
      headers: { 'content-type': 'application/json' },
      text,
      body: JSON.parse(text) as unknown,
    })
    assert.equal(answer.status, status)
    assert.partialDeepStrictEqual(answer.body, {
      error: { type, code, retryable, request_id: request.id, doc_url: `${docs}#${code}` },
    })
    const waits = 'retryAfterSeconds' in problem ? problem.retryAfterSeconds : null
    assert.equal(answer.headers?.['retry-after'], waits === null ? undefined : String(waits))
    assert.equal(text.includes('"retry_after_seconds"'), waits !== null)
  })
}

test('an internal error reveals no internal details', () => {
  const { message } = (alloProblem({ kind: 'internal' }, request).body as { error: { message: string } }).error
  assert.equal(message, 'Something went wrong on our side.')
})

test("the error names every field at fault, by the vendor's names", () => {
  const problem: Problem = {
    kind: 'invalid',
    where: 'body',
    fields: [
      { field: 'url', rule: 'format', message: 'must be a valid URL' },
      { field: 'eventTypes.1', rule: 'choice', message: 'x is not an event type' },
    ],
  }
  assert.partialDeepStrictEqual(alloProblem(problem, request).body, {
    error: {
      code: 'INVALID_EVENT_TYPE',
      param: 'topics',
      message: 'Invalid request. url: must be a valid URL; topics.1: x is not an event type.',
      errors: [
        { field: 'url', code: 'INVALID_VALUE', message: 'must be a valid URL' },
        { field: 'topics.1', code: 'INVALID_EVENT_TYPE', message: 'x is not an event type' },
      ],
    },
  })
})
