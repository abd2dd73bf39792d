// The database of a simulated installation: the real statements of the SQLite store, plus the functions that several
// nodes on one database need (heartbeats, take-over, notifications of changes). These follow the contract of the store
// and work as on PostgreSQL. It passes the conformance suite of every store (database.long.ts), so it cannot drift from
// them.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database } from '../../src/store/sqlite/database.ts'
import { migrate } from '../../src/store/sqlite/migrate.ts'
import { sharedRoles } from './sharing.ts'
import type { Change } from '../../src/contracts/lease-store.ts'
import { ownRoles, type Roles } from './roles.ts'

/** @param tell is called with each change that nodes must learn of, inside the call that makes the change */
export function install(db: Database, shared: { now: () => number; tell: (change: Change) => void } | null): Roles {
  empty(db)
  const roles = ownRoles(db)
  return shared === null ? roles : { ...roles, ...sharedRoles(db, roles, shared.now, shared.tell) }
}

/** A database for any number of runs, one after the other. Commits are as durable as this process. */
export function openFile(): { readonly db: Database; readonly close: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-simulation-'))
  const db = new Database(join(folder, 'posthorn.db'), 'write')
  db.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE')
  migrate(db)
  return {
    db,
    close: () => {
      db.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Empties every table, so that a run does not depend on earlier runs. */
function empty(db: Database): void {
  const tables = db.all<{ name: string }>(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('sequences', 'sqlite_sequence')`,
  )
  db.transaction(() => {
    for (const { name } of tables) db.run(`DELETE FROM ${name}`)
    db.run('DELETE FROM sqlite_sequence')
    db.run('UPDATE sequences SET value = 0')
  })
  // Otherwise the retention of the next run would give back the pages of this one.
  db.exec('PRAGMA incremental_vacuum')
}
