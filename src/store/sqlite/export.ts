// Reads a whole installation to copy it to another engine. It takes the lock of the service, so that nothing changes in
// the meantime.

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { CopiedPage, CopiedTable, CopiedValue, Counters } from '../copy.ts'
import { NoDatabase } from '../../contracts/store.ts'
import { Database } from './database.ts'
import { checkFile, realFile } from './database-file.ts'
import { rollupTables } from '../stats-rollups.ts'
import { migrate } from './migrate.ts'
import { lockOut } from './file-lock.ts'

/** A page ends with the row that reaches past this size: a payload may have a mebibyte. */
const pageCharsMax = 4 * 1024 * 1024

interface SourceTable extends CopiedTable {
  readonly key: readonly string[]
  /** The table in the source that the rows come from. */
  readonly from: string
  readonly where: string
  /** Expressions that replace columns of `from`, or stand for columns that it does not have, by column. */
  readonly expressions: Readonly<Record<string, string>>
}

// Deliveries that are still leased after a crash wait again, as after `join`. Their endpoints are due at once.
const isLeftBehind = 'endpoint IN (SELECT DISTINCT endpoint FROM deliveries WHERE status = 0 AND node > 0)'
const isOff = 'NOT EXISTS (SELECT 1 FROM endpoints p WHERE p.key = endpoint AND p.enabled = 1 AND p.deleted_at IS NULL)'

/** All tables except `nodes`, because no node is running, and `sequences` (see `counters`). */
const tables: readonly SourceTable[] = [
  // First, so that the first page already fails if the target is in use by a service.
  table('installation', 'name', 'value'),
  table(
    'tenants',
    'seq',
    'id suffix dialect name settings created_at version retain_seconds retain_data_seconds sealed_secrets',
  ),
  table('api_keys', 'seq', 'id hash dialect scopes role name hint created_at revoked_at seal'),
  table('api_key_tenants', 'tenant api_key', 'seal'),
  table('portal_links', 'id', 'tenant hash sealed created_at expires_at ends_at opened_at'),
  table('operator_keys', 'id', 'hash name role hint created_at expires_at seal'),
  table(
    'endpoints',
    'key',
    `tenant id url event_types filters details description enabled disabled_reason
     sealed_headers sealed_secrets unique_key created_at updated_at deleted_at`,
  ),
  table('endpoint_status', 'endpoint', 'health next_due_at sweep paused_until failing_told_at', {
    next_due_at: `CASE WHEN ${isLeftBehind} THEN 0 ELSE next_due_at END`,
    sweep: `max(sweep, ${isLeftBehind} AND ${isOff})`,
  }),
  {
    ...table('endpoint_attempts', 'endpoint', 'slot attempts last_attempt_at last_attempt_succeeded last_outcome', {
      slot: '0',
    }),
    from: 'endpoint_status',
    where: 'attempts > 0',
  },
  table('events', 'seq', 'tenant id type data attributes occurred_at accepted_at deliveries erase_at erased_at test'),
  table('deliveries', 'id', 'event endpoint status attempts attempts_before due_at node reason ended_at fetch_id', {
    node: '0',
  }),
  table(
    'attempts',
    'delivery number',
    'started_at duration_ms kind status detail response exchange connections erased_at request_crc phases',
  ),
  table('idempotent_answers', 'api_key idempotency_key', 'route status sealed_body expires_at tenant sealed_digest'),
  table('erasures', 'id', 'erases tenant label created_at ended_at dialect'),
  table('tellings', 'endpoint type', 'minute told left_out last'),
  table('stats_commits', 'id', 'minute cells events'),
  table('stats_gathered', 'id', 'minute cells counts events'),
  ...rollupTables.map(({ name, key, values }) => table(name, key.join(' '), values.join(' '))),
  table('stats_former_endpoints', 'endpoint', 'dialect removed_at'),
  table(
    'replays',
    'id',
    `tenant asked filter missing state rate progress step due_at created_at started_at ended_at expires_at error`,
  ),
  table(
    'audit',
    'id',
    `action refused count actor_kind actor actor_name actor_role address object tenant
     change label endpoint erased_at`,
  ),
]

