// Operational events, written in the transaction of the change that they tell of.

import type { DeliveryId, EndpointKey } from '../../domain/ids.ts'
import { type EndpointTelling, systemDialect, systemTenant, type Telling } from '../../domain/operational-events.ts'
import { stepMs } from '../../domain/statistics.ts'
import { minute } from '../../domain/time.ts'
import { attributesText } from '../first-event.ts'
import {
  Audience,
  audienceColumns,
  type AudienceColumns,
  chooseTold,
  leftOutOf,
  type News,
  type ToldColumns,
} from '../telling-rows.ts'
import type { Changes } from './changes.ts'
import { type Database, type Session, withoutNul } from './database.ts'
import { isOff } from './upkeep.ts'

/** The result of the moves and summaries of a commit. */
export interface Made {
  readonly fenced: readonly DeliveryId[]
  readonly disabled: readonly EndpointKey[]
}

const toldColumns = 'endpoint, type, minute, told, left_out, last'

export async function audienceOf(session: Session): Promise<Audience> {
  const rows = await session.all<AudienceColumns>(
    `SELECT ${audienceColumns}
     FROM (SELECT label, retain_data_seconds FROM tenants
           WHERE id = ANY(ARRAY[$1]) AND dialect = $2 ORDER BY id LIMIT 1) t
       CROSS JOIN LATERAL (SELECT * FROM endpoints WHERE tenant = ANY(ARRAY[t.label]) ORDER BY tenant, id) p
     WHERE p.enabled AND p.deleted_at IS NULL`,
    systemTenant,
    systemDialect,
  )
  return new Audience(rows)
}

/** Tells in the transaction of the caller. False: no endpoint of the system tenant wants one of the events. */
export async function tell(session: Session, changes: Changes, all: readonly Telling[], now: number): Promise<boolean> {
  return all.length > 0 && store(session, changes, await audienceOf(session), all, now)
}

/** As `tell`, for the tellings that are true, without those past the bound. @param audience not empty */
export async function tellOfCommit(
  session: Session,
  changes: Changes,
  audience: Audience,
  all: readonly EndpointTelling[],
  made: Made,
  now: number,
): Promise<boolean> {
  const turned = await turnedIn(session, audience, all, now)
  const isTrue = (telling: EndpointTelling): boolean => {
    if (telling.type === 'delivery.exhausted') return !made.fenced.includes(telling.delivery)
    if (telling.type === 'endpoint.disabled') return made.disabled.includes(telling.endpoint)
    return turned.has(telling.endpoint)
  }
  const wanted = all.filter((telling) => isTrue(telling) && audience.isWanted(telling))
  if (wanted.length === 0) return false
  // Locked in one order, so that two nodes do not deadlock.
  const stored = await session.all<ToldColumns>(
    `SELECT ${toldColumns} FROM tellings WHERE endpoint = ANY($1::bigint[]) ORDER BY endpoint, type FOR UPDATE`,
    wanted.map(({ endpoint }) => endpoint),
  )
  const { told, rows } = chooseTold(wanted, stored, now)
  const sorted = rows.toSorted((one, other) => one.endpoint - other.endpoint || (one.type < other.type ? -1 : 1))
  await session.run(
    `INSERT INTO tellings (${toldColumns})
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::int[], $5::int[], $6::text[])
     ON CONFLICT (endpoint, type) DO UPDATE SET
       minute = excluded.minute, told = excluded.told, left_out = excluded.left_out, last = excluded.last`,
    sorted.map(({ endpoint }) => endpoint),
    sorted.map(({ type }) => type),
    sorted.map((row) => row.minute),
    sorted.map((row) => row.told),
    sorted.map((row) => row.left_out),
    sorted.map(({ last }) => withoutNul(last)),
  )
  return store(session, changes, audience, told, now)
}

/** The endpoints that are enabled and whose last told change of health is another one. */
async function turnedIn(
  session: Session,
  { watchesHealthSince: since }: Audience,
  all: readonly EndpointTelling[],
  now: number,
): Promise<ReadonlySet<EndpointKey>> {
  const health = all.filter(({ type }) => type === 'endpoint.failing' || type === 'endpoint.recovered')
  if (since === Infinity || health.length === 0) return new Set()
  const rows = await session.all<{ endpoint: EndpointKey }>(
    `UPDATE endpoint_status s SET failing_told_at = CASE WHEN h.fails THEN $3::bigint END
     FROM unnest($1::bigint[], $2::boolean[]) AS h(endpoint, fails)
     WHERE s.endpoint = h.endpoint AND s.endpoint = ANY($1::bigint[])
       AND (s.failing_told_at >= $4) IS TRUE <> h.fails AND NOT ${isOff}
     RETURNING s.endpoint`,
    health.map(({ endpoint }) => endpoint),
    health.map(({ type }) => type === 'endpoint.failing'),
    now,
    since,
  )
  return new Set(rows.map(({ endpoint }) => endpoint))
}

