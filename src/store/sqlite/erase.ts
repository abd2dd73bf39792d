// Erasing: the rows of labels that no tenant has, and single payloads and responses. A row is overwritten when it is
// removed (`Database.erasing`). The last steps of an erasure overwrite its copies (`Database.scrub`).

import type { NewAuditRecord } from '../../domain/audit.ts'
import type { Erasure } from '../../domain/erasure.ts'
import { type DeliveryId, type ErasureId, type EventId, lowestUuidV7, type TenantId } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import type { ErasedEvent, EraseStep, NewErasure } from '../../contracts/erase-store.ts'
import { type ErasureColumns, erasureOf, tenantIdOf } from '../rows.ts'
import { addAudit, eraseChanges } from './audit.ts'
import type { Database } from './database.ts'
import { settle } from './deferred-indexes.ts'
import { addErasure } from './erasures.ts'
import { isLiving, labelOf } from './labels.ts'
import { type EventRow, eventRow, removeDelivery, removeEvents, upToBytes } from './removals.ts'
import { countCancelled, eraseRollups, labelLeftIn, keepDialect, type StatsSteps } from './stats.ts'

interface EventPlace extends EventRow {
  readonly id: string
}

const place = `${eventRow}, e.id`

export function eraseRole(db: Database, steps: StatsSteps) {
  /** The erasure of the last step, all of whose entries are in the indexes. */
  let settled = ''
  /** The page that the next step scrubs; null: no scrub is under way. */
  let page: number | null = null
  /** The erasures that end with the scrub. */
  let scrubbed: string[] = []
  /** When the last scrub ended; at first, when the first step ran. */
  let scrubbedAt: number | null = null
  let begunAt = 0
  let tookMs = 0

  return {
    eraseStep(now: number, rowsMax: number): EraseStep {
      const running = db.get<{ id: string; label: string }>(
        'SELECT id, label FROM erasures WHERE ended_at IS NULL AND label IS NOT NULL ORDER BY created_at LIMIT 1',
      )
      if (running === undefined) return scrubStep(now)
      // Once is enough: nothing is added to a label that no tenant has.
      if (settled !== running.id) db.transaction(() => settle(db))
      settled = running.id
      const step = db.erasing(() => eraseRows(db, running.id, running.label, now, rowsMax))
      if (step !== 'stats_commits' && step !== 'stats_gathered') return step
      if (step === 'stats_commits') steps.gather(limits.statsGatherRows)
      else steps.fold(limits.statsFoldRows)
      return 'more'
    },

    erasePayload(
      tenant: TenantId,
      id: EventId,
      erasure: NewErasure,
      audit: readonly NewAuditRecord[] = [],
    ): ErasedEvent | null {
      return db.erasing(() => {
        const event = db.get<EventPlace>(
          `SELECT ${place} FROM events e WHERE id = ? AND tenant = ${labelOf('?')}`,
          id,
          tenant,
        )
        if (event === undefined) return null
        addErasure(db, erasure, 'payload', tenant, null)
        addAudit(db, audit)
        return eraseEvent(event, erasure.createdAt)
      })
    },

    eraseResponse(
      delivery: DeliveryId,
      number: number,
      erasure: NewErasure,
      audit: readonly NewAuditRecord[] = [],
    ): boolean {
      return db.erasing(() => {
        const of = db.get<{ tenant: string }>(
          `SELECT p.tenant FROM deliveries d JOIN endpoints p ON p.key = d.endpoint
           WHERE d.id = ? AND ${isLiving('p.tenant')}`,
          delivery,
        )
        if (of === undefined || eraseResponses(erasure.createdAt, 'number = ?', delivery, number) === 0) return false
        addErasure(db, erasure, 'response', tenantIdOf(of.tenant), null)
        addAudit(db, audit)
        return true
      })
    },

    eraseExpired(now: number, rowsMax: number): ErasedEvent[] {
      const due = 'FROM events e WHERE erase_at <= ? ORDER BY erase_at LIMIT ?'
      if (db.get(`SELECT 1 ${due}`, now, 1) === undefined) return []
      return db.erasing(() =>
        upToBytes(db.all<EventPlace>(`SELECT ${place} ${due}`, now, rowsMax)).map((event) => expire(event, now)),
      )
    },
  }

  /** Scrubs for erasures whose rows are removed; for retention and expired payloads, at most once an hour. */
  function scrubStep(now: number): EraseStep {
    scrubbedAt ??= now
    if (page === null) {
      scrubbed = db.all<{ id: string }>('SELECT id FROM erasures WHERE ended_at IS NULL').map(({ id }) => id)
      const interval = Math.max(limits.scrubIntervalMs, tookMs / limits.scrubShare)
      const isDue = db.mayHoldCopies && now - scrubbedAt >= interval
      if (scrubbed.length === 0 && !isDue) return 'done'
      page = 2
      begunAt = now
    }
    const next = db.scrub(page)
    if (next === page) return 'wait'
    page = next
    if (page !== null) return 'more'
    scrubbedAt = now
    tookMs = now - begunAt
    db.transaction(() => {
      for (const id of scrubbed) db.run('UPDATE erasures SET ended_at = ? WHERE id = ?', now, id)
    })
    return scrubbed.length === 0 ? 'more' : { ended: scrubbed as ErasureId[] }
  }

  function expire(event: EventPlace, now: number): ErasedEvent {
    const erased = eraseEvent(event, now)
    let isHeld = false
    for (const { id, status } of deliveriesOf(event)) {
      isHeld ||= status === 0
      eraseResponses(now, 'response IS NOT NULL', id)
    }
    db.run('UPDATE events SET erase_at = ? WHERE seq = ?', isHeld ? now + limits.eraseHeldAgainMs : null, event.seq)
    return erased
  }

  function eraseEvent(event: EventPlace, now: number): ErasedEvent {
    const { seq, id, tenant, accepted_at: acceptedAt } = event
    db.run(`UPDATE events SET data = '{}', attributes = NULL, erased_at = ifnull(erased_at, ?) WHERE seq = ?`, now, seq)
    for (const delivery of deliveriesOf(event)) {
      const cancelled = db.run(
        `UPDATE deliveries SET status = 3, due_at = NULL, reason = 'payload erased', ended_at = ?
         WHERE id = ? AND status = 0 AND node IS NULL`,
        now,
        delivery.id,
      )
      countCancelled(db, now, delivery.endpoint, cancelled)
    }
    return { tenant: tenantIdOf(tenant), event: id as EventId, acceptedAt }
  }

  function deliveriesOf({
    seq,
    accepted_at: acceptedAt,
  }: EventPlace): { id: string; endpoint: number; status: number }[] {
    return db.all<{ id: string; endpoint: number; status: number }>(
      'SELECT id, endpoint, status FROM deliveries WHERE id >= ? AND id < ? AND event = ?',
      lowestUuidV7(acceptedAt),
      lowestUuidV7(acceptedAt + 1),
      seq,
    )
  }

  /** Erases the responses to a delivery that match the condition. Returns their number. */
  function eraseResponses(now: number, condition: string, ...values: (string | number)[]): number {
    return db.run(
      `UPDATE attempts SET response = NULL, exchange = json_set(exchange, '$.responseHeaders', NULL), request_crc = NULL,
         erased_at = ?
       WHERE delivery = ? AND ${condition}`,
      now,
      ...values,
    )
  }
}

