// Problems that no request can cause at will, in the form of Partoo's API.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Problem } from '../../domain/problem.ts'
import type { AskedRequest } from '../../http/front.ts'
import { endpointDuplicate } from '../../operations/endpoint-problems.ts'
import definedPartoo from './partoo.ts'

const { answerProblem: partooProblem } = definedPartoo

interface Row {
  readonly problem: Problem
  readonly status: number
  readonly json: unknown
  readonly retryAfter?: string
}

const table: readonly Row[] = [
  { problem: { kind: 'internal' }, status: 500, json: 'Internal server error' },
  {
    problem: { kind: 'unavailable', retryAfterSeconds: 3 },
    status: 503,
    json: 'Service unavailable',
    retryAfter: '3',
  },
  {
    problem: { kind: 'tooManyRequests', limit: 300, retryAfterSeconds: 60 },
    status: 429,
    json: 'Too many requests',
    retryAfter: '60',
  },
  {
    problem: { kind: 'bodyTooLarge', bytesMax: 1_048_576 },
    status: 413,
    json: 'Request body is larger than 1048576 bytes',
  },
  {
    problem: { kind: 'conflict', code: 'changed_meanwhile', detail: 'it was changed' },
    status: 409,
    json: 'it was changed',
  },
  {
    problem: { kind: 'conflict', code: endpointDuplicate, detail: 'x' },
    status: 400,
    json: { event_type: 'already exists' },
  },
  { problem: { kind: 'notFound', what: 'tenant', id: '1' }, status: 404, json: 'Resource not found' },
  {
    problem: {
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
    status: 400,
    json: {
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
  },
]

for (const { problem, status, json, retryAfter } of table) {
  test(`${problem.kind} is ${status}: ${JSON.stringify(json).slice(0, 60)}`, () => {
    const answer = partooProblem(problem, {} as AskedRequest)
    assert.equal(answer.status, status)
    assert.deepEqual(JSON.parse(JSON.stringify(answer.body)), { errors: { json } })
    assert.equal(answer.headers?.['retry-after'], retryAfter)
  })
}
