import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import type { Problem } from '../../domain/problem.ts'
import definedDialnexa from './dialnexa.ts'

const { answerProblem: dialnexaProblem } = definedDialnexa

const request = { method: 'PUT', url: '/v1/user-webhooks/x?y=z', id: 'req_1' } as FastifyRequest

const tooMany = { kind: 'tooManyRequests', limit: 150, retryAfterSeconds: 42 } as const
const tooManyText = 'Too many requests. Please slow down and retry after a moment.'

interface Row {
  readonly problem: Problem
  readonly status: number
  readonly message: string
  readonly error: string
}

/** Problems that no request causes on a healthy server. The conformance suite tests the others. */
const table: readonly Row[] = [
  {
    problem: { kind: 'unauthenticated', reason: 'expired' },
    status: 401,
    message: 'Unauthorized',
    error: 'Unauthorized',
  },
  {
    problem: { kind: 'methodNotAllowed', method: 'PUT', allowed: [] },
    status: 404,
    message: 'Cannot PUT /v1/user-webhooks/x?y=z',
    error: 'Not Found',
  },
  {
    problem: { kind: 'routeUnknown', method: '', path: '' },
    status: 404,
    message: 'Cannot PUT /v1/user-webhooks/x?y=z',
    error: 'Not Found',
  },
  {
    problem: { kind: 'conflict', code: 'too_many_endpoints', detail: 'a tenant has at most 1000 endpoints' },
    status: 409,
    message: 'A workspace can have no more than 1000 webhooks',
    error: 'Conflict',
  },
  {
    problem: { kind: 'conflict', code: 'endpoints_too_large', detail: 'the endpoints of a tenant have …' },
    status: 409,
    message: 'The webhooks of this workspace are too large in all',
    error: 'Conflict',
  },
  {
    problem: { kind: 'conflict', code: 'changed_meanwhile', detail: 'the endpoint was changed by another request' },
    status: 409,
    message: 'The webhook was changed meanwhile',
    error: 'Conflict',
  },
  {
    problem: { kind: 'bodyTooLarge', bytesMax: 5 },
    status: 413,
    message: 'request entity too large',
    error: 'Payload Too Large',
  },
  { problem: tooMany, status: 429, message: tooManyText, error: 'Too Many Requests' },
  {
    problem: { kind: 'internal' },
    status: 500,
    message: 'Internal server error',
    error: 'Internal Server Error',
  },
  {
    problem: { kind: 'unavailable', retryAfterSeconds: 1 },
    status: 503,
    message: 'Service Unavailable',
    error: 'Service Unavailable',
  },
]

for (const { problem, status, message, error } of table) {
  test(`${problem.kind} is ${status} ${message}`, () => {
    const answer = dialnexaProblem(problem, request)
    assert.equal(answer.status, status)
    assert.deepEqual(answer.body, { statusCode: status, message, error })
  })
}

test('429 and 503 have a Retry-After header', () => {
  assert.deepEqual(dialnexaProblem(tooMany, request).headers, { 'retry-after': '42' })
  assert.deepEqual(dialnexaProblem({ kind: 'unavailable', retryAfterSeconds: 1 }, request).headers, {
    'retry-after': '1',
  })
})

test('a fault without a text of the vendor keeps its own message', () => {
  const fields = [{ field: 'other', rule: 'unknown', message: 'is not known' }] as const
  const answer = dialnexaProblem({ kind: 'invalid', where: 'body', fields }, request)
  assert.deepEqual(answer.body, { statusCode: 400, message: 'other is not known', error: 'Bad Request' })
})
