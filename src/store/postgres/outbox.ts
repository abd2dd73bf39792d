// The outbox, which the function `posthorn_publish` fills (the migration `outbox`). A claim writes the node into the rows
// instead of locking them: the commit that stores the events runs on another connection. Rows of a dead node are free,
// because the database refuses its commits.

import type { EventId, Incarnation, OutboxKey } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import type { WriteEnvelope, WriteResult } from '../../contracts/account-store.ts'
import type {
  OutboxClaim,
  OutboxEvent,
  OutboxReads,
  OutboxStore,
  SetAside,
  SetAsideEvent,
} from '../../contracts/outbox-store.ts'
import type { Page, PageRequest } from '../../contracts/page.ts'
import { Abort } from '../abort.ts'
import { pageOf } from '../pages.ts'
import { tenantIdOf } from '../rows.ts'
import type { Changes, ChangeSession } from './changes.ts'
import type { Database, Session } from './database.ts'
import { isLiving } from './labels.ts'
import { sql } from './sql-text.ts'
import { write } from './write.ts'

interface OutboxRow {
  readonly key: OutboxKey
  readonly tenant: string
  readonly living: boolean
  readonly type: string
  readonly data: string
  readonly id: EventId | null
  readonly occurred_at: number | null
  readonly attributes: string | null
  readonly retain_seconds: number | null
  readonly written_at: number
}

/** $1 the label after which the tenants come, $2 the number of tenants. Looks up one row of each tenant. */
const tenantsStatement = sql`
  WITH RECURSIVE turns(tenant) AS (
    (SELECT tenant FROM outbox WHERE problem IS NULL AND tenant > $1 ORDER BY tenant LIMIT 1)
    UNION ALL
    SELECT (SELECT o.tenant FROM outbox o WHERE o.problem IS NULL AND o.tenant > t.tenant ORDER BY o.tenant LIMIT 1)
    FROM turns t
    WHERE t.tenant IS NOT NULL
  )
  SELECT tenant FROM turns WHERE tenant IS NOT NULL LIMIT $2`

/** $1 node, $2 tenants, $3 rows and $4 bytes of data that one tenant gets. */
const claimStatement = sql`
  WITH
  others AS MATERIALIZED (
    SELECT incarnation FROM nodes WHERE dead_at IS NULL AND incarnation <> $1
  ),
  oldest AS MATERIALIZED (
    SELECT o.key, o.bytes, t.place
    FROM unnest($2::text[]) WITH ORDINALITY AS t(tenant, place)
      CROSS JOIN LATERAL (
        SELECT key, octet_length(data) AS bytes FROM outbox
        WHERE problem IS NULL AND tenant = t.tenant AND node NOT IN (SELECT incarnation FROM others)
        ORDER BY tenant, key
        LIMIT $3
        FOR UPDATE SKIP LOCKED
      ) o
  ),
  fitting AS MATERIALIZED (
    SELECT key
    FROM (SELECT key, bytes, sum(bytes) OVER (PARTITION BY place ORDER BY key) AS bytes_so_far FROM oldest) s
    WHERE bytes_so_far - bytes < $4
  ),
  claimed AS (
    UPDATE outbox o SET node = $1
    WHERE key = ANY(ARRAY(SELECT key FROM fitting))
    RETURNING o.*
  )
  SELECT key, tenant, ${isLiving('c.tenant')} AS living, type, data, id, occurred_at, attributes, retain_seconds, written_at
  FROM claimed c
  ORDER BY key`

export function outboxRole(db: Database, changes: Changes): Omit<OutboxStore, keyof OutboxReads> {
  return {
    async claimOutbox(node: Incarnation, after: string): Promise<OutboxClaim> {
      const next = await tenantsAfter(after)
      const tenants = next.length === 0 && after !== '' ? await tenantsAfter('') : next
      if (tenants.length === 0) return { events: [], last: '' }
      const rows = await db.all<OutboxRow>(
        claimStatement,
        node,
        tenants,
        Math.ceil(limits.outboxClaimRows / tenants.length),
        limits.outboxClaimBytes / tenants.length,
      )
      return { events: rows.map(outboxEventOf), last: tenants.at(-1) ?? '' }
    },

    async watchOutbox(ms: number): Promise<void> {
      await db.run(
        `INSERT INTO outbox_watch AS w (watched_to) VALUES (clock_timestamp() + $1 * interval '1 millisecond')
         ON CONFLICT (id) DO UPDATE SET watched_to = greatest(w.watched_to, excluded.watched_to)`,
        ms,
      )
    },

    async setAside(node: Incarnation, events: readonly SetAside[]): Promise<void> {
      await db.run(
        `UPDATE outbox o SET problem = s.problem, node = 0,
           data = CASE WHEN s.erase THEN '{}' ELSE o.data END, attributes = CASE WHEN s.erase THEN NULL ELSE o.attributes END
         FROM unnest($2::bigint[], $3::text[], $4::boolean[]) AS s(key, problem, erase)
         WHERE o.key = s.key AND o.key = ANY($2::bigint[]) AND o.node = $1`,
        node,
        events.map(({ key }) => key),
        events.map(({ problem }) => problem),
        events.map(({ erase }) => erase),
      )
    },

    async removeFromOutbox(node: Incarnation, keys: readonly OutboxKey[]): Promise<void> {
      await db.run('DELETE FROM outbox WHERE key = ANY($2::bigint[]) AND node = $1', node, keys)
    },

    putBack: (key, envelope) =>
      changeSetAside(changes, envelope, async ({ session }) => {
        const count = await session.run(`UPDATE outbox SET problem = NULL WHERE ${setAsideOfKey}`, key)
        if (count > 0) await session.run('SELECT pg_notify($1, $2)', ...changes.message({ kind: 'outbox' }))
        return count
      }),

    removeSetAside: (key, envelope) =>
      changeSetAside(changes, envelope, ({ session }) => session.run(`DELETE FROM outbox WHERE ${setAsideOfKey}`, key)),

    async countOutbox(which): Promise<number> {
      const condition = which === 'waiting' ? 'problem IS NULL' : 'problem IS NOT NULL'
      return (await db.get<{ count: number }>(`SELECT count(*) AS count FROM outbox WHERE ${condition}`))?.count ?? 0
    },
  }

  async function tenantsAfter(label: string): Promise<string[]> {
    const rows = await db.all<{ tenant: string }>(tenantsStatement, label, limits.outboxClaimTenants)
    return rows.map(({ tenant }) => tenant)
  }
}

