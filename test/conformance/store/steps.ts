// Steps that most cases need.

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attempt } from '../../../src/domain/attempt.ts'
import type { DeliveryId, EndpointKey, ErasureId, Incarnation, TenantId } from '../../../src/domain/ids.ts'
import type { Event } from '../../../src/domain/event.ts'
import { IncarnationLost, type Store } from '../../../src/contracts/store.ts'
import type { CommitBatch, CommitResult, AttemptSummary } from '../../../src/contracts/commit-store.ts'
import type { DeliveryRow, RearmRequest } from '../../../src/contracts/history-store.ts'
import type { Page } from '../../../src/contracts/page.ts'
import type { StoredEndpoint } from '../../../src/contracts/account-store.ts'
import { acme, newEvent, sampleEndpoint, sampleEvent, type SampleNewEvent, sampleTenant, start } from './samples.ts'

/** Gives a case its database. */
export interface Harness {
  /** The store that is open now: a new and empty one until `reopen`. */
  readonly store: Store
  /** Closes the database like a crash, without releasing leases, and opens it again. */
  reopen(): Promise<Store>
  /** Runs a statement past the store. */
  damage(statement: string): Promise<void>
  /** Closes the database and removes it. */
  dispose(): Promise<void>
}

/** Registers one case. Each case has its own database. */
export type Case = (promise: string, body: (store: Store, harness: Harness) => Promise<void>) => void

/** Creates an endpoint, and its tenant if it does not exist yet. */
export async function addEndpoint(
  store: Store,
  tenant: TenantId = acme,
  change: Partial<StoredEndpoint> = {},
): Promise<StoredEndpoint> {
  await store.createTenant(sampleTenant(tenant))
  const endpoint = sampleEndpoint(await store.nextEndpointKey(), tenant, change)
  assert.equal(await store.createEndpoints([endpoint]), 'written')
  return endpoint
}

export async function addTenants(store: Store, ...tenants: TenantId[]): Promise<void> {
  for (const tenant of tenants) assert.equal(await store.createTenant(sampleTenant(tenant)), 'written')
}

/** Creates a node and an endpoint, which a case about deliveries begins with. */
export async function nodeAndEndpoint(
  store: Store,
): Promise<{ node: Incarnation; endpoint: StoredEndpoint; key: EndpointKey }> {
  const endpoint = await addEndpoint(store)
  return { node: await store.join(start), endpoint, key: endpoint.key }
}

/** The endpoints of `dueEndpoints`. */
export async function dueKeys(store: Store, now: number, endpointsMax: number): Promise<EndpointKey[]> {
  return (await store.dueEndpoints(now, endpointsMax)).map(({ endpoint }) => endpoint)
}

/** The endpoints of a tenant as they were stored, without `health`. */
export async function endpointsOf(store: Store, tenant: TenantId): Promise<StoredEndpoint[]> {
  const loaded = await store.loadTenant(tenant)
  return (loaded?.endpoints ?? []).map(({ health, pausedUntil, ...endpoint }) => {
    assert.ok(health === null || typeof health === 'string')
    assert.ok(pausedUntil === null || typeof pausedUntil === 'number')
    return endpoint
  })
}

/** A summary of attempts, by default of an endpoint that never failed. */
export type SampleSummary = Omit<AttemptSummary, 'expectedHealth' | 'lastOutcome'> & Partial<AttemptSummary>

export interface SampleBatch {
  readonly events?: readonly SampleNewEvent[]
  readonly moves?: CommitBatch['moves']
  readonly summaries?: readonly SampleSummary[]
  readonly tellings?: CommitBatch['tellings']
}

export async function commit(
  store: Store,
  node: Incarnation,
  at: number,
  { events = [], moves = [], summaries = [], tellings }: SampleBatch,
): Promise<CommitResult> {
  const tenants = new Set(events.map(({ event }) => event.tenant))
  const versions = new Map<TenantId, number>()
  for (const tenant of tenants) versions.set(tenant, (await store.loadTenant(tenant))?.version ?? -1)
  return store.commit({
    node,
    now: start + at,
    events: events.map((event) => ({ version: versions.get(event.event.tenant) ?? -1, ...event })),
    moves,
    summaries: summaries.map((summary) => ({
      expectedHealth: null,
      lastOutcome: { kind: 'delivered', status: 200 },
      ...summary,
    })),
    ...(tellings !== undefined && { tellings }),
  })
}

/** A commit of a node that may be dead. If the whole commit is refused, all of its moves count as fenced. */
export async function commitLate(
  store: Store,
  node: Incarnation,
  at: number,
  moves: CommitBatch['moves'],
): Promise<readonly DeliveryId[]> {
  try {
    return (await commit(store, node, at, { moves })).fenced
  } catch (error) {
    assert.ok(error instanceof IncarnationLost)
    return moves.map(({ delivery: id }) => id)
  }
}

