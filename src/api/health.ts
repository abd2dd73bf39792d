// The routes for load balancers, supervisors and Prometheus. They need no key, because they show nothing about tenants
// or events.

import type { FastifyInstance } from 'fastify'
import { type Answer, sendAnswer } from '../http/answer.ts'
import { refuseOtherMethods } from '../http/refusals.ts'
import { answerProblem } from './problems.ts'

export interface HealthOptions {
  /** Whether this node can store events, as far as it knows. */
  readonly canWrite: () => boolean
  /** Rejects if the database does not answer. */
  readonly ping: () => Promise<void>
}

const options = { exposeHeadRoute: true }
const ready: Answer = { status: 200, body: { status: 'ok' } }
const notReady: Answer = {
  status: 503,
  headers: { 'retry-after': '1' },
  body: { status: 'unavailable', database: 'unavailable' },
}

export function serveHealth(app: FastifyInstance, { canWrite, ping }: HealthOptions): void {
  readOnly(app, '/healthz', '/readyz')
  app.get('/healthz', options, (_request, reply) => sendAnswer(reply, ready))
  app.get('/readyz', options, async (_request, reply) => {
    const answers = await ping().then(
      () => true,
      () => false,
    )
    sendAnswer(reply, answers && canWrite() ? ready : notReady)
  })
}

export interface ShownMetrics {
  readonly contentType: string
  text(): Promise<string>
}

export function serveMetrics(app: FastifyInstance, metrics: ShownMetrics): void {
  readOnly(app, '/metrics')
  app.get('/metrics', options, async (_request, reply) => {
    const headers = { 'content-type': metrics.contentType }
    sendAnswer(reply, { status: 200, headers, body: await metrics.text() })
  })
}

function readOnly(app: FastifyInstance, ...paths: readonly string[]): void {
  const routes = paths.flatMap((path) => ['GET', 'HEAD'].map((method) => ({ method, path })))
  refuseOtherMethods(app, { answerUnrouted: answerProblem }, routes)
}
