// Publishing in a transaction of the caller on SQLite. The caller's database and Posthorn's are two files, and SQLite makes
// no transaction over two files atomic in WAL mode. So the event is first written to a table in the caller's file, in the
// caller's transaction. After its commit the event is published with an id that is stored beside it, and then removed. After a
// crash in between it is published again with the same id, which makes no second event.

import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import type { DatabaseSync } from 'node:sqlite'
import type { TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { type Problem, type Result, success } from '../domain/problem.ts'
import { Unavailable } from '../domain/unavailable.ts'
import { type Context, dialectOf } from '../operations/context.ts'
import { type EventInput, type PublishedEvent, publishEvents } from '../operations/publish-event.ts'
import { PosthornError } from './errors.ts'
import type { NewEvent } from './events.ts'

export interface SqliteOutboxHooks {
  /** An event cannot be accepted. It stays in the table with its problem, and is not tried again. */
  readonly setAside: (event: NewEvent, problem: string) => void
  /** The events could not be published now. They are tried again. */
  readonly failed: (error: unknown) => void
}

interface Row {
  readonly key: number
  readonly event: string
  readonly id: string | null
}

type StoredEvent = NewEvent & { readonly occurredAt: string }

export class SqliteOutbox {
  readonly #database: DatabaseSync
  readonly #context: Context
  readonly #hooks: SqliteOutboxHooks
  #running: Promise<void> | null = null
  #again = false
  #stopped = false

  /** Publishes the events that an earlier process has left in the table. */
  constructor(database: DatabaseSync, context: Context, hooks: SqliteOutboxHooks) {
    this.#database = database
    this.#context = context
    this.#hooks = hooks
    this.#wake()
  }

  /**
   * Writes an event to the table, before this call returns.
   *
   * @throws PosthornError `invalid_option`: the database is not in a transaction
   * @throws the error of the database
   */
  publish(event: NewEvent): void {
    if (!this.#database.isTransaction) {
      throw new PosthornError('invalid_option', 'the database is not in a transaction: run BEGIN first')
    }
    const occurredAt = new Date(event.occurredAt ?? this.#context.clock.now()).toISOString()
    const stored: StoredEvent = { ...event, occurredAt }
    // Here, because a rollback takes the table back too.
    this.#database.exec(
      'CREATE TABLE IF NOT EXISTS posthorn_outbox (key INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, id TEXT, problem TEXT)',
    )
    this.#database
      .prepare('INSERT INTO posthorn_outbox (event, id) VALUES (?, ?)')
      .run(JSON.stringify(stored), event.id ?? null)
    this.#wake()
  }

  /** Publishes the events that are committed, for at most `drainMs`, and nothing more. */
  async stop(drainMs: number): Promise<void> {
    if (this.#running !== null) await Promise.race([this.#running, sleep(drainMs, undefined, { ref: false })])
    this.#stopped = true
    await this.#running
  }

  #wake(): void {
    this.#again = true
    if (!this.#stopped) this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    // The caller that has called `publish` goes on to its commit.
    await setImmediate()
    while (this.#again && !this.#isOver()) {
      this.#again = false
      try {
        while (await this.#step());
      } catch (error) {
        this.#hooks.failed(error)
        this.#again = true
        await sleep(limits.outboxAgainMs, undefined, { ref: false })
      }
    }
    this.#running = null
  }

  /** Publishes the oldest events. False: there are none, or the work is over. */
  async #step(): Promise<boolean> {
    while (this.#isBusy()) await this.#pause()
    const rows = this.#isOver() ? [] : this.#oldest()
    if (rows.length === 0) return false
    const events = rows.map(({ event }) => JSON.parse(event) as StoredEvent)
    const ids: (string | null)[] = []
    for (const [index, { id }] of rows.entries()) ids.push(id ?? (await this.#newId(events[index] as StoredEvent)))
    while (this.#isBusy()) await this.#pause()
    if (this.#isOver()) return false
    const keep = this.#database.prepare('UPDATE posthorn_outbox SET id = ? WHERE key = ?')
    for (const [index, { key, id }] of rows.entries()) if (id === null) keep.run(ids[index] ?? null, key)
    const inputs = events.map((event, index) => success(inputOf(event, ids[index] ?? null)))
    const results = await publishEvents(this.#context, inputs)
    while (this.#isBusy()) await this.#pause()
    if (this.#isOver()) return false
    for (const [index, { key }] of rows.entries()) {
      this.#settle(key, events[index] as StoredEvent, results[index] as Result<PublishedEvent>)
    }
    return true
  }

  #oldest(): readonly Row[] {
    const table = this.#database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'posthorn_outbox'`).get()
    if (table === undefined) return []
    return this.#database
      .prepare('SELECT key, event, id FROM posthorn_outbox WHERE problem IS NULL ORDER BY key LIMIT ?')
      .all(limits.sqliteOutboxRows) as unknown as Row[]
  }

  #settle(key: number, event: StoredEvent, result: Result<PublishedEvent>): void {
    if (result.ok) {
      this.#database.prepare('DELETE FROM posthorn_outbox WHERE key = ?').run(key)
      return
    }
    if (result.problem.kind === 'unavailable') throw new Unavailable('an event of the outbox cannot be accepted now')
    const problem = textOf(result.problem)
    this.#database.prepare('UPDATE posthorn_outbox SET problem = ? WHERE key = ?').run(problem, key)
    this.#hooks.setAside(event, problem)
  }

  /** An id in the form of the tenant's dialect; null: there is no such tenant. */
  async #newId({ tenant: id }: StoredEvent): Promise<string | null> {
    const { tenantCache, clock, randomBytes } = this.#context
    const tenant = await tenantCache.load(id as TenantId)
    return tenant && dialectOf(this.#context, tenant.tenant).newEventId(clock.now(), randomBytes)
  }

  /** Whether a transaction of the caller is open: this connection sees its changes, and ours would be a part of it. */
  #isBusy(): boolean {
    return !this.#isOver() && this.#database.isTransaction
  }

  #isOver(): boolean {
    return this.#stopped || !this.#database.isOpen
  }

  #pause(): Promise<void> {
    return sleep(limits.sqliteOutboxWaitMs, undefined, { ref: false })
  }
}

function inputOf(
  { data, occurredAt, tenant, type, attributes, retainSeconds }: StoredEvent,
  id: string | null,
): EventInput {
  return {
    tenant,
    type,
    data: JSON.stringify(data),
    occurredAt,
    ...(id !== null && { id }),
    ...(attributes !== undefined && { attributes }),
    ...(retainSeconds !== undefined && { retainSeconds }),
  }
}

function textOf(problem: Problem): string {
  if (problem.kind === 'invalid') return problem.fields.map(({ field, message }) => `${field} ${message}`).join('; ')
  return problem.kind === 'conflict' ? problem.detail : problem.kind
}
