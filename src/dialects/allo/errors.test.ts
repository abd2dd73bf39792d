// The envelope of every problem, those included that no request brings about on a healthy server.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import type { Problem } from '../../domain/problem.ts'
import { idempotencyKeyReused } from '../../front/idempotency.ts'
import { checkShape } from '../../../test/conformance/dialects/answers.ts'
import { alloProblem } from './errors.ts'
import { refusalSchema } from '../../../test/profiles/allo/refusals.ts'

const request = { id: 'req_abc123def456' } as FastifyRequest
const docs = 'https://help.withallo.com/en/v2/api-reference/guides/error-handling'

type Expected = readonly [status: number, type: string, code: string, retryable: boolean]

const table: readonly (readonly [problem: Problem, expected: Expected])[] = [
  [{ kind: 'unauthenticated', reason: 'missing' }, [401, 'authentication_error', 'UNAUTHORIZED', false]],
  [{ kind: 'unauthenticated', reason: 'unknown' }, [401, 'authentication_error', 'API_KEY_INVALID', false]],
  [{ kind: 'unauthenticated', reason: 'revoked' }, [401, 'authentication_error', 'API_KEY_REVOKED', false]],
  [{ kind: 'unauthenticated', reason: 'expired' }, [401, 'authentication_error', 'API_KEY_INVALID', false]],
  [{ kind: 'forbidden', needs: 'WEBHOOKS_READ_WRITE' }, [403, 'permission_error', 'API_KEY_INSUFFICIENT_SCOPE', false]],
  [{ kind: 'notFound', what: 'endpoint', id: 'ep_1' }, [404, 'not_found_error', 'WEBHOOK_NOT_FOUND', false]],
  [{ kind: 'routeUnknown', method: 'GET', path: '/x' }, [404, 'not_found_error', 'ENDPOINT_NOT_FOUND', false]],
  [
    { kind: 'methodNotAllowed', method: 'PATCH', allowed: ['GET', 'PUT'] },
    [405, 'validation_error', 'METHOD_NOT_ALLOWED', false],
  ],
  [{ kind: 'mediaTypeUnsupported', mediaType: '' }, [415, 'validation_error', 'UNSUPPORTED_MEDIA_TYPE', false]],
  [{ kind: 'bodyMalformed', detail: 'no JSON' }, [400, 'validation_error', 'INVALID_REQUEST_BODY', false]],
  [{ kind: 'bodyTooLarge', bytesMax: 9 }, [413, 'validation_error', 'INVALID_REQUEST_BODY', false]],
  [idempotencyKeyReused, [409, 'conflict_error', 'IDEMPOTENCY_KEY_REUSE', false]],
  [
    { kind: 'conflict', code: 'changed_meanwhile', detail: 'x' },
    [409, 'conflict_error', 'OTHER_TRANSACTION_IN_PROGRESS', true],
  ],
  [
    { kind: 'conflict', code: 'too_many_endpoints', detail: 'x' },
    [400, 'validation_error', 'INVALID_REQUEST_BODY', false],
  ],
  [
    { kind: 'conflict', code: 'endpoints_too_large', detail: 'x' },
    [400, 'validation_error', 'INVALID_REQUEST_BODY', false],
  ],
  [
    { kind: 'tooManyRequests', limit: 20, retryAfterSeconds: 1 },
    [429, 'rate_limit_error', 'RATE_LIMIT_EXCEEDED', true],
  ],
  [{ kind: 'unavailable', retryAfterSeconds: 2 }, [503, 'server_error', 'INTERNAL_SERVER_ERROR', true]],
  [{ kind: 'internal' }, [500, 'server_error', 'INTERNAL_SERVER_ERROR', false]],
]

for (const [problem, [status, type, code, retryable]] of table) {
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

test('an internal error tells nothing of the inside', () => {
  const { message } = (alloProblem({ kind: 'internal' }, request).body as { error: { message: string } }).error
  assert.equal(message, 'Something went wrong on our side.')
})

test('several fields at fault are all named, in the vendor’s words', () => {
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
