// The settings of every connection that the statements depend on. Each is set, because the server, the database or the
// role may have any value. They are not options of the connection: poolers refuse such options.

import pg from 'pg'
import { limits } from '../../domain/limits.ts'

/**
 * Returns the SQL that sets all of them. It depends on none of them.
 *
 * @param statementMs the server's bound for each statement, in milliseconds; 0: no bound
 */
export function sessionSettings(schema: string, statementMs: number): string {
  const values = { statement_timeout: statementMs, ...settings, search_path: schema }
  const known = Object.entries(values).map(([name, value]) => `SET ${name} = ${pg.escapeLiteral(String(value))}`)
  const newer = Object.entries(newerSettings).map(
    ([name, value]) =>
      `SELECT pg_catalog.set_config('${name}', '${value}', false) WHERE pg_catalog.current_setting('${name}', true) IS NOT NULL`,
  )
  return [...known, ...newer].join('; ')
}

/** In the order in which they are set. Times are in milliseconds. 0: no limit. */
const settings = {
  // Bounds of the server. First, because the bounds of the role end this script too. A statement that waits for a lock
  // ends with `statement_timeout`. Connections may be idle for hours, for example the one that listens.
  lock_timeout: 0,
  idle_session_timeout: 0,
  // A node that is frozen or cut off during a transaction keeps its locks, also the lock of its own row. The node that
  // wants to declare it dead waits for them, and so do commits of other nodes. So the server ends the transaction soon.
  idle_in_transaction_session_timeout: limits.heartbeatIntervalMs,

  // Transactions. Their locks order them. In a stricter isolation a statement that has waited for a lock would fail.
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  // A confirmed commit is on the disk.
  synchronous_commit: 'on',

  // Texts: how statements, parameters and results are read and written. NULL in an array is no text, and a quota is not
  // rounded.
  client_encoding: 'UTF8',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  extra_float_digits: 1,
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',

  // Plans. Each connection plans a statement once, perhaps while the tables are empty. With these settings every plan
  // looks up rows by their keys and scans along indexes, for all values and all sizes of the tables.
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_sort: 'off',
  enable_indexscan: 'on',
  enable_indexonlyscan: 'on',
  enable_nestloop: 'on',
  enable_tidscan: 'on',
  // Pages that are not in memory are on an SSD.
  random_page_cost: 1.1,
  // To compile a statement takes seconds, and each statement reads few rows. The settings above make a plan look so
  // expensive that the server would compile it.
  jit: 'off',
}

/** Settings that some of the supported versions of PostgreSQL do not have. */
const newerSettings = {
  // Since PostgreSQL 17. Building an index of a large table takes long.
  transaction_timeout: 0,
}
