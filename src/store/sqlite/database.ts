// A connection to a SQLite file. A commit is confirmed only when it is on the disk.

import { closeSync, openSync, statSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { limits } from '../../domain/limits.ts'
import { StoreRefused, StoreUnavailable } from '../../contracts/store.ts'
import { ioError, messageOf, resultCode } from './errors.ts'
import { scrub } from './scrub.ts'
import { newMark } from './wal-pair.ts'

/** How long a statement waits for another process's lock, in milliseconds. */
const busyTimeoutMs = 1000
/** How long a commit may wait while the log is emptied. */
const emptyTimeoutMs = 20
/** Size of the page cache of a connection. The page cache of the operating system is behind it. */
const cacheKib = 8 * 1024
/** The log (write-ahead log) is copied into the database file once it has this many pages: a checkpoint. */
const checkpointPages = limits.walBytes / limits.databasePageBytes
/** Past this many pages, a checkpoint waits for readers. */
const waitPages = limits.walBytesMax / limits.databasePageBytes

/** Pages of the log, and those of them that are in the file. */
interface LogPages {
  /** 1: the checkpoint could not finish. */
  readonly busy: number
  readonly log: number
  readonly checkpointed: number
}

/** A connection with its prepared statements, each prepared once. */
export class Database {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #path: string
  readonly #access: 'write' | 'read'
  readonly #inode: number
  /** A checkpoint is due, or is not complete. The first one gives the file its odd mark (wal-pair.ts). */
  #isDue = true
  /** The odd mark while it is the newest one, else null. */
  #oddMark: number | null = null
  /** Whether the log, and the gaps of the file's pages, may hold copies of erased rows. */
  #hasCopies = { log: true, file: true }
  /** The file itself, to scrub it. Kept open: to close it would end the locks of SQLite. */
  #file: number | null = null
  /** The next checkpoint that waits for readers does so when the log has this many pages. */
  #waitAtPages = waitPages

  constructor(path: string, access: 'write' | 'read') {
    this.#path = path
    this.#access = access
    try {
      this.#db = new DatabaseSync(path, { readOnly: access === 'read', timeout: busyTimeoutMs })
      this.#db.exec(`PRAGMA cache_size = -${cacheKib}; PRAGMA temp_store = MEMORY`)
      const { ino, size } = statSync(path)
      this.#inode = ino
      if (size === 0) this.#hasCopies = { log: false, file: false }
      if (access === 'write') {
        // The vacuum mode takes effect in a new file only.
        this.#db.exec(`PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
          PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = ${limits.walBytes};
          PRAGMA secure_delete = FAST`)
        this.#keepLogShort()
      }
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
      this.#keepLogShort()
      return value
    } catch (error) {
      if (this.#db.isTransaction) this.prepare('ROLLBACK').run()
      throw error
    }
  }

  /** As `transaction`. It also overwrites pages that become free: `transaction` only overwrites rows. */
  overwriting<Value>(action: () => Value): Value {
    this.#db.exec('PRAGMA secure_delete = ON')
    try {
      return this.transaction(action)
    } finally {
      this.#db.exec('PRAGMA secure_delete = FAST')
    }
  }

  /** As `overwriting`, for an action that erases rows: copies of them are to be overwritten later. */
  erasing<Value>(action: () => Value): Value {
    const before = this.#changes
    try {
      return this.overwriting(action)
    } finally {
      if (this.#changes > before) this.#hasCopies = { log: true, file: true }
    }
  }

  /** Whether gaps of the file's pages may hold copies of erased rows. */
  get mayHoldCopies(): boolean {
    return this.#hasCopies.file
  }

  /** Empties the log if it may hold copies of erased rows. False: a reader needs the log. */
  emptyLog(): boolean {
    if (!this.#hasCopies.log) return true
    if (this.#oddMark === null) this.#setMark(newMark())
    this.#db.exec(`PRAGMA busy_timeout = ${emptyTimeoutMs}`)
    try {
      if (this.#log('TRUNCATE').busy !== 0) return false
    } finally {
      this.#db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
    }
    this.#setEvenMark()
    this.#isDue = false
    this.#hasCopies.log = false
    return true
  }

  /**
   * One step of overwriting copies of erased rows in the file and in the log. Steps begin with page 2. Returns the page
   * of the next step; null: no copy is left. A reader that needs the log makes the step return its own page.
   */
  scrub(first: number): number | null {
    this.#hasCopies.log = true
    if (first === 2) this.#hasCopies.file = false
    if (!this.emptyLog()) return first
    this.#file ??= openSync(this.#path, 'r+')
    scrub(this.#file, limits.databasePageBytes, first, limits.scrubStepPages)
    // Pages in memory still have their old gaps.
    this.#db.exec('PRAGMA shrink_memory')
    const next = first + limits.scrubStepPages
    return next > this.#pageCount ? null : next
  }

  /** Rows that the connection has changed so far. */
  get #changes(): number {
    return this.get<{ count: number }>('SELECT total_changes() AS count')?.count ?? 0
  }

  get #pageCount(): number {
    return this.get<{ page_count: number }>('PRAGMA page_count')?.page_count ?? 0
  }

  /** Copies the log into the file soon, so that a file that became smaller gives its space back. */
  checkpoint(): void {
    this.#isDue = true
    this.#keepLogShort()
  }

  #keepLogShort(): void {
    try {
      const { log } = this.#log('NOOP')
      this.#isDue ||= log >= checkpointPages
      if (this.#isDue) this.#checkpoint(log)
    } catch {
      // The transaction is durable. Another one tries the checkpoint again.
    }
  }

  /**
   * Copies the log, which has `pages` pages, into the file. The next transaction then begins again at the start of the
   * log, unless a reader still needs the log.
   */
  #checkpoint(pages: number): void {
    if (this.#oddMark === null) this.#setMark(newMark())
    const waits = pages >= this.#waitAtPages
    const { busy, log, checkpointed } = this.#log(waits ? 'RESTART' : 'PASSIVE')
    const isComplete = busy === 0 && log === checkpointed
    // A reader that is not finished after `busyTimeoutMs` delays commits no further, until the log has doubled.
    this.#waitAtPages = isComplete ? waitPages : waits ? 2 * pages : this.#waitAtPages
    if (!isComplete) return
    this.#setEvenMark()
    this.#isDue = false
  }

  #setEvenMark(): void {
    if (this.#oddMark !== null) this.#setMark(this.#oddMark - 1)
  }

  #setMark(mark: number): void {
    this.#db.exec(`PRAGMA application_id = ${mark}`)
    this.#oddMark = mark % 2 === 1 ? mark : null
  }

  /** Runs a checkpoint. NOOP only counts the pages. */
  #log(checkpoint: 'NOOP' | 'PASSIVE' | 'RESTART' | 'TRUNCATE'): LogPages {
    return this.prepare(`PRAGMA wal_checkpoint(${checkpoint})`).get() as unknown as LogPages
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

  /** The writer, if it is closed after the readers, leaves one complete file without a log. */
  close(): void {
    try {
      if (this.#access === 'write') {
        if (this.mayHoldCopies && this.#pageCount <= limits.scrubbedAtStopPages) this.#scrubAll()
        this.#setEvenMark()
        this.#log('TRUNCATE')
      }
    } catch {
      // On a full or failing disk the log stays, and the next start reads it.
    } finally {
      this.#db.close()
      if (this.#file !== null) closeSync(this.#file)
    }
  }

  #scrubAll(): void {
    for (let page: number | null = 2; page !== null;) {
      const next = this.scrub(page)
      if (next === page) return
      page = next
    }
  }

  #assertInPlace(): void {
    if (statSync(this.#path, { throwIfNoEntry: false })?.ino !== this.#inode) {
      throw new StoreUnavailable(`the database file ${this.#path} is missing or was replaced`)
    }
  }
}
