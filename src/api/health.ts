// The routes for load balancers, supervisors and Prometheus. They need no key, because they show nothing about tenants
// or events.

import type { FastifyInstance, FastifyReply } from 'fastify'
import { refuseOtherMethods } from '../http/refusals.ts'
import { answerProblem } from './problems.ts'

export interface HealthOptions {
  /** Whether this node can store events, as far as it knows. */
  readonly canWrite: () => boolean
  /** Rejects if the database does not answer. */
  readonly ping: () => Promise<void>
}

const options = { exposeHeadRoute: true }

export function serveHealth(app: FastifyInstance, { canWrite, ping }: HealthOptions): void {
  readOnly(app, '/healthz', '/readyz')
  app.get('/healthz', options, () => ({ status: 'ok' }))
  app.get('/readyz', options, async (_request, reply) => {
    try {
      await ping()
    } catch {
      return notReady(reply)
    }
    return canWrite() ? { status: 'ok' } : notReady(reply)
  })
}

/** @param metrics returns Prometheus text */
export function serveMetrics(app: FastifyInstance, metrics: () => Promise<string>): void {
  readOnly(app, '/metrics')
  app.get('/metrics', options, async (_request, reply) => {
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics())
  })
}

function readOnly(app: FastifyInstance, ...paths: readonly string[]): void {
  const routes = paths.flatMap((path) => ['GET', 'HEAD'].map((method) => ({ method, path })))
  refuseOtherMethods(app, { answerUnrouted: answerProblem }, routes)
}

function notReady(reply: FastifyReply): FastifyReply {
  return reply.code(503).header('retry-after', '1').send({ status: 'unavailable', database: 'unavailable' })
}
