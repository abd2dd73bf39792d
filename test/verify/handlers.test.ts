// The handlers of packages/verify in the real frameworks, with deliveries of a real service.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { serve } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import {
  expressHandler,
  fastifyPlugin,
  fetchHandler,
  type Handle,
  type HandlerOptions,
  honoHandler,
  type StandardEvent,
} from '../../packages/verify/src/index.ts'
import { eventType, shareApiRig } from '../support/api-rig.ts'

const rig = await shareApiRig()
after(() => rig.close())

type Event = StandardEvent<{ readonly text: string }>
type Start = (t: TestContext, options: HandlerOptions, handle: Handle<Event>) => Promise<string>

async function urlOf(t: TestContext, server: Server): Promise<string> {
  if (!server.listening) await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`
}

const frameworks: Readonly<Record<string, Start>> = {
  async fastify(t, options, handle) {
    const app = Fastify()
    await app.register(fastifyPlugin(Object.assign(options, { path: '/webhooks' }), handle))
    app.post('/other', ({ body }) => body)
    await app.listen({ port: 0, host: '127.0.0.1' })
    const other = await app.inject({ method: 'POST', url: '/other', payload: { is: 'parsed' } })
    assert.deepEqual(other.json(), { is: 'parsed' })
    return urlOf(t, app.server)
  },
  express: (t, options, handle) => {
    const app = express()
    app.post('/webhooks', expressHandler(options, handle))
    app.use(express.json())
    return urlOf(t, app.listen(0, '127.0.0.1'))
  },
  'express with express.raw()': (t, options, handle) => {
    const app = express()
    app.use(express.raw({ type: '*/*', limit: '10mb' }))
    app.post('/webhooks', expressHandler(options, handle))
    return urlOf(t, app.listen(0, '127.0.0.1'))
  },
  hono: (t, options, handle) => {
    const app = new Hono()
    app.post('/webhooks', honoHandler(options, handle))
    return urlOf(t, serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server)
  },
  'a server that calls a function with a Request': (t, options, handle) => {
    const fetch = fetchHandler(options, handle)
    return urlOf(t, serve({ fetch, port: 0, hostname: '127.0.0.1' }) as Server)
  },
}

/** A tenant with an endpoint at the URL of the framework, and the events that arrive there. */
async function startReceiving(t: TestContext, start: Start, secret?: string) {
  const tenant = await rig.tenant('standard')
  const held: { handle: Handle<Event>; secret: string } = { handle: () => {}, secret: secret ?? 'not known yet' }
  const options = {
    dialect: 'standard',
    get secret() {
      return held.secret
    },
  } as const
  const url = await start(t, options, (event, context) => held.handle(event, context))
  const body = { url, eventTypes: [eventType] }
  const endpoint = await rig.want(201, { method: 'POST', path: `/v1/tenants/${tenant.id}/endpoints`, body })
  if (secret === undefined) held.secret = endpoint.secrets[0]?.value ?? ''
  return { tenant, url, held, endpoint }
}

for (const [name, start] of Object.entries(frameworks)) {
  suite(name, () => {
    test('a delivery arrives as its event, and is answered 204', async (t) => {
      const { tenant, held } = await startReceiving(t, start)
      const arrived = new Promise<[Event, string | undefined]>((resolve) => {
        held.handle = (event, { headers }) => resolve([event, headers['webhook-id']])
      })
      const id = await rig.event(tenant, { data: { text: 'größe "€"' } })
      const [{ type, data }, webhookId] = await arrived
      assert.deepEqual([type, data, webhookId], [eventType, { text: 'größe "€"' }, id])
      assert.deepEqual(await outcomeOf(id), ['delivered', 204])
    })

    test('a delivery with another secret, or without a signature, is answered 401 and is not handled', async (t) => {
      const other = `whsec_${Buffer.alloc(24, 1).toString('base64')}`
      const { tenant, held, url } = await startReceiving(t, start, other)
      held.handle = () => assert.fail('handled')
      assert.deepEqual(await outcomeOf(await rig.event(tenant)), ['pending', 401])
      const { status } = await fetch(url, { method: 'POST', body: '{}' })
      assert.equal(status, 401)
    })

    test('a body that is too large is answered 413', async (t) => {
      const { url } = await startReceiving(t, start)
      const { status } = await fetch(url, { method: 'POST', body: 'x'.repeat(6 * 1024 * 1024) })
      assert.equal(status, 413)
    })

    test('an error of the handler, and a secret that cannot be used, are answered 500', async (t) => {
      t.mock.method(console, 'error', () => {})
      const { tenant, held } = await startReceiving(t, start)
      held.handle = () => Promise.reject(new Error('the database is away'))
      assert.deepEqual(await outcomeOf(await rig.event(tenant)), ['pending', 500])
      held.secret = ''
      assert.deepEqual(await outcomeOf(await rig.event(tenant)), ['pending', 500])
    })
  })
}

test('a handler without a secret, or of an unknown dialect, is an error when it is made', () => {
  const make = {
    fetchHandler,
    honoHandler,
    expressHandler,
    fastifyPlugin: (options: HandlerOptions, handle: Handle<unknown>) =>
      fastifyPlugin({ ...options, path: '/webhooks' }, handle),
  }
  for (const [name, made] of Object.entries(make)) {
    for (const secret of ['', undefined, null, [], ['whsec_AAAA', '']]) {
      const options = { dialect: 'standard', secret } as unknown as HandlerOptions
      assert.throws(() => made(options, () => {}), /^TypeError: there is no secret: give that of the webhook/, name)
    }
    const unknown = { dialect: 'other', secret: 'any' } as unknown as HandlerOptions
    assert.throws(() => made(unknown, () => {}), /^TypeError: there is no dialect other/, name)
  }
})

test('express: a body that was parsed before is an error that says so', async (t) => {
  const app = express()
  app.use(express.json())
  app.post(
    '/webhooks',
    expressHandler({ dialect: 'standard', secret: 'any' }, () => {}),
  )
  app.use(((error: Error, _request, response, _next) => {
    response.status(500).send(error.message)
  }) satisfies express.ErrorRequestHandler)
  const url = await urlOf(t, createServer(app).listen(0, '127.0.0.1'))
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: '{}' })
  assert.match(await answer.text(), /must stand before express.json/)
})

/** The state of an event's only delivery once it has an attempt, and the status of that attempt. */
async function outcomeOf(event: string): Promise<[unknown, unknown]> {
  for (let tries = 0; tries < 200; tries++) {
    const { deliveries } = (await rig.want(200, { path: `/v1/events/${event}` })) as unknown as {
      deliveries: [{ status: string; lastAttempt: { status: number } | null }]
    }
    const [{ status, lastAttempt }] = deliveries
    if (lastAttempt !== null) return [status, lastAttempt.status]
    await sleep(25)
  }
  throw new Error(`the event ${event} had no attempt within 5 s`)
}
