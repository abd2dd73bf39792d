// The write path of every event. A batch is one transaction of point writes: its cost does not depend on how many
// events are stored or how many deliveries wait.

import type { DeliveryId, EndpointKey, EventId, Incarnation, TenantId } from '../../domain/ids.ts'
import { attributesText, compareWithFirst, type FirstEvent } from '../first-event.ts'
import { outcomeColumns, phasesText, statusCode, tenantIdOf } from '../rows.ts'
import { cellOf, cellsMax } from '../../domain/statistics.ts'
import type { EventCount } from '../stats-tally.ts'
import type {
  CommitBatch,
  CommitResult,
  AttemptSummary,
  IngestResult,
  NewEvent,
  RecordedMove,
} from '../../contracts/commit-store.ts'
import { addAudit } from './audit.ts'
import type { Database } from './database.ts'
import { removeEndpoint } from './endpoint-removal.ts'
import { FreshEntries, freshWriter } from './deferred-indexes.ts'
import { addCounts } from './stats.ts'
import { tellings } from './tellings.ts'
import { waitsUntil } from './upkeep.ts'
import { nextVersion } from './versions.ts'

/** A tenant as it is now. */
interface Version {
  readonly version: number
  readonly label: string
  /** The stored events of the batch by type. */
  readonly types: Map<string, number>
}

/** The values that are written after the events of a batch. */
interface Waiting {
  /** When the first delivery that no node holds is due. */
  readonly dueAt: Map<EndpointKey, number>
  readonly fresh: FreshEntries
}

