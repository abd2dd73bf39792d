// A server of the operator that gets operational events, and verifies them.

import assert from 'node:assert/strict'
import { Webhook } from 'standardwebhooks'
import { systemTenant } from '../../src/domain/operational-events.ts'
import { type Endpoint, expectStatus, type OperatorClient } from './operator-client.ts'
import { startReceiver } from './receiver.ts'

export interface ToldEvent {
  readonly type: string
  readonly timestamp: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface OperationsListener {
  readonly endpoint: Endpoint
  /** The events that have arrived, each once, in the order of their first arrival. */
  told(): readonly ToldEvent[]
  of(type: string): readonly ToldEvent[]
  close(): Promise<void>
}

export async function listenToOperations(client: OperatorClient): Promise<OperationsListener> {
  const receiver = await startReceiver()
  const wanted = { url: `${receiver.url}/operations`, eventTypes: ['*'] }
  const created = await client.call('POST', `/v1/tenants/${systemTenant}/endpoints`, wanted)
  const endpoint = expectStatus(created, 201) as Endpoint
  const told = (): ToldEvent[] => {
    const events = new Map<unknown, ToldEvent>()
    for (const { headers, body } of receiver.requests) {
      const verified = new Webhook(endpoint.secrets[0]?.value ?? '').verify(body, headers as Record<string, string>)
      const id = headers['webhook-id']
      // A request may be repeated if its node was killed before the outcome was stored.
      if (events.has(id)) assert.deepEqual(verified, events.get(id))
      else events.set(id, verified as ToldEvent)
    }
    return [...events.values()]
  }
  return { endpoint, told, of: (type) => told().filter((event) => event.type === type), close: () => receiver.close() }
}
