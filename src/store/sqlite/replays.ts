import type { NewAuditRecord } from '../../domain/audit.ts'
import { type DeliveryId, type EndpointKey, lowestUuidV7, type ReplayId, type TenantId } from '../../domain/ids.ts'
import { replayFinished } from '../../domain/operational-events.ts'
import type { Replay } from '../../domain/replay.ts'
import type { Page, PageRequest } from '../../contracts/page.ts'
import type {
  NewReplay,
  ReplayedEvent,
  ReplayPlace,
  ReplayResult,
  ReplayStep,
  ReplayUnderWay,
  WantedDelivery,
} from '../../contracts/replay-store.ts'
import {
  advance,
  afterAllIds,
  before,
  choose,
  newReplayValues,
  refusalOf,
  type ReplayColumns,
  replayColumns,
  replayOf,
  roomOf,
  stepValues,
  type Taken,
  takenOf,
  underWayOf,
  eventPlace,
  visitedEvents,
  type VisitedEvent,
  type VisitedColumns,
  type VisitedEndpoint,
  walkOf,
} from '../replay-rows.ts'
import { addAudit } from './audit.ts'
import type { Database } from './database.ts'
import { settle } from './deferred-indexes.ts'
import { nowDue, rearm } from './history.ts'
import { isLiving, labelOf } from './labels.ts'
import { tellings } from './tellings.ts'
import { pageOf } from '../pages.ts'
import { eventColumns } from '../rows.ts'
import { limits } from '../../domain/limits.ts'

const living = `SELECT ${replayColumns} FROM replays r WHERE ${isLiving('r.tenant')}`

export function replayReads(db: Database) {
  return {
    findReplay(id: ReplayId): Replay | null {
      const row = db.get<ReplayColumns>(`${living} AND r.id = ?`, id)
      return row === undefined ? null : replayOf(row)
    },

    listReplays(tenant: TenantId | null, { limit, after }: PageRequest): Page<Replay> {
      const of = tenant === null ? '?1 IS NULL' : `r.tenant = ${labelOf('?1')}`
      const rows = db.all<ReplayColumns>(
        `${living} AND ${of} AND r.id < ?2 ORDER BY r.id DESC LIMIT ?3`,
        tenant,
        after ?? afterAllIds,
        limit + 1,
      )
      return pageOf(rows, limit, replayOf, (row) => row.id)
    },

    replaysUnderWay(rowsMax: number): ReplayUnderWay[] {
      return db
        .all<ReplayColumns>(`${living} AND r.due_at IS NOT NULL ORDER BY r.due_at LIMIT ?`, rowsMax)
        .map(underWayOf)
    },

    eventsToReplay(
      { replay: { id, filter }, place }: ReplayUnderWay,
      since: number,
      rowsMax: number,
    ): { events: ReplayedEvent[]; last: ReplayPlace | null } {
      const { acceptedAt, seq } = eventPlace(place)
      const rows = db.prepare(
        `SELECT e.seq, e.test, ${eventColumns} FROM events_of_tenant i CROSS JOIN events e ON e.seq = i.seq
         WHERE i.tenant = (SELECT tenant FROM replays WHERE id = ?) AND (i.accepted_at, i.seq) > (?, ?)
           AND i.accepted_at >= ? AND i.accepted_at < ? ORDER BY i.accepted_at, i.seq LIMIT ?`,
      )
      const page: VisitedEvent[] = []
      let bytes = 0
      const from = Math.max(since, filter.from)
      for (const row of rows.iterate(id, acceptedAt, seq, from, filter.to, rowsMax) as Iterable<unknown>) {
        page.push(row as VisitedEvent)
        bytes += (row as VisitedEvent).data.length
        if (bytes >= limits.eraseStepBytes) break
      }
      return visitedEvents(page)
    },
  }
}

