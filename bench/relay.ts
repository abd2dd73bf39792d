// The baseline of P1 and P2: Posthorn without durability. It has the same framework, route, checks, signature and
// client, but an event is only in memory, and a failed delivery is lost.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { fastify } from 'fastify'
import { Pool } from 'undici'
import { serveOrders } from './child.ts'
import type { Endpoints } from './tenants.ts'

export interface RelayOrder {
  readonly operatorKey: string
  readonly receiverPort: number
  readonly endpoints: Endpoints
}

export interface RelayReport {
  readonly port: number
}

interface EventPost {
  readonly tenant: string
  readonly type: string
  readonly data: unknown
}

interface Target {
  readonly path: string
  readonly key: Buffer
}

// 16 to 256 connections gave the same rate within the noise of two cores; fewer connections gave a lower rate.
const connections = 64
// The length of the queue. When it is full, clients wait for their 202, so that the queue does not grow without bound.
// With 503 and a queue of 10,000 the relay delivered a sixth less, and a slow baseline would flatter us. Queues of 64
// and 256 gave less too.
const queuedMax = 1_024

const eventSchema = {
  type: 'object',
  required: ['tenant', 'type', 'data'],
  additionalProperties: false,
  properties: {
    tenant: { type: 'string', minLength: 1, maxLength: 64 },
    type: { type: 'string', minLength: 1, maxLength: 128 },
    data: { type: 'object', additionalProperties: true },
  },
}

const acceptedSchema = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    tenant: { type: 'string' },
    type: { type: 'string' },
    deliveries: { type: 'integer' },
  },
}

/** Accepts events as Posthorn does and forwards each event at once to the path of its tenant. */
async function startRelay(order: RelayOrder): Promise<RelayReport> {
  const pool = new Pool(`http://127.0.0.1:${order.receiverPort}`, { connections })
  const targets = new Map<string, Target>(
    Object.entries(order.endpoints).map(([tenant, { path, secret }]) => [
      tenant,
      { path, key: Buffer.from(secret.replace('whsec_', ''), 'base64') },
    ]),
  )
  const authorization = Buffer.from(`Bearer ${order.operatorKey}`)
  let queued = 0
  const waiting: (() => void)[] = []

  const app = fastify({ bodyLimit: 1_048_576 })
  app.addHook('onRequest', (request, reply, done) => {
    const given = Buffer.from(request.headers.authorization ?? '')
    if (given.length === authorization.length && timingSafeEqual(given, authorization)) done()
    else void reply.code(401).send()
  })
  app.post<{ Body: EventPost }>(
    '/v1/events',
    { schema: { body: eventSchema, response: { 202: acceptedSchema } } },
    async (request, reply) => {
      const { tenant, type, data } = request.body
      const target = targets.get(tenant)
      if (target === undefined) return reply.code(404).send()
      if (queued >= queuedMax) await new Promise<void>((room) => waiting.push(room))
      const id = `msg_${randomBytes(15).toString('base64url')}`
      queued += 1
      void forward(pool, target, id, type, data).finally(() => {
        queued -= 1
        waiting.shift()?.()
      })
      return reply.code(202).send({ id, tenant, type, deliveries: 1 })
    },
  )
  await app.listen({ port: 0, host: '127.0.0.1' })
  const address = app.server.address()
  if (address === null || typeof address === 'string') throw new Error('the relay got no TCP port')
  return { port: address.port }
}

/** Sends one signed POST. After a failure the event never arrives, which the bench reports. */
async function forward(pool: Pool, target: Target, id: string, topic: string, data: unknown): Promise<void> {
  const body = JSON.stringify({ topic, version: '2.0', timestamp: new Date().toISOString(), data })
  const timestamp = String(Math.floor(Date.now() / 1_000))
  const signature = createHmac('sha256', target.key).update(`${id}.${timestamp}.${body}`).digest('base64')
  try {
    const answer = await pool.request({
      method: 'POST',
      path: target.path,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'relay',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      },
      body,
    })
    await answer.body.dump()
  } catch (error) {
    console.error(`relay: ${String(error)}`)
  }
}

if (import.meta.main) serveOrders((order) => startRelay(order as RelayOrder))
