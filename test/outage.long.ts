// An endpoint comes back after an outage, and all of its waiting deliveries are due. Its concurrency, counted by the
// receiver, grows step by step; attempts that failed together are not retried together; other endpoints are not
// affected. POSTHORN_OUTAGE_DELIVERIES sets the number of deliveries (default 2,000).

import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import { after, test } from 'node:test'
import { limits } from '../src/domain/limits.ts'
import { eventType, fresh, startApiRig, until } from './support/api-rig.ts'

const waiting = Number(process.env['POSTHORN_OUTAGE_DELIVERIES'] ?? 2000)
const timeout = 60_000 + waiting * 5
const batchEvents = 1000
const goodEvents = 300
const answerMs = 5
/** Retries wait until the test has read their times, however slow the machine is. */
const retryScale = 100
/** The first wait of the dialect's schedule and its jitter. */
const [firstWaitMs, jitter] = [5000 * retryScale, 0.2]

const rig = await startApiRig({ POSTHORN_RETRY_SCALE: String(retryScale) })
after(() => rig.close())

/** A receiver that hangs until `comeBack` is called. After that it answers every request. */
class Returning {
  /** For each request: the requests in flight when it arrived, itself included. */
  readonly concurrency: number[] = []
  /** For each request: the requests that were answered when it arrived. */
  readonly answered: number[] = []
  #isBack = false
  #atOnce = 0
  #done = 0
  readonly hanging = new Set<ServerResponse>()
  readonly #server = createServer((request, response) => {
    request.resume().on('end', () => this.#serve(response))
  })

  async listen(): Promise<string> {
    await new Promise<void>((listening) => this.#server.listen(0, '127.0.0.1', listening))
    const address = this.#server.address()
    return `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}/`
  }

  /** Breaks the connections that hang, as a restart of a server does. */
  comeBack(): void {
    this.#isBack = true
    for (const response of this.hanging) response.destroy()
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #serve(response: ServerResponse): void {
    if (!this.#isBack) {
      this.hanging.add(response)
      return
    }
    this.concurrency.push(++this.#atOnce)
    this.answered.push(this.#done)
    setTimeout(() => {
      this.#atOnce -= 1
      this.#done += 1
      response.end()
    }, answerMs)
  }
}

test(`an endpoint comes back when ${waiting} deliveries are due`, { timeout }, async (t) => {
  const [tenant, other] = [await rig.tenant('standard'), await rig.tenant('standard')]
  const good = await rig.endpoint(other)
  const returning = new Returning()
  const { id } = await rig.endpoint(tenant, { url: await returning.listen(), eventTypes: ['waits'] })
  t.after(() => returning.close())
  // Before the attempts hang: on a slow machine they would time out meanwhile.
  const quietMs = await medianMs(other, good.path)

  for (let posted = 0; posted < waiting; posted += batchEvents) {
    const count = Math.min(batchEvents, waiting - posted)
    const events = Array.from({ length: count }, () => ({ tenant: tenant.id, type: 'waits', data: {} }))
    await rig.want(202, { method: 'POST', path: '/v1/events/batch', body: { events } })
  }
  await until(() => returning.hanging.size === limits.attemptsPerEndpointMax, 'every attempt of the lane hangs')
  returning.comeBack()
  const besideMs = await medianMs(other, good.path)
  const failed = await firstFailures(tenant.id, id)
  for (const { delivery } of failed) {
    await rig.want(202, { method: 'POST', path: `/v1/deliveries/${delivery}/retry` })
  }
  const failing = failed.map(({ waitMs }) => waitMs)
  const arrived = (): boolean => returning.concurrency.length >= waiting
  await until(arrived, 'every delivery has arrived', timeout)
  const { concurrency, answered } = returning
  t.diagnostic(
    `concurrency: first ${concurrency.slice(0, 20).join(' ')}, most ${concurrency.reduce((a, b) => Math.max(a, b))}; ` +
      `latency of another endpoint: ${besideMs.toFixed(1)} ms, quiet ${quietMs.toFixed(1)} ms; ` +
      `retries after ${failing.toSorted((a, b) => a - b).join(' ')} ms`,
  )

  for (const [n, atOnce] of concurrency.entries()) {
    const allowed = Math.min(2 ** (answered[n] ?? 0), limits.attemptsPerEndpointMax)
    assert.ok(atOnce <= allowed, `${atOnce} requests at once after ${answered[n]} answers`)
  }
  assert.ok(
    concurrency.some((atOnce) => atOnce > limits.attemptsPerEndpointMax / 2),
    'the concurrency did not grow',
  )
  assert.equal(concurrency.length, waiting)
  for (const waitMs of failing) assert.ok(Math.abs(waitMs / firstWaitMs - 1) < jitter + 0.01, `${waitMs} ms`)
  const spreadMs = Math.max(...failing) - Math.min(...failing)
  assert.ok(spreadMs > firstWaitMs * 0.06, `jitter spreads the retries over ${spreadMs} ms only`)
  assert.ok(besideMs < quietMs * 5 + 25, `${besideMs} ms instead of ${quietMs} ms`)
})

/** The deliveries whose first attempt hung, and how long each waits for its second attempt, in ms. */
async function firstFailures(tenant: string, endpoint: string): Promise<{ delivery: string; waitMs: number }[]> {
  const path = `/v1/deliveries?tenant=${tenant}&endpoint=${endpoint}&status=pending&limit=250`
  let waits: { delivery: string; waitMs: number }[] = []
  const read = async (): Promise<boolean> => {
    waits = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await rig.want(200, { path: cursor === '' ? path : `${path}&cursor=${encodeURIComponent(cursor)}` })
      for (const { id, attempts } of page.data) {
        if (Number(attempts) !== 1) continue
        const delivery = await rig.want(200, { path: `/v1/deliveries/${id}` })
        const [attempt] = delivery['history'] as unknown as { startedAt: string; durationMs: number }[]
        const next = delivery['nextAttemptAt']
        if (attempt !== undefined && typeof next === 'string') {
          const waitMs = Date.parse(next) - Date.parse(attempt.startedAt) - attempt.durationMs
          waits.push({ delivery: id, waitMs })
        }
      }
      cursor = page.nextCursor
    }
    return waits.length === limits.attemptsPerEndpointMax
  }
  await until(read, 'every attempt that hung is recorded', timeout)
  return waits
}

/** The median time from the post of an event to its arrival. */
async function medianMs(
  tenant: { id: string; dialect: string; key: string; keyId: string },
  path: string,
): Promise<number> {
  const postedAt = new Map<string, number>()
  const count = (await rig.received(path, 0)).length
  while (postedAt.size < goodEvents) {
    const id = fresh('good')
    postedAt.set(id, Date.now())
    await rig.event(tenant, { type: eventType, id, data: {} })
  }
  const arrived = (await rig.received(path, count + goodEvents)).slice(count)
  const latencies = arrived.map(
    ({ headers, receivedAt }) => receivedAt - (postedAt.get(String(headers['webhook-id'])) ?? 0),
  )
  return latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length / 2)] ?? Infinity
}