export function replayRole(db: Database) {
  const { tell } = tellings(db)
  return {
    createReplay(created: NewReplay, audit: readonly NewAuditRecord[] = []): ReplayResult {
      const { replay, asked } = created
      return db.transaction(() => {
        const label = db.get<{ label: string }>('SELECT label FROM tenants WHERE id = ?', replay.tenant)?.label
        if (label === undefined) return { kind: 'absent' }
        const refusal = refusalOf(replay.state, asked, othersOf(label, replay.state))
        if (refusal !== null) return refusal
        settle(db)
        const [id, ...values] = newReplayValues(created)
        db.run(`INSERT INTO replays VALUES (?, ?, ${values.map(() => '?').join(', ')})`, id, label, ...values)
        addAudit(db, audit)
        return { kind: 'written', replay }
      })
    },

    startReplay(id: ReplayId, now: number, audit: readonly NewAuditRecord[] = []): ReplayResult {
      return change(id, audit, (row) => {
        if (row.state !== 'preview') return { kind: 'unfit', state: row.state }
        if ((row.expires_at ?? 0) <= now) return { kind: 'expired' }
        const refusal = refusalOf('running', row.asked, othersOf(row.tenant, 'running'))
        if (refusal !== null) return refusal
        db.run(
          `UPDATE replays SET state = 'running', started_at = ?1, expires_at = NULL, due_at = ?1, step = step + 1
           WHERE id = ?2`,
          now,
          id,
        )
        return null
      })
    },

    cancelReplay(id: ReplayId, now: number, audit: readonly NewAuditRecord[] = []): ReplayResult {
      return change(id, audit, ({ state }) => {
        if (state !== 'preview' && state !== 'running') return { kind: 'unfit', state }
        end(id, 'cancelled', now, null)
        return null
      })
    },

    failReplay(id: ReplayId, now: number, error: string): Replay | null {
      const result = change(id, [], ({ state, due_at: dueAt }) => {
        if (dueAt === null) return { kind: 'unfit', state }
        end(id, 'failed', now, error)
        return null
      })
      return result.kind === 'written' ? result.replay : null
    },

    replayStep(step: ReplayStep): { underWay: ReplayUnderWay; sent: readonly EndpointKey[] } | null {
      return db.transaction(() => {
        const where = 'r.id = ? AND r.step = ? AND r.due_at IS NOT NULL'
        const row = db.get<ReplayColumns>(`${living} AND ${where}`, step.replay, step.step)
        if (row === undefined) return null
        const former = underWayOf(row)
        const { missing, now, rowsMax } = step
        const taken =
          missing === null ? walk(db, row.tenant, former, now, rowsMax) : add(db, row.tenant, former, missing, now)
        if (taken === null) return null
        const underWay = advance(former, taken, now)
        const columns = 'progress = ?, state = ?, started_at = ?, ended_at = ?, step = ?, due_at = ?'
        db.run(`UPDATE replays SET ${columns} WHERE id = ?`, ...stepValues(underWay), row.id)
        for (const endpoint of taken.sent) db.run(nowDue, endpoint)
        tellEnd(underWay.replay, now)
        return { underWay, sent: taken.sent }
      })
    },
  }

  /** @param apply writes the change; returns why it cannot */
  function change(
    id: ReplayId,
    audit: readonly NewAuditRecord[],
    apply: (row: ReplayColumns) => ReplayResult | null,
  ): ReplayResult {
    return db.transaction(() => {
      const row = db.get<ReplayColumns>(`${living} AND r.id = ?`, id)
      if (row === undefined) return { kind: 'absent' }
      const refusal = apply(row)
      if (refusal !== null) return refusal
      addAudit(db, audit)
      const replay = replayOf(db.get<ReplayColumns>(`${living} AND r.id = ?`, id) as ReplayColumns)
      tellEnd(replay, replay.endedAt ?? 0)
      return { kind: 'written', replay }
    })
  }

  function tellEnd(replay: Replay, now: number): void {
    const telling = replayFinished(replay)
    if (telling !== null) tell([telling], now)
  }

  function end(id: ReplayId, state: 'cancelled' | 'failed', now: number, error: string | null): void {
    db.run(
      'UPDATE replays SET state = ?, ended_at = ?, error = ?, expires_at = NULL, due_at = NULL WHERE id = ?',
      state,
      now,
      error,
      id,
    )
  }

  function othersOf(label: string, state: Replay['state']): Pick<ReplayColumns, 'id' | 'asked'>[] {
    return db.all('SELECT id, asked FROM replays WHERE tenant = ? AND state = ?', label, state)
  }
}

