// Compares the statistics with the history: every event, attempt and end of a delivery must be counted once.

import { isDeepStrictEqual } from 'node:util'
import type { OperatorClient } from './operator-client.ts'

interface Counts {
  events: number
  readonly attempts: Record<string, number>
  readonly ended: Record<string, number>
}

interface Page<Row> {
  readonly data: readonly Row[]
  readonly nextCursor: string | null
}

interface Delivery {
  readonly id: string
  readonly endpoint: string
  readonly status: string
}

const callsAtOnce = 16

/** Returns a line for each part of the statistics that differs from the history. No delivery may be pending. */
export async function miscounts(client: OperatorClient): Promise<string[]> {
  const events = await all<{ type: string }>(client, '/v1/events')
  const deliveries = await all<Delivery>(client, '/v1/deliveries')
  const whole = nothing()
  const byEndpoint: Record<string, Counts> = {}
  const byType: Record<string, Counts> = {}
  for (const { type } of events) for (const counts of [whole, (byType[type] ??= nothing())]) counts.events += 1
  const left = [...deliveries]
  const count = async (): Promise<void> => {
    for (let delivery = left.pop(); delivery !== undefined; delivery = left.pop()) {
      const { history } = (await client.getDelivery(delivery.id)) as { history: { outcome: string }[] }
      for (const { attempts, ended } of [whole, (byEndpoint[delivery.endpoint] ??= nothing())]) {
        for (const { outcome } of history) attempts[outcome] = (attempts[outcome] ?? 0) + 1
        ended[delivery.status] = (ended[delivery.status] ?? 0) + 1
      }
    }
  }
  await Promise.all(Array.from({ length: callsAtOnce }, count))
  return [
    ...differences('everything', { all: whole }, await read(client, '')),
    ...differences('endpoints', byEndpoint, await read(client, '&by=endpoint')),
    ...differences('types', byType, await read(client, '&by=type')),
  ]
}

function nothing(): Counts {
  return {
    events: 0,
    attempts: { delivered: 0, rejected: 0, timedOut: 0, unreachable: 0, blocked: 0 },
    ended: { delivered: 0, failed: 0, cancelled: 0 },
  }
}

async function all<Row>(client: OperatorClient, path: string): Promise<Row[]> {
  const rows: Row[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const { body } = await client.call('GET', `${path}?limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`)
    const { data, nextCursor } = body as Page<Row>
    rows.push(...data)
    cursor = nextCursor
  }
  return rows
}

/** The totals of the last hours, by key. */
async function read(client: OperatorClient, by: string): Promise<Record<string, Counts>> {
  const { body } = await client.call('GET', `/v1/stats?step=hour${by}`)
  const { data } = body as { data: { key: string | null; total: Counts }[] }
  return Object.fromEntries(
    data.map(({ key, total: { events, attempts, ended } }) => [key ?? 'all', { events, attempts, ended }]),
  )
}

function differences(of: string, history: Record<string, Counts>, counted: Record<string, Counts>): string[] {
  if (isDeepStrictEqual(counted, history)) return []
  return [`${of}: ${JSON.stringify(counted)} are counted, the history has ${JSON.stringify(history)}`]
}
