import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import type { Problem } from '../../domain/problem.ts'
import { dialnexaProblem } from './errors.ts'

const request = { method: 'PUT', url: '/v1/user-webhooks/x?y=z', id: 'req_1' } as FastifyRequest

const tooMany = { kind: 'tooManyRequests', limit: 150, retryAfterSeconds: 42 } as const
const tooManyText = 'Too many requests. Please slow down and retry after a moment.'

/** What no request to a well server brings about; the others are met in the conformance suite. */
const cases: readonly (readonly [problem: Problem, status: number, message: string, error: string])[] = [
  [{ kind: 'unauthenticated', reason: 'expired' }, 401, 'Unauthorized', 'Unauthorized'],
  [{ kind: 'methodNotAllowed', method: 'PUT', allowed: [] }, 404, 'Cannot PUT /v1/user-webhooks/x?y=z', 'Not Found'],
  [{ kind: 'routeUnknown', method: '', path: '' }, 404, 'Cannot PUT /v1/user-webhooks/x?y=z', 'Not Found'],
  [
    { kind: 'conflict', code: 'too_many_endpoints', detail: 'a tenant has at most 1000 endpoints' },
    ...([409, 'A workspace can have no more than 1000 webhooks', 'Conflict'] as const),
  ],
  [
    { kind: 'conflict', code: 'endpoints_too_large', detail: 'the endpoints of a tenant have …' },
    ...([409, 'The webhooks of this workspace are too large in all', 'Conflict'] as const),
  ],
  [
    { kind: 'conflict', code: 'changed_meanwhile', detail: 'the endpoint was changed by another request' },
    ...([409, 'The webhook was changed meanwhile', 'Conflict'] as const),
  ],
  [{ kind: 'bodyTooLarge', bytesMax: 5 }, 413, 'request entity too large', 'Payload Too Large'],
  [tooMany, 429, tooManyText, 'Too Many Requests'],
  [{ kind: 'internal' }, 500, 'Internal server error', 'Internal Server Error'],
  [{ kind: 'unavailable', retryAfterSeconds: 1 }, 503, 'Service Unavailable', 'Service Unavailable'],
]

for (const [problem, status, message, error] of cases) {
  test(`${problem.kind} reads as ${status} ${message}`, () => {
    const answer = dialnexaProblem(problem, request)
    assert.equal(answer.status, status)
    assert.deepEqual(answer.body, { statusCode: status, message, error })
  })
}

test('who must wait is told for how long', () => {
  assert.deepEqual(dialnexaProblem(tooMany, request).headers, { 'retry-after': '42' })
  assert.deepEqual(dialnexaProblem({ kind: 'unavailable', retryAfterSeconds: 1 }, request).headers, {
    'retry-after': '1',
  })
})

test('a fault of a field that has no words of its own is told in the ones it came with', () => {
  const fields = [{ field: 'other', rule: 'unknown', message: 'is not known' }] as const
  const answer = dialnexaProblem({ kind: 'invalid', where: 'body', fields }, request)
  assert.deepEqual(answer.body, { statusCode: 400, message: 'other is not known', error: 'Bad Request' })
})
