// Replays. Any node runs the next step of a replay. A node skips a replay whose step another node is running.

import type { NewAuditRecord } from '../../domain/audit.ts'
import type { DeliveryId, EndpointKey, ReplayId, TenantId } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
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
import { pageOf } from '../pages.ts'
import {
  advance,
  afterAllIds,
  before,
  choose,
  eventPlace,
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
  type VisitedColumns,
  type VisitedEndpoint,
  type VisitedEvent,
  visitedEvents,
  walkOf,
} from '../replay-rows.ts'
import { eventColumns } from '../rows.ts'
import { addAudit } from './audit.ts'
import type { Changes } from './changes.ts'
import type { Database, Session } from './database.ts'
import { idsFrom, lowestId, nowDue, rearm } from './history.ts'
import { isLiving, labelOf } from './labels.ts'
import { tell } from './tellings.ts'

const living = `SELECT ${replayColumns} FROM replays r WHERE ${isLiving('r.tenant')}`
const ofId = `${living} AND r.id = ANY(ARRAY[$1]) ORDER BY r.id`

export function replayReads(db: Database) {
  return {
    async findReplay(id: ReplayId): Promise<Replay | null> {
      const row = await db.get<ReplayColumns>(ofId, id)
      return row === undefined ? null : replayOf(row)
    },

    async listReplays(tenant: TenantId | null, { limit, after }: PageRequest): Promise<Page<Replay>> {
      const of = tenant === null ? '' : `AND r.tenant = ANY(ARRAY[${labelOf('$3')}])`
      const order = tenant === null ? 'r.id DESC' : 'r.tenant DESC, r.id DESC'
      const rows = await db.all<ReplayColumns>(
        `${living} ${of} AND r.id < $1 ORDER BY ${order} LIMIT $2`,
        after ?? afterAllIds,
        limit + 1,
        ...(tenant === null ? [] : [tenant]),
      )
      return pageOf(rows, limit, replayOf, (row) => row.id)
    },

    async replaysUnderWay(rowsMax: number): Promise<ReplayUnderWay[]> {
      const due = `${living} AND r.due_at IS NOT NULL ORDER BY r.due_at LIMIT $1`
      return (await db.all<ReplayColumns>(due, rowsMax)).map(underWayOf)
    },

    async eventsToReplay(
      { replay: { id, filter }, place }: ReplayUnderWay,
      since: number,
      rowsMax: number,
    ): Promise<{ events: ReplayedEvent[]; last: ReplayPlace | null }> {
      const { acceptedAt, seq } = eventPlace(place)
      const rows = await db.all<VisitedEvent>(
        `SELECT e.seq, e.test, ${eventColumns} FROM (
           SELECT p.*, sum(octet_length(data)) OVER (ORDER BY accepted_at, seq) - octet_length(data) AS bytes_before
           FROM (SELECT * FROM events
                 WHERE tenant = ANY(ARRAY(SELECT tenant FROM replays WHERE id = ANY(ARRAY[$1]) ORDER BY id))
                   AND accepted_at >= $2 AND accepted_at < $3 AND (accepted_at > $4 OR seq > $5)
                 ORDER BY tenant, accepted_at, seq LIMIT $6) p) e
         WHERE bytes_before < $7 ORDER BY accepted_at, seq`,
        id,
        Math.max(since, filter.from, acceptedAt),
        filter.to,
        acceptedAt,
        seq,
        rowsMax,
        limits.eraseStepBytes,
      )
      return visitedEvents(rows)
    },
  }
}