/** A new node that takes over the deliveries of all other nodes: by joining, or by declaring them dead. */
export async function joinAlone(store: Store, at: number): Promise<Incarnation> {
  const node = await store.join(start + at)
  await store.takeOver(node, 0, start + at)
  return node
}

/** Accepts `count` events at `at`, each with one delivery to the endpoint. Returns the deliveries in order. */
export async function accept(
  store: Store,
  node: Incarnation,
  endpoint: Pick<StoredEndpoint, 'key' | 'tenant'>,
  at: number,
  options: { readonly leased?: boolean; readonly count?: number; readonly event?: Partial<Event> } = {},
): Promise<[DeliveryId, ...DeliveryId[]]> {
  const events = Array.from({ length: options.count ?? 1 }, () =>
    newEvent(sampleEvent(endpoint.tenant, at, options.event), [endpoint.key], options.leased ?? false),
  )
  const result = await commit(store, node, at, { events })
  assert.ok(result.events.every(({ kind }) => kind === 'stored'))
  return events.flatMap(({ deliveries }) => deliveries.map(({ id }) => id)) as [DeliveryId, ...DeliveryId[]]
}

export async function claimOne(
  store: Store,
  node: Incarnation,
  at: number,
  endpoint: EndpointKey,
  room: number,
): Promise<DeliveryId[]> {
  const { deliveries } = await store.claim(node, start + at, [{ endpoint, room }])
  return deliveries.map(({ id }) => id)
}

export async function delivery(store: Store, id: DeliveryId): Promise<DeliveryRow> {
  const found = await store.findDelivery(id)
  assert.ok(found !== null, `there is no delivery ${id}`)
  return found.delivery
}

export async function attemptsOf(store: Store, id: DeliveryId): Promise<readonly Attempt[]> {
  return (await store.findDelivery(id))?.attempts ?? []
}

/** Cancels the waiting deliveries of all disabled endpoints. Returns the number of steps. */
export async function sweepAll(store: Store, at: number, rowsMax = 100): Promise<number> {
  let steps = 1
  while (await store.sweep(start + at, rowsMax)) assert.ok(++steps < 1000, 'the sweep does not end')
  return steps
}

/** Repeats the step of retention until it removes nothing more. */
export async function pruneAll(store: Store, before: number, at: number, rowsMax = 100): Promise<void> {
  for (let steps = 1; (await store.prune(start + before, start + at, rowsMax)).visited > 0; steps++) {
    assert.ok(steps < 1000, 'the retention does not end')
  }
}

/** Repeats the step of the erasures until nothing is left to erase. Returns the erasures that have ended. */
export async function eraseAll(store: Store, at: number, rowsMax = 100): Promise<readonly ErasureId[]> {
  const ended: ErasureId[] = []
  for (let steps = 1; ; steps++) {
    const step = await store.eraseStep(start + at, rowsMax)
    if (step === 'done') return ended
    if (typeof step === 'object') ended.push(...step.ended)
    assert.ok(steps < 1000, 'the erasure does not end')
    // Another transaction of the database server is running.
    if (step === 'wait') await sleep(10)
  }
}

/** Repeats the step of a replay until it is done. Returns the number of rearmed deliveries. */
export async function rearmAll(
  store: Store,
  endpoint: EndpointKey,
  request: Omit<RearmRequest, 'endpoint' | 'after'>,
): Promise<number> {
  let total = 0
  for (let after: DeliveryId | null = null, steps = 0; ; steps++) {
    const { count, last }: { count: number; last: DeliveryId | null } = await store.rearmDeliveries({
      ...request,
      endpoint,
      after,
    })
    assert.ok(count <= request.rowsMax, 'a step rearmed more deliveries than asked for')
    assert.ok(steps < 1000, 'the replay does not end')
    total += count
    if (last === null) return total
    after = last
  }
}

/** All rows of a list, page by page; `between` runs after the first page. */
export async function allPages<Row>(
  limit: number,
  list: (page: { limit: number; after: string | null }) => Promise<Page<Row>>,
  between: () => Promise<void> = () => Promise.resolve(),
): Promise<Row[]> {
  const rows: Row[] = []
  for (let after: string | null = null, pages = 0; ; pages++) {
    const page: Page<Row> = await list({ limit, after })
    assert.ok(page.rows.length <= limit, 'a page is longer than asked for')
    assert.ok(pages < 1000, 'the list does not end')
    if (pages === 0) await between()
    rows.push(...page.rows)
    if (page.next === null) return rows
    after = page.next
  }
}
