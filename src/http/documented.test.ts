// The OpenAPI document of a front lists the refusals that the front sends, with their statuses and media types.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { answerProblem } from '../api/problems.ts'
import { success } from '../domain/problem.ts'
import { schemaOf } from './documented.ts'
import type { Front } from './front.ts'
import { route } from './route.ts'
import { settingsOperator } from '../domain/operator-key.ts'

const refusalSchema = Type.Object({ code: Type.String() })
const front: Front = {
  name: 'any',
  prefixes: ['/any'],
  routes: [],
  refusalSchema,
  openapi: {},
  refused: () => {},
  admit: (from) => success({ kind: 'operator', key: settingsOperator, from }),
  answerProblem,
  answerUnrouted: answerProblem,
}
const shared = { operationId: 'any', summary: 'Any', tag: 'Tests' } as const
const handle = () => success({ status: 204 } as const)

test('a route is described by its callers and its own words', () => {
  const words = { callers: 'Keys that write.', description: 'It changes nothing.' }
  const read = route({
    ...shared,
    ...words,
    method: 'GET',
    path: '/any',
    access: 'read',
    answers: { 204: Type.Null() },
    handle,
  })
  assert.equal(schemaOf(front, read).description, 'Keys that write. It changes nothing.')
})

test('a write has the refusals of bodies, conflicts and loops, in the media type of the front', () => {
  const change = route({
    ...shared,
    method: 'POST',
    path: '/any/:id',
    access: 'write',
    params: Type.Object({ id: Type.String() }),
    body: Type.Object({}),
    answers: { 204: Type.Null() },
    handle,
  })
  const { response } = schemaOf(front, change) as { response: Record<string, { content?: unknown }> }
  const statuses = [204, 400, 401, 403, 404, 405, 408, 409, 413, 415, 417, 429, 431, 500, 503, 508]
  assert.deepEqual(Object.keys(response).map(Number), statuses)
  for (const status of statuses.slice(1)) {
    assert.deepEqual(response[status]?.content, { 'application/problem+json': { schema: refusalSchema } })
  }
})

test('a status that a front has for fields that are missing is listed', () => {
  const create = route({
    ...shared,
    method: 'POST',
    path: '/any',
    access: 'write',
    body: Type.Object({}),
    answers: { 204: Type.Null() },
    handle,
  })
  const strict: Front = {
    ...front,
    answerProblem: (problem, request) =>
      problem.kind === 'invalid' && problem.fields.some(({ rule }) => rule === 'required')
        ? { status: 422 }
        : answerProblem(problem, request),
  }
  const { response } = schemaOf(strict, create) as { response: object }
  assert.ok('422' in response && '400' in response)
})

test('a read has no refusals of bodies, and an answer of the route replaces one of the front', () => {
  const own = { description: 'Own', content: { 'text/plain': { schema: Type.String() } } }
  const read = route({
    ...shared,
    method: 'GET',
    path: '/any',
    access: 'read',
    answers: { 200: own, 503: own },
    handle,
  })
  const { response } = schemaOf(front, read) as { response: Record<string, unknown> }
  assert.deepEqual(Object.keys(response).map(Number), [200, 400, 401, 403, 405, 408, 417, 429, 431, 500, 503])
  assert.deepEqual(response[503], own)
})