export function replayRole(db: Database, changes: Changes) {
  return {
    createReplay(created: NewReplay, audit: readonly NewAuditRecord[] = []): Promise<ReplayResult> {
      const { replay, asked } = created
      return db.transaction(async (session): Promise<ReplayResult> => {
        await takeTurn(session)
        const tenant = await session.get<{ label: string | null }>(`SELECT ${labelOf('$1')} AS label`, replay.tenant)
        const label = tenant?.label ?? null
        if (label === null) return { kind: 'absent' }
        const refusal = refusalOf(replay.state, asked, await othersOf(session, label, replay.state))
        if (refusal !== null) return refusal
        const [id, ...values] = newReplayValues(created)
        await session.run(
          `INSERT INTO replays (id, tenant, asked, filter, missing, state, rate, progress, step, due_at, created_at,
             started_at, ended_at, expires_at, error)
           VALUES ($1, $2, $3, $4, $5::int = 1, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
          id,
          label,
          ...values,
        )
        await addAudit(session, audit)
        return { kind: 'written', replay }
      })
    },

    startReplay(id: ReplayId, now: number, audit: readonly NewAuditRecord[] = []): Promise<ReplayResult> {
      return change(id, audit, async (session, row) => {
        if (row.state !== 'preview') return { kind: 'unfit', state: row.state }
        if ((row.expires_at ?? 0) <= now) return { kind: 'expired' }
        const refusal = refusalOf('running', row.asked, await othersOf(session, row.tenant, 'running'))
        if (refusal !== null) return refusal
        await session.run(
          `UPDATE replays SET state = 'running', started_at = $1, expires_at = NULL, due_at = $1, step = step + 1
           WHERE id = $2`,
          now,
          id,
        )
        return null
      })
    },

    cancelReplay(id: ReplayId, now: number, audit: readonly NewAuditRecord[] = []): Promise<ReplayResult> {
      return change(id, audit, async (session, { state }) => {
        if (state !== 'preview' && state !== 'running') return { kind: 'unfit', state }
        await end(session, id, 'cancelled', now, null)
        return null
      })
    },

    async failReplay(id: ReplayId, now: number, error: string): Promise<Replay | null> {
      const result = await change(id, [], async (session, { state, due_at: dueAt }) => {
        if (dueAt === null) return { kind: 'unfit', state }
        await end(session, id, 'failed', now, error)
        return null
      })
      return result.kind === 'written' ? result.replay : null
    },

    replayStep(step: ReplayStep): Promise<{ underWay: ReplayUnderWay; sent: readonly EndpointKey[] } | null> {
      return db.transaction(async (session) => {
        const row = await session.get<ReplayColumns>(
          `${living} AND r.id = ANY(ARRAY[$1]) AND r.step = $2 AND r.due_at IS NOT NULL ORDER BY r.id
           FOR NO KEY UPDATE OF r SKIP LOCKED`,
          step.replay,
          step.step,
        )
        if (row === undefined) return null
        const former = underWayOf(row)
        const taken = await take(session, row.tenant, former, step)
        if (taken === null) return null
        const underWay = advance(former, taken, step.now)
        await session.run(
          `UPDATE replays SET progress = $1, state = $2, started_at = $3, ended_at = $4, step = $5, due_at = $6
           WHERE id = $7`,
          ...stepValues(underWay),
          row.id,
        )
        for (const endpoint of taken.sent) await session.run(nowDue, endpoint)
        if (taken.sent.length > 0) await session.run('SELECT pg_notify($1, $2)', ...changes.message({ kind: 'due' }))
        await tellEnd(session, underWay.replay, step.now)
        return { underWay, sent: taken.sent }
      })
    },
  }

  /** Only one replay at a time is created or changed, so that the others of its tenant do not change meanwhile. */
  async function takeTurn(session: Session): Promise<void> {
    await session.run('SELECT pg_advisory_xact_lock(hashtext($1))', `posthorn replays ${db.schema}`)
  }

  async function tellEnd(session: Session, replay: Replay, now: number): Promise<void> {
    const telling = replayFinished(replay)
    if (telling !== null) await tell(session, changes, [telling], now)
  }

  /** @param apply writes the change; returns why it cannot */
  function change(
    id: ReplayId,
    audit: readonly NewAuditRecord[],
    apply: (session: Session, row: ReplayColumns) => Promise<ReplayResult | null>,
  ): Promise<ReplayResult> {
    return db.transaction(async (session): Promise<ReplayResult> => {
      await takeTurn(session)
      // Waits for a step that is running.
      const row = await session.get<ReplayColumns>(`${ofId} FOR NO KEY UPDATE OF r`, id)
      if (row === undefined) return { kind: 'absent' }
      const refusal = await apply(session, row)
      if (refusal !== null) return refusal
      await addAudit(session, audit)
      const replay = replayOf((await session.get<ReplayColumns>(ofId, id)) as ReplayColumns)
      await tellEnd(session, replay, replay.endedAt ?? 0)
      return { kind: 'written', replay }
    })
  }
}

function othersOf(
  session: Session,
  label: string,
  state: Replay['state'],
): Promise<Pick<ReplayColumns, 'id' | 'asked'>[]> {
  return session.all('SELECT id, asked FROM replays WHERE tenant = $1 AND state = $2 ORDER BY tenant, id', label, state)
}

async function end(
  session: Session,
  id: ReplayId,
  state: 'cancelled' | 'failed',
  now: number,
  error: string | null,
): Promise<void> {
  await session.run(
    'UPDATE replays SET state = $1, ended_at = $2, error = $3, expires_at = NULL, due_at = NULL WHERE id = $4',
    state,
    now,
    error,
    id,
  )
}

function take(session: Session, label: string, underWay: ReplayUnderWay, step: ReplayStep): Promise<Taken | null> {
  const { missing, now, rowsMax } = step
  if (missing === null) return walk(session, label, underWay, now, rowsMax)
  return add(session, label, underWay.replay, missing, now)
}

/** Visits the deliveries of the tenant's endpoints, endpoint by endpoint. */
async function walk(
  session: Session,
  label: string,
  { replay, place }: ReplayUnderWay,
  now: number,
  rowsMax: number,
): Promise<Taken> {
  const room = roomOf(replay)
  const walked = walkOf(rowsMax, room)
  let at = place !== null && 'endpoint' in place ? place : { endpoint: 0 as EndpointKey, after: null }
  while (walked.rowsLeft > 0 && walked.roomLeft > 0) {
    const endpoint = await endpointFrom(session, label, at.endpoint, replay)
    if (endpoint === undefined) return walked.end(null)
    // Locked first, as everywhere: only the holder of this lock may change the waiting deliveries of the endpoint.
    if (room !== Infinity) await lockStatus(session, [endpoint.key])
    const after = endpoint.key === at.endpoint ? at.after : null
    const rows = await visited(session, endpoint.key, after, replay, walked.rowsLeft)
    const chosen = choose(rows, replay, Boolean(endpoint.enabled), walked.roomLeft)
    const isLast = rows.length < walked.rowsLeft && chosen.last === (rows.at(-1)?.id ?? null)
    const rearmed = room === Infinity ? null : await rearmAll(session, endpoint.key, chosen.ids, now)
    walked.add(endpoint, rows.length, chosen, rearmed)
    at = isLast
      ? { endpoint: (endpoint.key + 1) as EndpointKey, after: null }
      : { endpoint: endpoint.key, after: chosen.last }
  }
  return walked.end(at)
}

async function lockStatus(session: Session, endpoints: readonly EndpointKey[]): Promise<void> {
  await session.run(
    'SELECT FROM endpoint_status WHERE endpoint = ANY($1::bigint[]) ORDER BY endpoint FOR NO KEY UPDATE',
    endpoints,
  )
}

/** The first endpoint of the replay with this key or a higher one. */
function endpointFrom(
  session: Session,
  label: string,
  key: EndpointKey,
  { filter }: Replay,
): Promise<VisitedEndpoint | undefined> {
  return session.get<VisitedEndpoint>(
    `SELECT key, id, enabled FROM (
       SELECT key, id, enabled FROM endpoints WHERE tenant = ANY(ARRAY[$1]) AND deleted_at IS NULL ORDER BY tenant, id) e
     WHERE key >= $2 AND ($3::bigint IS NULL OR key = $3) ORDER BY key LIMIT 1`,
    label,
    key,
    filter.endpoint?.key ?? null,
  )
}

function visited(
  session: Session,
  endpoint: EndpointKey,
  after: DeliveryId | null,
  { filter: { from, to } }: Replay,
  rowsMax: number,
): Promise<VisitedColumns[]> {
  return session.all<VisitedColumns>(
    `SELECT d.id, d.status, d.ended_at, d.node <> 0 AS held, e.type, e.erased_at IS NOT NULL AS erased,
       (SELECT kind FROM attempts WHERE delivery = d.id AND number = d.attempts) AS outcome
     FROM (SELECT * FROM deliveries WHERE endpoint = ANY($1::bigint[]) AND id > $2 AND id >= $3 AND id < $4
           ORDER BY endpoint, id LIMIT $5) d
       CROSS JOIN LATERAL (SELECT type, erased_at FROM events WHERE seq = d.event LIMIT 1) e
     ORDER BY d.id`,
    [endpoint],
    after ?? lowestId,
    idsFrom(from),
    idsFrom(to),
    rowsMax,
  )
}

/** Returns how many were made due: one that a commit has just leased is not. */
async function rearmAll(
  session: Session,
  endpoint: EndpointKey,
  ids: readonly DeliveryId[],
  now: number,
): Promise<number> {
  return ids.length === 0 ? 0 : session.run(`${rearm} id = ANY($3::uuid[])`, now, endpoint, ids)
}

/** Counts or adds the wanted deliveries that do not exist. Null: the tenant has another version. */
async function add(
  session: Session,
  label: string,
  replay: Replay,
  { version, wanted, last }: NonNullable<ReplayStep['missing']>,
  now: number,
): Promise<Taken | null> {
  const room = roomOf(replay)
  // Two replays that add deliveries for one endpoint take turns.
  if (room !== Infinity) await lockStatus(session, [...new Set(wanted.map(({ endpoint }) => endpoint))])
  const isCurrent = 'SELECT FROM tenants WHERE label = ANY(ARRAY[$1]) AND version = $2 ORDER BY label'
  if ((await session.get(isCurrent, label, version)) === undefined) return null
  const missing = await missingOf(session, wanted)
  if (room === Infinity) return takenOf(missing, 0, last)
  const added = await addAll(session, missing.slice(0, room), now)
  const next = missing[room]
  return takenOf(added, added.length, next === undefined ? last : before(next))
}

async function missingOf(session: Session, wanted: readonly WantedDelivery[]): Promise<WantedDelivery[]> {
  const existing = await session.all<{ place: number }>(
    `SELECT w.place FROM unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::uuid[])
       WITH ORDINALITY AS w(event, endpoint, first, after, place)
       CROSS JOIN LATERAL (
         SELECT FROM deliveries d
         WHERE d.id >= w.first AND d.id < w.after AND d.event = w.event AND d.endpoint = w.endpoint
         ORDER BY d.id LIMIT 1) d`,
    wanted.map(({ seq }) => seq),
    wanted.map(({ endpoint }) => endpoint),
    wanted.map(({ acceptedAt }) => idsFrom(acceptedAt)),
    wanted.map(({ acceptedAt }) => idsFrom(acceptedAt + 1)),
  )
  const places = new Set(existing.map(({ place }) => place))
  return wanted.filter((_, index) => !places.has(index + 1))
}

/** Returns those that were added: not those whose event is gone, or its data. */
async function addAll(
  session: Session,
  deliveries: readonly WantedDelivery[],
  now: number,
): Promise<readonly WantedDelivery[]> {
  if (deliveries.length === 0) return deliveries
  // The lock keeps the events: retention may not remove one before its delivery is there.
  const added = await session.all<{ id: string }>(
    `WITH kept AS MATERIALIZED (
       SELECT seq FROM events WHERE seq = ANY($2::bigint[]) AND erased_at IS NULL ORDER BY seq FOR KEY SHARE)
     INSERT INTO deliveries (id, event, endpoint, status, due_at)
     SELECT w.id, w.event, w.endpoint, 0, $4 FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS w(id, event, endpoint)
     WHERE w.event = ANY(ARRAY(SELECT seq FROM kept)) RETURNING id`,
    deliveries.map(({ id }) => id),
    deliveries.map(({ seq }) => seq),
    deliveries.map(({ endpoint }) => endpoint),
    now,
  )
  const ids = new Set(added.map(({ id }) => id))
  return deliveries.filter(({ id }) => ids.has(id))
}
