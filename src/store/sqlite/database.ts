// A connection to a SQLite file. A commit is confirmed only when it is on the disk.

import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { StoreRefused, StoreUnavailable } from '../../contracts/store.ts'
import { ioError, messageOf, resultCode } from './errors.ts'

/** How long a statement waits for another process's lock, in milliseconds. */
const busyTimeoutMs = 1000
/** Size of the page cache of a connection. The page cache of the operating system is behind it. */
const cacheKib = 8 * 1024
/** The write-ahead log is copied into the database file after this many pages. */
const checkpointPages = 4000

/** A connection with its prepared statements, each prepared once. */
export class Database {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #path: string
  readonly #inode: number

  constructor(path: string, access: 'write' | 'read') {
    this.#path = path
    try {
      if (access === 'write') mkdirSync(dirname(path), { recursive: true })
      this.#db = new DatabaseSync(path, { readOnly: access === 'read', timeout: busyTimeoutMs })
      if (access === 'write') {
        this.#db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`)
        this.#db.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`)
      }
      this.#db.exec(`PRAGMA cache_size = -${cacheKib}; PRAGMA temp_store = MEMORY`)
      this.#inode = statSync(path).ino
    } catch (error) {
      throw new StoreRefused(`cannot open the database ${path}: ${messageOf(error)}`)
    }
  }

  exec(sql: string): void {
    this.#db.exec(sql)
  }

  prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  /** Runs `action` in one durable transaction: all of it, or nothing. */
  transaction<Value>(action: () => Value): Value {
    this.prepare('BEGIN IMMEDIATE').run()
    try {
      const value = action()
      // After the file was deleted or replaced, SQLite continues to write to the old file, which no process can open
      // again. Checked before the commit, so that a refused transaction has no effect. Checked again after it, so that
      // no lost transaction is reported as durable.
      this.#assertInPlace()
      this.#commit()
      return value
    } catch (error) {
      if (this.#db.isTransaction) this.prepare('ROLLBACK').run()
      throw error
    }
  }

  /** If the disk fails in a commit, the commit may still be on it, and a restart after a crash would find it. */
  #commit(): void {
    try {
      this.prepare('COMMIT').run()
      this.#assertInPlace()
    } catch (error) {
      if (!(error instanceof StoreUnavailable) && resultCode(error) !== ioError) throw error
      throw new StoreUnavailable(`SQLite: ${messageOf(error)}`, { cause: error, outcomeUnknown: true })
    }
  }

  /** Runs several reads in one snapshot of the database. */
  snapshot<Value>(action: () => Value): Value {
    this.prepare('BEGIN').run()
    try {
      return action()
    } finally {
      this.prepare('COMMIT').run()
    }
  }

  /** Reads rows. The caller names their type, which the schema guarantees. */
  all<Row>(sql: string, ...values: (string | number | null)[]): Row[] {
    return this.prepare(sql).all(...values) as Row[]
  }

  get<Row>(sql: string, ...values: (string | number | null)[]): Row | undefined {
    return this.prepare(sql).get(...values) as Row | undefined
  }

  /** Returns the number of rows changed. */
  run(sql: string, ...values: (string | number | null)[]): number {
    return Number(this.prepare(sql).run(...values).changes)
  }

  ping(): void {
    // A transaction takes the lock that a write needs.
    this.transaction(() => {})
  }

  close(): void {
    this.#db.close()
  }

  #assertInPlace(): void {
    if (statSync(this.#path, { throwIfNoEntry: false })?.ino !== this.#inode) {
      throw new StoreUnavailable(`the database file ${this.#path} is missing or was replaced`)
    }
  }
}