/** Visits the deliveries of the tenant's endpoints, endpoint by endpoint. */
function walk(db: Database, label: string, { replay, place }: ReplayUnderWay, now: number, rowsMax: number): Taken {
  const room = roomOf(replay)
  const walked = walkOf(rowsMax, room)
  let at = place !== null && 'endpoint' in place ? place : { endpoint: 0 as EndpointKey, after: null }
  while (walked.rowsLeft > 0 && walked.roomLeft > 0) {
    const endpoint = endpointFrom(db, label, at.endpoint, replay)
    if (endpoint === undefined) return walked.end(null)
    const after = endpoint.key === at.endpoint ? at.after : null
    const rows = visited(db, endpoint.key, after, replay, walked.rowsLeft)
    const chosen = choose(rows, replay, Boolean(endpoint.enabled), walked.roomLeft)
    const isLast = rows.length < walked.rowsLeft && chosen.last === (rows.at(-1)?.id ?? null)
    const rearmed = room === Infinity ? null : chosen.ids.reduce((sum, id) => sum + db.run(rearm, now, id), 0)
    walked.add(endpoint, rows.length, chosen, rearmed)
    at = isLast
      ? { endpoint: (endpoint.key + 1) as EndpointKey, after: null }
      : { endpoint: endpoint.key, after: chosen.last }
  }
  return walked.end(at)
}

/** The first endpoint of the replay with this key or a higher one. */
function endpointFrom(db: Database, label: string, key: EndpointKey, { filter }: Replay): VisitedEndpoint | undefined {
  return db.get<VisitedEndpoint>(
    `SELECT key, id, enabled FROM endpoints
     WHERE tenant = ?1 AND key >= ?2 AND (?3 IS NULL OR key = ?3) AND deleted_at IS NULL ORDER BY key LIMIT 1`,
    label,
    key,
    filter.endpoint?.key ?? null,
  )
}

function visited(
  db: Database,
  endpoint: EndpointKey,
  after: DeliveryId | null,
  { filter: { from, to } }: Replay,
  rowsMax: number,
): VisitedColumns[] {
  return db.all<VisitedColumns>(
    `SELECT d.id, d.status, d.ended_at, d.node IS NOT NULL AS held, e.type, e.erased_at IS NOT NULL AS erased,
       (SELECT kind FROM attempts WHERE delivery = d.id AND number = d.attempts) AS outcome
     FROM deliveries_of_endpoint i CROSS JOIN deliveries d ON d.id = i.id CROSS JOIN events e ON e.seq = d.event
     WHERE i.endpoint = ? AND i.id > ? AND i.id >= ? AND i.id < ? ORDER BY i.id LIMIT ?`,
    endpoint,
    after ?? '',
    lowestUuidV7(from),
    lowestUuidV7(to),
    rowsMax,
  )
}

/** Counts or adds the wanted deliveries that do not exist. Null: the tenant has another version. */
function add(
  db: Database,
  label: string,
  { replay }: ReplayUnderWay,
  { version, wanted, last }: NonNullable<ReplayStep['missing']>,
  now: number,
): Taken | null {
  if (db.get('SELECT 1 FROM tenants WHERE label = ? AND version = ?', label, version) === undefined) return null
  const room = roomOf(replay)
  const missing = wanted.filter((delivery) => isMissing(db, delivery))
  if (room === Infinity) return takenOf(missing, 0, last)
  const added = missing.slice(0, room).filter((delivery) => addDelivery(db, delivery, now))
  const next = missing[room]
  return takenOf(added, added.length, next === undefined ? last : before(next))
}

function isMissing(db: Database, { acceptedAt, seq, endpoint }: WantedDelivery): boolean {
  const found = db.get(
    'SELECT 1 FROM deliveries WHERE id >= ? AND id < ? AND event = ? AND endpoint = ?',
    lowestUuidV7(acceptedAt),
    lowestUuidV7(acceptedAt + 1),
    seq,
    endpoint,
  )
  return found === undefined
}

/** False: its event is gone, or its data. */
function addDelivery(db: Database, { id, seq, endpoint }: WantedDelivery, now: number): boolean {
  const added = db.run(
    `INSERT INTO deliveries (id, event, endpoint, status, due_at)
     SELECT ?, seq, ?, 0, ? FROM events WHERE seq = ? AND erased_at IS NULL`,
    id,
    endpoint,
    now,
    seq,
  )
  if (added > 0) db.run('INSERT INTO deliveries_of_endpoint VALUES (?, ?)', endpoint, id)
  return added > 0
}
