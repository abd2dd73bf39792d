import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { pino } from 'pino'
import { Type } from 'typebox'
import type { Front } from './front.ts'
import type { Answer } from './answer.ts'
import { route } from './route.ts'
import { success } from '../domain/problem.ts'
import { createHttpServer } from './server.ts'
import { settingsOperator } from '../domain/operator-key.ts'

const answerProblem: Front['answerProblem'] = ({ kind }): Answer => ({ status: 500, body: { kind } })

const failing: Front = {
  name: 'failing',
  prefixes: ['/failing'],
  routes: [
    route({
      method: 'GET',
      path: '/failing',
      operationId: 'fail',
      summary: 'Fail',
      tag: 'Tests',
      access: 'read',
      answers: {},
      handle() {
        throw new Error('it failed')
      },
    }),
  ],
  refusalSchema: Type.Object({ kind: Type.String() }),
  openapi: {},
  refused: () => {},
  admit: (from) => success({ kind: 'operator', key: settingsOperator, from }),
  answerProblem,
  answerUnrouted: answerProblem,
}

test('an internal error is logged with the request id of its response', async (context) => {
  const lines: string[] = []
  const logger = pino({ base: null }, { write: (line) => lines.push(line) })
  const app = await createHttpServer({
    logger,
    randomBytes,
    fronts: [{ front: failing, documents: [{ path: '/openapi', front: failing }] }],
    fallback: failing,
    marker: 'installation',
    origins: { isTrusted: () => false, publicUrls: new Map() },
  })
  context.after(() => app.close())

  const answer = await app.inject('/failing')

  assert.deepEqual([answer.statusCode, answer.json()], [500, { kind: 'internal' }])
  const logged = lines.map((line) => JSON.parse(line))
  assert.equal(logged.length, 1)
  assert.equal(logged[0].requestId, answer.headers['x-request-id'])
  assert.equal(logged[0].err.message, 'it failed')
})
