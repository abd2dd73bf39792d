// The routes for load balancers, supervisors and Prometheus. They need no key, because they show nothing about tenants
// or events.

import type { FastifyInstance } from 'fastify'

export interface HealthOptions {
  /** Rejects if the database does not answer. */
  readonly ping: () => Promise<void>
  /** Prometheus text. */
  readonly metrics: () => Promise<string>
}

export function serveHealth(app: FastifyInstance, { ping, metrics }: HealthOptions): void {
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    try {
      await ping()
      return { status: 'ok' }
    } catch {
      return reply.code(503).header('retry-after', '1').send({ status: 'unavailable', database: 'unavailable' })
    }
  })
  app.get('/metrics', async (_request, reply) => {
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics())
  })
}
