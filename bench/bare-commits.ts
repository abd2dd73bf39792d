// The limit of the database alone: clients that commit events and outcomes through the store, one batch after the
// other, and receive and send nothing. It runs in its own process, like a node.

import { randomBytes } from 'node:crypto'
import { type DeliveryId, type EndpointKey, type EventId, type TenantId, uuidV7 } from '../src/domain/ids.ts'
import { openPostgresStore } from '../src/store/postgres/postgres-store.ts'
import type { Store } from '../src/contracts/store.ts'
import type { CommitBatch, NewEvent } from '../src/contracts/commit-store.ts'
import { serveOrders } from './child.ts'

export interface BareOrder {
  readonly url: string
  /** The number of clients. Like a node, each has its own connections and commits one batch at a time. */
  readonly clients: number
  readonly eventsPerCommit: number
  readonly payloadBytes: number
  readonly durationMs: number
}

export interface BareReport {
  /** Events that were stored and whose only delivery was recorded as delivered. */
  readonly eventsPerSecond: number
}

interface Target {
  readonly tenant: TenantId
  readonly version: number
  readonly endpoint: EndpointKey
}

async function run(order: BareOrder): Promise<BareReport> {
  const stores = await Promise.all(Array.from({ length: order.clients }, () => openPostgresStore(order.url)))
  try {
    const targets = await targetsOf(stores[0] as Store)
    const begin = performance.now()
    const counts = await Promise.all(stores.map((store) => commitAll(store, targets, order)))
    const seconds = (performance.now() - begin) / 1000
    return { eventsPerSecond: counts.reduce((sum, count) => sum + count, 0) / seconds }
  } finally {
    for (const store of stores) await store.close()
  }
}

/** The endpoints of the nodes' run. */
async function targetsOf(store: Store): Promise<Target[]> {
  const targets: Target[] = []
  const { rows } = await store.listTenants({ limit: 250, after: null }, null)
  for (const { id } of rows) {
    const loaded = await store.loadTenant(id)
    const [endpoint] = loaded?.endpoints ?? []
    if (loaded !== null && endpoint !== undefined)
      targets.push({ tenant: id, version: loaded.version, endpoint: endpoint.key })
  }
  return targets
}

/** Each commit stores new events and records the outcomes of the previous commit's events. */
async function commitAll(store: Store, targets: readonly Target[], order: BareOrder): Promise<number> {
  const node = await store.join(Date.now())
  const endAt = performance.now() + order.durationMs
  let before: NewEvent[] = []
  let recorded = 0
  while (performance.now() < endAt) {
    const now = Date.now()
    const events = Array.from({ length: order.eventsPerCommit }, (_, index) =>
      newEvent(targets[(recorded + index) % targets.length] as Target, now, order.payloadBytes),
    )
    await store.commit({ node, now, events, ...outcomesOf(before, now) })
    recorded += before.length
    before = events
  }
  // Records the last outcomes, so that no delivery is left for the nodes to send.
  await store.commit({ node, now: Date.now(), events: [], ...outcomesOf(before, Date.now()) })
  await store.leave(node)
  return recorded + before.length
}

function newEvent({ tenant, version, endpoint }: Target, now: number, payloadBytes: number): NewEvent {
  const id = uuidV7(now, randomBytes)
  const data = JSON.stringify({ text: 'x'.repeat(payloadBytes - 11) })
  return {
    version,
    event: {
      id: id as EventId,
      tenant,
      type: 'call.received',
      data,
      attributes: null,
      occurredAt: now,
      acceptedAt: now,
    },
    deliveries: [{ id: id as DeliveryId, endpoint, leased: true }],
  }
}

function outcomesOf(events: readonly NewEvent[], now: number): Pick<CommitBatch, 'moves' | 'summaries'> {
  const deliveries = events.flatMap((event) => event.deliveries)
  const outcome = { kind: 'delivered', status: 200 } as const
  const attempt = { number: 1, startedAt: now, durationMs: 1, outcome, response: 'ok' }
  const counts = new Map<EndpointKey, number>()
  for (const { endpoint } of deliveries) counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1)
  const known = { lastAttemptAt: now, lastAttemptSucceeded: true, lastOutcome: outcome, expectedHealth: null }
  return {
    moves: deliveries.map(({ id, endpoint }) => ({
      delivery: id,
      endpoint,
      attempt,
      move: { to: 'delivered' },
      at: now,
    })),
    summaries: [...counts].map(([endpoint, attempts]) => ({ endpoint, attempts, ...known })),
  }
}

if (import.meta.main) serveOrders((order) => run(order as BareOrder))
