// How problems read that no request can bring about at will.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Problem } from '../../domain/problem.ts'
import { endpointDuplicate } from '../../operations/endpoint-problems.ts'
import { partooProblem } from './errors.ts'

const cases: readonly [Problem, number, unknown, string?][] = [
  [{ kind: 'internal' }, 500, 'Internal server error'],
  [{ kind: 'unavailable', retryAfterSeconds: 3 }, 503, 'Service unavailable', '3'],
  [{ kind: 'tooManyRequests', limit: 300, retryAfterSeconds: 60 }, 429, 'Too many requests', '60'],
  [{ kind: 'bodyTooLarge', bytesMax: 1_048_576 }, 413, 'Request body is larger than 1048576 bytes'],
  [{ kind: 'conflict', code: 'changed_meanwhile', detail: 'it was changed' }, 409, 'it was changed'],
  [{ kind: 'conflict', code: endpointDuplicate, detail: 'x' }, 400, { event_type: 'already exists' }],
  [{ kind: 'notFound', what: 'tenant', id: '1' }, 404, 'Resource not found'],
  [
    {
      kind: 'invalid',
      where: 'body',
      fields: [
        { field: 'items.0.headers', rule: 'length', message: 'must be fewer' },
        { field: 'items.0.headers.X-A', rule: 'format', message: 'is bad' },
        { field: 'items.1.eventTypes.0', rule: 'choice', message: '', value: 'x' },
        { field: 'items.1.headers.X-A.B', rule: 'format', message: 'is bad' },
        { field: 'items.1.headers.constructor', rule: 'format', message: 'is bad' },
        { field: 'url', rule: 'format', message: 'must be a valid URL' },
      ],
    },
    400,
    {
      items: {
        0: { custom_headers: 'must be fewer' },
        1: {
          event_type: {
            explanation: 'x is an incorrect value',
            choices: [
              'business_created',
              'business_updated',
              'business_deleted',
              'message_updated',
              'message_created',
              'lead_received',
            ],
          },
          custom_headers: { 'X-A.B': 'is bad', constructor: 'is bad' },
        },
      },
      url: 'must be a valid url',
    },
  ],
]

for (const [problem, status, json, retryAfter] of cases) {
  test(`${problem.kind} reads as ${status}: ${JSON.stringify(json).slice(0, 60)}`, () => {
    const answer = partooProblem(problem)
    assert.equal(answer.status, status)
    assert.deepEqual(JSON.parse(JSON.stringify(answer.body)), { errors: { json } })
    assert.equal(answer.headers?.['retry-after'], retryAfter)
  })
}