/**
 * Removes rows of a label. Deliveries that a node holds are removed later. A table with counts that name the label:
 * they are yet to be moved to the rollups of its dialect.
 */
function eraseRows(
  db: Database,
  id: string,
  label: string,
  now: number,
  rowsMax: number,
): EraseStep | 'stats_commits' | 'stats_gathered' {
  const endpoints = db.all<{ key: number }>('SELECT key FROM endpoints WHERE tenant = ? ORDER BY key', label)
  for (const { key } of endpoints) {
    const count = eraseDeliveries(db, key, rowsMax) + eraseChanges(db, 'endpoint', key, now, rowsMax)
    if (count > 0) return 'more'
    if (db.get('SELECT 1 FROM deliveries_of_endpoint WHERE endpoint = ?', key) !== undefined) return 'wait'
    keepDialect(db, key, id, now)
    db.run('DELETE FROM endpoint_status WHERE endpoint = ?', key)
    db.run('DELETE FROM endpoints WHERE key = ?', key)
  }
  const answers = 'SELECT api_key, idempotency_key FROM idempotent_answers WHERE tenant = ? LIMIT ?'
  const count =
    eraseEvents(db, label, rowsMax) +
    eraseChanges(db, 'label', label, now, rowsMax) +
    db.run(`DELETE FROM idempotent_answers WHERE (api_key, idempotency_key) IN (${answers})`, label, rowsMax) +
    db.run('DELETE FROM replays WHERE id IN (SELECT id FROM replays WHERE tenant = ? LIMIT ?)', label, rowsMax)
  if (count > 0 || eraseRollups(db, label, limits.retentionStepRows) > 0) return 'more'
  const left = labelLeftIn(db, label)
  if (left !== null) return left
  db.run('UPDATE erasures SET label = NULL WHERE id = ?', id)
  return 'more'
}

function eraseDeliveries(db: Database, endpoint: number, rowsMax: number): number {
  const rows = db.all<{ id: string }>(
    `SELECT d.id FROM deliveries_of_endpoint i CROSS JOIN deliveries d ON d.id = i.id
     WHERE i.endpoint = ? AND d.node IS NULL LIMIT ?`,
    endpoint,
    rowsMax,
  )
  for (const { id } of rows) removeDelivery(db, endpoint, id)
  return rows.length
}

function eraseEvents(db: Database, label: string, rowsMax: number): number {
  const rows = db.all<EventRow>(
    `SELECT ${eventRow} FROM events_of_tenant i CROSS JOIN events e ON e.seq = i.seq WHERE i.tenant = ? LIMIT ?`,
    label,
    rowsMax,
  )
  return removeEvents(db, rows)
}

export function eraseReads(db: Database) {
  return {
    findErasure(id: ErasureId): Erasure | null {
      const row = db.get<ErasureColumns>('SELECT * FROM erasures WHERE id = ?', id)
      return row === undefined ? null : erasureOf(row)
    },
  }
}
