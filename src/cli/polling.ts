// Deliveries that a command fetches from the server, which therefore need not reach this machine.

import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, type PolledDelivery, PosthornError } from '../../packages/client/src/index.ts'
import { limits } from '../domain/limits.ts'
import { lineOf } from './faults.ts'
import { type Answer, type Arrived, repeats } from './receiver.ts'

export interface PollingOptions {
  readonly api: Client
  readonly tenant: string
  readonly endpoint: string
  readonly delayMs: number
  /** Returns the answer to a delivery. */
  readonly take: (delivery: Arrived) => Promise<Answer>
  readonly stop: AbortSignal
}

const path = '/v1/tenants/{tenant}/endpoints/{endpoint}/poll'
/** Deliveries that are answered at once. */
const batch = 20
/** Below the timeout of the client. */
const waitSeconds = 20
/** An app may take this long, besides the delay. */
const ackSeconds = 120
const againMs = 1000
/** The highest status that a record may have. */
const statusMax = 599

/** Fetches deliveries until `stop`: answers of 2xx acknowledge, all others refuse. @throws PosthornError */
export async function pollDeliveries(options: PollingOptions): Promise<void> {
  const { api, tenant, endpoint, delayMs, stop } = options
  const isRepeated = repeats()
  const params = { tenant, endpoint }
  const body = {
    waitSeconds,
    ackSeconds: Math.min(ackSeconds + Math.ceil(delayMs / 1000), limits.ackSecondsMax),
  }
  const failed = new AbortController()
  const signal = AbortSignal.any([stop, failed.signal])
  const underWay = new Set<Promise<void>>()
  while (!signal.aborted) {
    const limit = batch - underWay.size
    const polled = await patiently(signal, () =>
      api.request('POST', path, { params, body: { ...body, limit }, signal }),
    )
    for (const delivery of polled?.data ?? []) {
      const settled: Promise<void> = settle(delivery, isRepeated, options)
        .catch((error: unknown) => failed.abort(error))
        .finally(() => underWay.delete(settled))
      underWay.add(settled)
    }
    // An app that hangs on one delivery gets the others.
    if (underWay.size >= batch) await Promise.race(underWay)
  }
  failed.signal.throwIfAborted()
}

async function settle(
  { id, headers: sent, body: text }: PolledDelivery,
  isRepeated: ReturnType<typeof repeats>,
  { api, tenant, endpoint, delayMs, take, stop }: PollingOptions,
): Promise<void> {
  const headers = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name.toLowerCase(), value]))
  const body = Buffer.from(text)
  const at = new Date().toISOString()
  const answer = await take({ at, method: 'POST', path: '/', headers, body, isRepeated: isRepeated(headers, body) })
  await sleep(delayMs, undefined, { signal: stop }).catch(() => {})
  const params = { tenant, endpoint }
  const { status, body: said } = answer ?? { status: 502, body: 'no answer on demand' }
  const reason = said.slice(0, limits.responseKeptCharsMax).toWellFormed().replaceAll('\0', '\\u{0}')
  await patiently(stop, () =>
    status < 300
      ? api.request('POST', `${path}/ack`, { params, body: { ids: [id] } })
      : api.request('POST', `${path}/nack`, {
          params,
          body: { ids: [id], status: Math.min(status, statusMax), reason },
        }),
  )
}

/** Tries again while the server is away. Null: it was stopped. @throws PosthornError the server refuses */
async function patiently<Value>(stop: AbortSignal, call: () => Promise<Value>): Promise<Value | null> {
  for (let isAway = false; ; isAway = true) {
    try {
      return await call()
    } catch (error) {
      if (stop.aborted) return null
      if (!(error instanceof PosthornError) || ![0, 429, 502, 503, 504].includes(error.status)) throw error
      if (!isAway) process.stderr.write(`Trying again: ${lineOf(error)}\n`)
      await sleep(againMs, undefined, { signal: stop }).catch(() => {})
    }
  }
}