/** @param action returns the number of rows that it has changed */
function changeSetAside(
  changes: Changes,
  envelope: WriteEnvelope | undefined,
  action: (change: ChangeSession) => Promise<number>,
): Promise<WriteResult> {
  return write(changes, envelope, async (change) => {
    if ((await action(change)) === 0) throw new Abort('absent')
  })
}

type SetAsideRow = Pick<OutboxRow, 'key' | 'tenant' | 'type' | 'id' | 'occurred_at' | 'written_at'> & {
  readonly problem: string
}

const setAsideColumns = 'key, tenant, type, id, occurred_at, written_at, problem'
// IS NOT NULL would lead the planner through all events that were set aside, if it takes them to be few.
const setAsideOfKey = `key = $1 AND coalesce(problem, '') <> ''`
const cursor = /^\d{1,15}\.\d{1,15}$/

export function outboxReads(db: Database): OutboxReads {
  return {
    async listSetAside({ after, limit }: PageRequest): Promise<Page<SetAsideEvent>> {
      if (after !== null && !cursor.test(after)) return { rows: [], next: null }
      const [writtenAt, key] = (after ?? `${Number.MAX_SAFE_INTEGER}.0`).split('.').map(Number)
      const rows = await db.all<SetAsideRow>(
        `SELECT ${setAsideColumns} FROM outbox
         WHERE problem IS NOT NULL AND written_at <= $1 AND (written_at < $1 OR key < $2)
         ORDER BY written_at DESC, key DESC LIMIT $3`,
        writtenAt ?? 0,
        key ?? 0,
        limit + 1,
      )
      return pageOf(rows, limit, setAsideOf, (row) => `${row.written_at}.${row.key}`)
    },

    async findSetAside(key): Promise<SetAsideEvent | null> {
      const row = await db.get<SetAsideRow>(`SELECT ${setAsideColumns} FROM outbox WHERE ${setAsideOfKey}`, key)
      return row === undefined ? null : setAsideOf(row)
    },
  }
}

function setAsideOf(row: SetAsideRow): SetAsideEvent {
  const { key, tenant, type, id, problem } = row
  const times = { occurredAt: row.occurred_at, publishedAt: row.written_at }
  return { key, tenant: tenantIdOf(tenant), type, id, ...times, problem }
}

/** Removes events of the outbox with the label of a deleted tenant. Returns their number. */
export function eraseOutbox(session: Session, label: string, rowsMax: number): Promise<number> {
  return session.run(
    `DELETE FROM outbox WHERE key = ANY(ARRAY(
       (SELECT key FROM outbox WHERE problem IS NULL AND tenant = $1 ORDER BY tenant, key LIMIT $2)
       UNION ALL
       (SELECT key FROM outbox WHERE problem IS NOT NULL AND tenant = $1 ORDER BY tenant LIMIT $2)))`,
    label,
    rowsMax,
  )
}

/** Removes events that were set aside and are older than `before`. Returns their number. */
export function pruneOutbox(session: Session, before: number, rowsMax: number): Promise<number> {
  return session.run(
    `DELETE FROM outbox WHERE key = ANY(ARRAY(
       SELECT key FROM outbox WHERE problem IS NOT NULL AND written_at < $1 ORDER BY written_at LIMIT $2))`,
    before,
    rowsMax,
  )
}

function outboxEventOf(row: OutboxRow): OutboxEvent {
  return {
    key: row.key,
    tenant: tenantIdOf(row.tenant),
    orphaned: !row.living,
    type: row.type,
    data: row.data,
    id: row.id,
    occurredAt: row.occurred_at,
    attributes: row.attributes === null ? null : (JSON.parse(row.attributes) as Record<string, string>),
    retainSeconds: row.retain_seconds,
    publishedAt: row.written_at,
  }
}
