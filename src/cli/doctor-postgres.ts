// `posthorn doctor`: the PostgreSQL server and its settings.

import pg from 'pg'
import { type Address, addressOf } from '../store/postgres/address.ts'
import { fault, type Finding, messageOf, ok, warning } from './finding.ts'

interface Facts {
  readonly version: string
  readonly number: number
  readonly encoding: string
  readonly fsync: string
  readonly full_page_writes: string
  readonly autovacuum: string
  readonly max_connections: number
  readonly used: number
  readonly standby: boolean
  readonly may_create: boolean
  readonly schema_exists: boolean
  readonly owns_schema: boolean
  readonly now_ms: number
}

/** As `migrate.ts` of the store. */
const oldestServer = 15_00_00
const connectMs = 10_000
const clockSlackMs = 2000
/** A node uses up to nine connections, and twice that during a rolling upgrade. */
const connectionsPerNode = 18

const statement = `SELECT current_setting('server_version') AS version,
  current_setting('server_version_num')::int AS number, current_setting('server_encoding') AS encoding,
  current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
  current_setting('autovacuum') AS autovacuum, current_setting('max_connections')::int AS max_connections,
  (SELECT count(*)::int FROM pg_stat_activity) AS used, pg_is_in_recovery() AS standby,
  has_database_privilege(current_database(), 'CREATE') AS may_create,
  EXISTS (SELECT FROM pg_namespace WHERE nspname = $1) AS schema_exists,
  EXISTS (SELECT FROM pg_namespace WHERE nspname = $1 AND pg_has_role(nspowner, 'USAGE')) AS owns_schema,
  (extract(epoch FROM clock_timestamp()) * 1000)::float AS now_ms`

export async function examinePostgres(url: string): Promise<readonly Finding[]> {
  let address: Address
  try {
    address = addressOf(url)
  } catch (error) {
    return [fault('database', messageOf(error), 'correct POSTHORN_DATABASE')]
  }
  try {
    const { row, atMs } = await askedServer(address)
    return findingsOf(row, address.schema, atMs)
  } catch (error) {
    const todo = 'check the address, the password, the certificate and whether the server runs'
    return [fault('database', `PostgreSQL cannot be used: ${messageOf(error)}`, todo)]
  }
}

/** Asks the server in a transaction that cannot write. `atMs` is this machine's clock in the middle of the question. */
async function askedServer(address: Address): Promise<{ readonly row: Facts; readonly atMs: number }> {
  const { login, schema, tls, tlsIsOptional } = address
  const client = new pg.Client({
    ...login,
    ssl: tls ?? false,
    connectionTimeoutMillis: connectMs,
    query_timeout: connectMs,
    application_name: 'posthorn doctor',
  })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('BEGIN READ ONLY')
    const startedAt = Date.now()
    const { rows } = await client.query<Facts>(statement, [schema])
    const [row] = rows
    if (row === undefined) throw new Error('the server does not answer the question')
    return { row, atMs: (startedAt + Date.now()) / 2 }
  } catch (error) {
    const hasNoTls = error instanceof Error && error.message.includes('does not support SSL')
    if (tlsIsOptional && hasNoTls) return askedServer({ ...address, tls: null, tlsIsOptional: false })
    throw error
  } finally {
    void client.end().catch(() => {})
  }
}

function findingsOf(row: Facts, schema: string, atMs: number): readonly Finding[] {
  const off = Math.round(row.now_ms - atMs)
  const free = row.max_connections - row.used
  const mayUse = row.schema_exists ? row.owns_schema : row.may_create
  return [
    row.number < oldestServer
      ? fault('database', `PostgreSQL ${row.version}`, 'upgrade the server to PostgreSQL 15 or newer')
      : ok('database', `PostgreSQL ${row.version}`),
    row.encoding === 'UTF8'
      ? ok('encoding', 'UTF8')
      : fault('encoding', row.encoding, `CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`),
    row.standby
      ? fault('primary', 'the server is a standby, which cannot be written', 'name the address of the primary')
      : ok('primary', 'the server can be written'),
    mayUse
      ? ok('rights', `the user may ${row.schema_exists ? 'use' : 'create'} the schema ${schema}`)
      : fault('rights', `the user may not use the schema ${schema}`, `CREATE SCHEMA ${schema} AUTHORIZATION <user>`),
    ...(['fsync', 'full_page_writes'] as const).map((name) =>
      row[name] === 'on'
        ? ok(name, 'on')
        : fault(name, row[name], `switch ${name} on: without it a power cut loses events that were accepted`),
    ),
    row.autovacuum === 'on'
      ? ok('autovacuum', 'on')
      : warning('autovacuum', row.autovacuum, 'switch autovacuum on: without it the tables grow and become slow'),
    free >= connectionsPerNode
      ? ok('connections', `${free} of ${row.max_connections} are free`)
      : warning(
          'connections',
          `${free} of ${row.max_connections} are free`,
          'raise max_connections: a node needs 9, and 18 during an upgrade',
        ),
    Math.abs(off) <= clockSlackMs
      ? ok('clock', `${Math.abs(off)} ms from the clock of the database`)
      : fault('clock', `${Math.abs(off)} ms from the clock of the database`, 'let NTP set the clocks of both machines'),
  ]
}
