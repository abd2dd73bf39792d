// Publishing in transactions of the caller: on PostgreSQL through any client, on SQLite through the caller's databases.

import { DatabaseSync } from 'node:sqlite'
import type { Logger } from 'pino'
import type { DatabaseSetting } from '../config/address-settings.ts'
import type { Context } from '../operations/context.ts'
import { limits } from '../domain/limits.ts'
import { schemaIn } from '../store/postgres/address.ts'
import { errorOfProblem, PosthornError } from './errors.ts'
import { eventInput, type NewEvent } from './events.ts'
import { SqliteOutbox } from './sqlite-outbox.ts'
import { type PostgresqlTransaction, publishInTransaction } from './transactional-publish.ts'

export interface OwnTransactionsOptions {
  /** Posthorn's database. */
  readonly database: DatabaseSetting
  /** Databases of the caller, each of another file. */
  readonly outboxDatabases: readonly DatabaseSync[]
  readonly logger: Logger
}

export class OwnTransactions {
  readonly #options: OwnTransactionsOptions
  readonly #outboxes = new Map<DatabaseSync, SqliteOutbox>()

  /** @throws PosthornError */
  constructor(options: OwnTransactionsOptions) {
    const { outboxDatabases } = options
    if (!outboxDatabases.every((database) => database instanceof DatabaseSync)) {
      throw new PosthornError('invalid_option', 'outboxDatabases must be an array of DatabaseSync of node:sqlite')
    }
    const files = outboxDatabases.map((database) => database.location() ?? database)
    // Two connections would publish the same events.
    if (new Set(files).size < files.length) {
      throw new PosthornError('invalid_option', 'outboxDatabases has a file twice: give one connection of each file')
    }
    this.#options = options
  }

  /** Publishes the events of the outboxes, also those that an earlier process has left. */
  start(context: Context): void {
    const { outboxDatabases, logger } = this.#options
    for (const database of outboxDatabases) {
      const outbox = new SqliteOutbox(database, context, {
        setAside: ({ tenant, type, id }, problem) =>
          logger.warn({ tenant, type, id, problem }, 'an event of the outbox is set aside'),
        failed: (err) => logger.error({ err }, 'the events of an outbox cannot be published now'),
      })
      this.#outboxes.set(database, outbox)
    }
  }

  /** Publishes the events that are committed, for at most `drainMs`. New ones wait in their databases. */
  async stop(drainMs: number = limits.sqliteOutboxDrainMs): Promise<void> {
    const outboxes = [...this.#outboxes.values()]
    this.#outboxes.clear()
    await Promise.all(outboxes.map((outbox) => outbox.stop(drainMs)))
  }

  /** Between `start` and `stop`. The event is in the transaction when this call returns. @throws PosthornError, the error of the database */
  publishOnSqlite(event: NewEvent, database: DatabaseSync): void {
    assertEvent(event)
    const outbox = this.#outboxes.get(database)
    if (outbox !== undefined) return outbox.publish(event)
    throw new PosthornError('invalid_option', 'the database is not in outboxDatabases: give it to createPosthorn')
  }

  /** @throws PosthornError, the error of the client */
  async publishOnPostgres(event: NewEvent, transaction: PostgresqlTransaction): Promise<void> {
    // A statement that fails would end the transaction.
    assertEvent(event)
    const { database } = this.#options
    if (database.kind === 'postgres') return publishInTransaction(transaction, schemaIn(database.url), event)
    throw new PosthornError(
      'invalid_option',
      `transaction must be a DatabaseSync, because Posthorn's database is ${database.shown}`,
    )
  }
}

function assertEvent(event: NewEvent): void {
  const input = eventInput(event)
  if (!input.ok) throw errorOfProblem(input.problem)
}