function table(name: string, key: string, rest: string, expressions: SourceTable['expressions'] = {}): SourceTable {
  const words = (text: string): string[] => text.match(/\w+/g) ?? []
  return { name, key: words(key), columns: words(`${key} ${rest}`), from: name, where: 'true', expressions }
}

export interface Export {
  readonly tables: readonly CopiedTable[]
  /** Differs between installations, after every start of the service, and between versions of the schema. */
  readonly fingerprint: string
  count(table: CopiedTable): number
  /** The next rows in the order of the key, at most `rowsMax`. Null: there are no more. */
  page(table: CopiedTable, after: string | null, rowsMax: number): CopiedPage | null
  counters(): Counters
  close(): void
}

/**
 * Opens the installation at `path` and migrates its schema.
 *
 * @throws NoDatabase, and StoreRefused if it is in use, or if a newer program wrote it
 */
export function openExport(path: string): Export {
  if (!existsSync(path)) throw new NoDatabase(`there is no database ${path}`)
  const file = realFile(path)
  const lock = lockOut(file)
  try {
    checkFile(file)
    const writer = new Database(file, 'write')
    migrate(writer)
    writer.close()
    const db = new Database(file, 'read')
    return {
      tables,
      fingerprint: fingerprintOf(db),
      count: ({ name }) => countOf(db, find(name)),
      page: ({ name }, after, rowsMax) => pageOf(db, find(name), after, rowsMax),
      counters: () => countersOf(db),
      close() {
        db.close()
        lock.close()
      },
    }
  } catch (error) {
    lock.close()
    throw error
  }
}

function find(name: string): SourceTable {
  return tables.find((one) => one.name === name) as SourceTable
}

function fingerprintOf(db: Database): string {
  const facts = [
    db.all('SELECT name, value FROM installation ORDER BY name'),
    // Changes with every start of the service.
    db.all('SELECT name, seq FROM sqlite_sequence ORDER BY name'),
    db.get('PRAGMA user_version'),
  ]
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex')
}

function countOf(db: Database, { from, where }: SourceTable): number {
  return db.get<{ count: number }>(`SELECT count(*) AS count FROM ${from} WHERE ${where}`)?.count ?? 0
}

function pageOf(db: Database, source: SourceTable, after: string | null, rowsMax: number): CopiedPage | null {
  const { columns, key, from, where, expressions } = source
  const keys = key.join(', ')
  const next = after === null ? 'true' : `(${keys}) > (${key.map(() => '?').join(', ')})`
  const shown = columns.map((column) => expressions[column] ?? column).join(', ')
  const statement = db.prepare(`SELECT ${shown} FROM ${from} WHERE ${where} AND ${next} ORDER BY ${keys} LIMIT ?`)
  statement.setReturnArrays(true)
  const values = after === null ? [] : (JSON.parse(after) as CopiedValue[])
  const rows: CopiedValue[][] = []
  let chars = 0
  for (const row of statement.iterate(...values, rowsMax) as unknown as Iterable<CopiedValue[]>) {
    rows.push(row)
    for (const value of row) if (typeof value === 'string') chars += value.length
    if (chars > pageCharsMax) break
  }
  const last = rows.at(-1)
  return last === undefined ? null : { rows, last: JSON.stringify(last.slice(0, key.length)) }
}

function countersOf(db: Database): Counters {
  const highest = (what: string): number => db.get<{ value: number | null }>(`SELECT ${what} AS value`)?.value ?? 0
  return {
    tenants: highest('(SELECT max(seq) FROM tenants)'),
    apiKeys: highest('(SELECT max(seq) FROM api_keys)'),
    endpoints: highest(`(SELECT value FROM sequences WHERE name = 'endpoint')`),
    events: highest('(SELECT max(seq) FROM events)'),
    commitCounts: highest('(SELECT max(id) FROM stats_commits)'),
    gatheredCounts: highest('(SELECT max(id) FROM stats_gathered)'),
    versions: highest(`(SELECT value FROM sequences WHERE name = 'version')`),
  }
}