export function commitRole(db: Database) {
  const tenantVersions = db.prepare(
    'SELECT id, version, label FROM tenants WHERE id IN (SELECT value FROM json_each(?))',
  )
  const insertEvent = db.prepare(
    `INSERT INTO events (tenant, id, type, data, attributes, occurred_at, accepted_at, deliveries, erase_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  )
  const insertDelivery = db.prepare(
    'INSERT INTO deliveries (id, event, endpoint, status, due_at, node) VALUES (?, ?, ?, 0, ?, ?)',
  )
  // Fencing: a node moves only deliveries that it holds.
  const endDelivery = db.prepare(
    `UPDATE deliveries SET status = ?, attempts = ifnull(?, attempts), due_at = NULL, node = NULL, reason = ?, ended_at = ?
     WHERE id = ? AND node = ?`,
  )
  const delayDelivery = db.prepare(
    'UPDATE deliveries SET attempts = ifnull(?, attempts), due_at = ?, node = NULL WHERE id = ? AND node = ?',
  )
  const insertAttempt = db.prepare('INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?)')
  const delaysEndpoint = db.prepare(waitsUntil)
  const countAttempts = db.prepare(
    `UPDATE endpoint_status
     SET attempts = attempts + ?, last_attempt_at = ?, last_attempt_succeeded = ?, last_outcome = ? WHERE endpoint = ?`,
  )
  const pause = db.prepare('UPDATE endpoint_status SET paused_until = ? WHERE endpoint = ?')
  const freshEntries = freshWriter(db)
  const { tellOfCommit } = tellings(db)

  return {
    commit(batch: CommitBatch): CommitResult {
      const isDeleting = batch.summaries.some((summary) => summary.delete !== undefined)
      // The sealed values of a deleted endpoint are overwritten.
      return isDeleting ? db.overwriting(() => writeAll(batch)) : db.transaction(() => writeAll(batch))
    },
  }

  function writeAll(batch: CommitBatch): CommitResult {
    const dueAt = new Map<EndpointKey, number>()
    const tenants = versionsOf(batch.events)
    const events: IngestResult[] = []
    const fresh = new FreshEntries()
    for (const event of batch.events) {
      const tenant = tenants.get(event.event.tenant)
      const isCurrent = tenant?.version === event.version
      const result = isCurrent ? ingest(event, tenant.label, batch.node, { dueAt, fresh }) : stale
      if (result.kind === 'stored') count(tenant as Version, event.event.type)
      events.push(result)
    }
    freshEntries.add(fresh)
    const fenced: DeliveryId[] = []
    const cells: number[] = []
    for (const move of batch.moves) {
      if (record(move, batch.node, dueAt)) cells.push(move.endpoint * cellsMax + cellOf(move.attempt, move.move.to))
      else fenced.push(move.delivery)
    }
    addCounts(db, batch.now, cells, countsOf(tenants))
    const disabled = batch.summaries
      .filter((summary) => recordSummary(summary, batch.now))
      .map(({ endpoint }) => endpoint)
    for (const [endpoint, due] of dueAt) delaysEndpoint.run(due, endpoint)
    freshEntries.settleIfMany()
    const told = tellOfCommit(batch.tellings ?? [], { fenced, disabled }, batch.now)
    return { events, fenced, remoteHealth: [], disabled, told }
  }

  /** The tenants of the events. Those that are deleted are missing. */
  function versionsOf(events: readonly NewEvent[]): Map<TenantId, Version> {
    if (events.length === 0) return new Map()
    const ids = JSON.stringify([...new Set(events.map(({ event }) => event.tenant))])
    const rows = tenantVersions.all(ids) as unknown as (Version & { readonly id: TenantId })[]
    return new Map(rows.map(({ id, version, label }) => [id, { version, label, types: new Map() }]))
  }

  function ingest(
    { event, deliveries, test }: NewEvent,
    label: string,
    node: Incarnation,
    { dueAt, fresh }: Waiting,
  ): IngestResult {
    const inserted = insertEvent.run(
      label,
      event.id,
      event.type,
      event.data,
      attributesText(event),
      event.occurredAt,
      event.acceptedAt,
      deliveries.length,
      event.eraseAt ?? null,
    )
    if (inserted.changes === 0) return compareWithFirst(event, first(event.id, label))
    if (test) db.run('UPDATE events SET test = 1 WHERE seq = ?', Number(inserted.lastInsertRowid))
    fresh.events.push(label, event.acceptedAt, inserted.lastInsertRowid)
    for (const delivery of deliveries) {
      const holder = delivery.leased ? node : null
      insertDelivery.run(delivery.id, inserted.lastInsertRowid, delivery.endpoint, event.acceptedAt, holder)
      fresh.deliveries.push(delivery.endpoint, delivery.id)
      if (holder === null) waits(dueAt, delivery.endpoint, event.acceptedAt)
    }
    return { kind: 'stored' }
  }

  function first(id: EventId, label: string): FirstEvent {
    return db.get<FirstEvent>('SELECT e.* FROM events e WHERE id = ? AND tenant = ?', id, label) as FirstEvent
  }

  function record(recorded: RecordedMove, node: Incarnation, dueAt: Map<EndpointKey, number>): boolean {
    const { delivery, endpoint, attempt, move, at } = recorded
    const attempts = attempt === null ? null : attempt.number
    if (move.to === 'waiting') {
      if (delayDelivery.run(attempts, move.dueAt, delivery, node).changes === 0) return false
      waits(dueAt, endpoint, move.dueAt)
    } else {
      const reason = move.to === 'delivered' ? null : move.reason
      if (endDelivery.run(statusCode[move.to], attempts, reason, at, delivery, node).changes === 0) return false
    }
    if (attempt !== null) {
      const { status, detail } = outcomeColumns(attempt.outcome)
      const { number, startedAt, durationMs, outcome, response, connections = null, requestCrc = null } = attempt
      insertAttempt.run(
        delivery,
        number,
        startedAt,
        durationMs,
        outcome.kind,
        status,
        detail,
        response,
        attempt.exchange === undefined ? null : JSON.stringify(attempt.exchange),
        connections,
        requestCrc,
        attempt.phases === undefined ? null : phasesText(attempt.phases),
      )
    }
    return true
  }

  /** Whether it disables the endpoint. */
  function recordSummary(summary: AttemptSummary, now: number): boolean {
    const { endpoint, attempts, lastAttemptAt, lastAttemptSucceeded, health, pausedUntil, disable } = summary
    const lastOutcome = JSON.stringify(summary.lastOutcome)
    countAttempts.run(attempts, lastAttemptAt, lastAttemptSucceeded ? 1 : 0, lastOutcome, endpoint)
    if (health !== undefined) db.run('UPDATE endpoint_status SET health = ? WHERE endpoint = ?', health, endpoint)
    if (pausedUntil !== undefined) pause.run(pausedUntil, endpoint)
    if (disable === undefined) return false
    const disabled = db.get<{ tenant: string }>(
      `UPDATE endpoints SET enabled = 0, disabled_reason = ?, updated_at = max(updated_at + 1, ?)
         WHERE key = ? AND enabled = 1 RETURNING tenant`,
      disable,
      now,
      endpoint,
    )
    db.run('UPDATE endpoint_status SET sweep = 1 WHERE endpoint = ?', endpoint)
    if (disabled === undefined) return false
    const tenant = tenantIdOf(disabled.tenant)
    // Before the removal, after which it could not be erased with the tenant.
    if (summary.audit !== undefined) addAudit(db, [summary.audit])
    if (summary.delete === undefined) nextVersion(db, tenant)
    else removeEndpoint(db, { tenant, key: endpoint }, now, summary.delete.erasure)
    return true
  }
}

const stale: IngestResult = { kind: 'stale' }

function count({ types }: Version, type: string): void {
  types.set(type, (types.get(type) ?? 0) + 1)
}

function countsOf(tenants: ReadonlyMap<TenantId, Version>): EventCount[] {
  const counts: EventCount[] = []
  for (const { label, types } of tenants.values()) {
    for (const [type, stored] of types) counts.push([label, type, stored])
  }
  return counts
}

function waits(dueAt: Map<EndpointKey, number>, endpoint: EndpointKey, due: number): void {
  const earliest = dueAt.get(endpoint)
  if (earliest === undefined || due < earliest) dueAt.set(endpoint, due)
}
