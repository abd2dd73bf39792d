// The tenants of the figures: they speak the Allo dialect and have one endpoint each, registered through Allo's API.
// Also the complete requests that the generator sends.

import { setTimeout as sleep } from 'node:timers/promises'
import type { OperatorClient } from '../test/support/operator-client.ts'
import { digitsOf, numberName } from './numbered.ts'

/** By tenant: the path of its endpoint at the receiver and the endpoint's signing secret. */
export type Endpoints = Readonly<Record<string, { readonly path: string; readonly secret: string }>>

/** Bytes of the JSON text of `data` in each event. */
export const payloadBytes = 500

export const eventType = 'call.received'
const idleMsMax = 15_000

/** Creates `count` tenants, each with a key and an endpoint at its own path. */
export async function registerTenants(
  client: OperatorClient,
  receiverPort: number,
  count: number,
  prefix = 'bench',
): Promise<Endpoints> {
  const endpoints: Record<string, { path: string; secret: string }> = {}
  for (let index = 0; index < count; index += 1) {
    const tenant = `${prefix}-${String(index).padStart(2, '0')}`
    const path = `/hooks/${tenant}`
    await client.createTenant({ id: tenant, dialect: 'allo' })
    const { key } = await client.createKey({ tenants: [tenant] })
    const url = `http://127.0.0.1:${receiverPort}${path}`
    const { signing_secret: secret } = await client.createAlloEndpoint(key, { url, topics: [eventType] })
    endpoints[tenant] = { path, secret }
  }
  return endpoints
}

/** The `data` of every event. */
export function eventData(): Record<string, string> {
  const call = { id: 'cll_2NfDKEm9sF8xK3pQr1Zt', from_number: '+33612345678', to_number: '+33112345678' }
  const numbered = { [numberName]: digitsOf(0), ...call, note: '' }
  return { ...numbered, note: 'x'.repeat(payloadBytes - JSON.stringify(numbered).length) }
}

/** A complete `POST /v1/events`, head and body, whose event matches the endpoint of `tenant`. */
export function eventRequest(tenant: string, operatorKey: string): string {
  const body = JSON.stringify({ tenant, type: eventType, data: eventData() })
  const head = [
    'POST /v1/events HTTP/1.1',
    'host: 127.0.0.1',
    `authorization: Bearer ${operatorKey}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

/** Waits until the last outcomes are recorded, so that our work does not slow the baseline. */
export async function untilIdle(client: OperatorClient): Promise<void> {
  const giveUpAt = Date.now() + idleMsMax
  while ((await client.listDeliveries({ status: 'pending', limit: '1' })).length > 0) {
    if (Date.now() > giveUpAt) throw new Error(`deliveries are still pending after ${idleMsMax} ms`)
    await sleep(50)
  }
}