async function store(
  session: Session,
  changes: Changes,
  audience: Audience,
  all: readonly Telling[],
  now: number,
): Promise<boolean> {
  const news = all.map((telling) => audience.newsOf(telling, now)).filter(({ deliveries }) => deliveries.length > 0)
  if (news.length === 0) return false
  const stored = await addEvents(session, audience.label, news)
  const births = news.flatMap(({ event, deliveries }) => {
    const seq = stored.get(event.id)
    return seq === undefined ? [] : deliveries.map(({ id, endpoint }) => ({ id, endpoint, seq }))
  })
  if (births.length === 0) return false
  const endpoints = [...new Set(births.map(({ endpoint }) => endpoint))]
  await session.run(
    'SELECT FROM endpoint_status WHERE endpoint = ANY($1::bigint[]) ORDER BY endpoint FOR NO KEY UPDATE',
    endpoints,
  )
  await session.run(
    `INSERT INTO deliveries (id, event, endpoint, status, due_at)
     SELECT b.id, b.event, b.endpoint, 0, $4 FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS b(id, event, endpoint)`,
    births.map(({ id }) => id),
    births.map(({ seq }) => seq),
    births.map(({ endpoint }) => endpoint),
    now,
  )
  await session.run(
    `UPDATE endpoint_status s SET
       next_due_at = least(s.next_due_at, greatest($2, s.paused_until)), sweep = s.sweep OR ${isOff}
     WHERE s.endpoint = ANY($1::bigint[])`,
    endpoints,
    now,
  )
  const counts = news.filter(({ event }) => stored.has(event.id)).map(({ event }) => [audience.label, event.type, 1])
  await session.run(
    'INSERT INTO stats_commits (minute, events) VALUES ($1, $2)',
    now - (now % stepMs.minute),
    JSON.stringify(counts),
  )
  await session.run('SELECT pg_notify($1, $2)', ...changes.message({ kind: 'due' }))
  return true
}

/** Returns the numbers of the events by their ids. One whose id the operator has posted is left out. */
async function addEvents(session: Session, label: string, news: readonly News[]): Promise<ReadonlyMap<string, number>> {
  const events = news.map(({ event }) => event)
  const rows = await session.all<{ id: string; seq: number }>(
    `INSERT INTO events (seq, tenant, id, type, data, attributes, occurred_at, accepted_at, deliveries, erase_at)
     SELECT nextval('event_seqs'), $1, e.* FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[],
       $7::bigint[], $8::int[], $9::bigint[]) AS e
     ON CONFLICT (id, tenant) DO NOTHING
     RETURNING id, seq`,
    label,
    events.map(({ id }) => id),
    events.map(({ type }) => type),
    events.map(({ data }) => withoutNul(data)),
    events.map(attributesText),
    events.map(({ occurredAt }) => occurredAt),
    events.map(({ acceptedAt }) => acceptedAt),
    news.map(({ deliveries }) => deliveries.length),
    events.map(({ eraseAt }) => eraseAt ?? null),
  )
  return new Map(rows.map(({ id, seq }) => [id, seq]))
}

export function tellingRole(db: Database, changes: Changes) {
  return {
    async tellLeftOut(now: number, rowsMax: number): Promise<number> {
      const old = 'SELECT FROM tellings WHERE minute < $1 ORDER BY minute LIMIT 1'
      if ((await db.get(old, Math.floor(now / minute))) === undefined) return 0
      return db.transaction(async (session) => {
        const rows = await session.all<ToldColumns>(
          `DELETE FROM tellings WHERE ctid = ANY(ARRAY(
             SELECT ctid FROM tellings WHERE minute < $1 ORDER BY minute LIMIT $2 FOR UPDATE SKIP LOCKED))
           RETURNING ${toldColumns}`,
          Math.floor(now / minute),
          rowsMax,
        )
        const told = rows.flatMap((row) => leftOutOf(row) ?? [])
        await tell(session, changes, told, now)
        return rows.length
      })
    },
  }
}
