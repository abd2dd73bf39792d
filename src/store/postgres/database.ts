// Connections to a PostgreSQL server that has everything on its disk which it says is committed.

import pg from 'pg'
import { limits } from '../../domain/limits.ts'
import { StoreRefused, StoreUnavailable } from '../../contracts/store.ts'
import { classify, isBroken, isCollision, queryError, unreachable } from './errors.ts'

/** Longer than the longest time between two looks at what is due: an idle node must not connect for each of them. */
const idleMs = 60_000
/** A deadlock, or two writes that cannot follow one another: the transaction is run again, at most so often. */
const triesMax = 5

const sessionSettings = {
  synchronous_commit: 'on',
  timezone: `'UTC'`,
  // The plan of a statement is made once on each connection, perhaps while the tables are empty: ours look rows up by
  // their keys and walk along indexes, whatever the values and however much there is.
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_sort: 'off',
  // What is not in memory is on an SSD.
  random_page_cost: 1.1,
  // A node that stands still or is cut off in the middle of a transaction holds locks, its own row's too, that whoever
  // would declare it dead waits for, and commits of others too: the server ends the transaction soon.
  idle_in_transaction_session_timeout: limits.heartbeatIntervalMs,
}

type Value = string | number | bigint | boolean | Buffer | null | readonly (string | number | boolean | null)[]

/** Statements on one connection. Callers name the shape of the rows, which the schema guarantees. */
export class Session {
  readonly #client: pg.ClientBase
  readonly #timeoutMs: number

  constructor(client: pg.ClientBase, timeoutMs: number) {
    this.#client = client
    this.#timeoutMs = timeoutMs
  }

  async all<Row>(sql: string, ...values: Value[]): Promise<Row[]> {
    return (await this.#query(sql, values)).rows as Row[]
  }

  async get<Row>(sql: string, ...values: Value[]): Promise<Row | undefined> {
    return (await this.#query(sql, values)).rows[0] as Row | undefined
  }

  /** Gives the number of rows changed. */
  async run(sql: string, ...values: Value[]): Promise<number> {
    return (await this.#query(sql, values)).rowCount ?? 0
  }

  /** Several statements in one text, without values. @param timeoutMs 0: as long as it takes */
  async script(sql: string, timeoutMs = this.#timeoutMs): Promise<void> {
    await this.#send({ text: sql, query_timeout: timeoutMs })
  }

  #query(sql: string, values: Value[]): Promise<pg.QueryResult> {
    const texts = values.map((value) => (typeof value === 'string' ? withoutNul(value) : value))
    return this.#send({ name: nameOf(sql), text: sql, values: texts, query_timeout: this.#timeoutMs })
  }

  async #send(query: pg.QueryConfig & { readonly query_timeout: number }): Promise<pg.QueryResult> {
    try {
      return await this.#client.query(query)
    } catch (error) {
      throw queryError(error)
    }
  }
}

/** Statements are prepared once on each connection, under a name. */
const names = new Map<string, string>()
function nameOf(sql: string): string {
  let name = names.get(sql)
  if (name === undefined) {
    name = `posthorn_${names.size}`
    names.set(sql, name)
  }
  return name
}

/**
 * How long things may take. The server ends statements, so that none goes on which nobody waits for any more. A
 * connection on which no answer comes, not even to that, is given up: after a failover, or where something in between
 * has forgotten it, TCP would believe in it for many minutes.
 */
export const databaseBounds = {
  /** To connect, and then to prepare the connection. */
  connectMs: 5000,
  /** On the server: a list, or whatever else is only read. Its caller hears 503. */
  readMs: 10_000,
  /** On the server: a statement of a transaction (a claim, upkeep, a change), which is undone with it. */
  transactionStatementMs: 20_000,
  /** Until an answer comes, to a COMMIT too: longer than the server lets any statement take. */
  answerMs: 3 * limits.storeAnswerMs,
  /** The same on the connections of commits and of heartbeats. */
  promptAnswerMs: limits.storeAnswerMs,
}

export class Database {
  readonly schema: string
  readonly config: pg.ClientConfig
  readonly bounds: typeof databaseBounds
  readonly #pool: pg.Pool

  /**
   * @param url `postgres://user:password@host:port/database?schema=posthorn`, and what else such addresses have
   * @param connections how many its pool may hold open; commits and notifications have a connection each besides
   */
  constructor(url: string, connections: number, bounds = databaseBounds) {
    this.bounds = bounds
    this.schema = schemaOf(url)
    this.config = {
      connectionString: withoutSchema(url),
      // Seen in pg_stat_activity.
      application_name: this.schema,
      connectionTimeoutMillis: bounds.connectMs,
      keepAlive: true,
      types: { getTypeParser: typeParser },
    }
    // The pool waits for what this gives, whatever its types say.
    const onConnect: (client: pg.ClientBase) => unknown = (client) =>
      this.begin(client, { statement_timeout: bounds.readMs })
    this.#pool = new pg.Pool({ ...this.config, max: connections, idleTimeoutMillis: idleMs, onConnect })
    // A connection that breaks while idle: the next query opens another.
    this.#pool.on('error', () => {})
  }

  /** What every connection begins with. Poolers refuse it where it belongs, among the options of the connection. */
  async begin(client: pg.ClientBase, more: Readonly<Record<string, number>> = {}): Promise<void> {
    const settings = Object.entries({ ...sessionSettings, ...more, search_path: pg.escapeIdentifier(this.schema) })
    const session = new Session(client, this.bounds.connectMs)
    await session.script(settings.map(([name, value]) => `SET ${name} = ${value}`).join('; '))
  }

  all<Row>(sql: string, ...values: Value[]): Promise<Row[]> {
    return this.#use((session) => session.all<Row>(sql, ...values))
  }

  get<Row>(sql: string, ...values: Value[]): Promise<Row | undefined> {
    return this.#use((session) => session.get<Row>(sql, ...values))
  }

  /** Gives the number of rows changed. */
  run(sql: string, ...values: Value[]): Promise<number> {
    return this.#use((session) => session.run(sql, ...values))
  }

  /** Runs `action` in one durable transaction: all of it, or nothing. It may be run several times. */
  async transaction<Result>(action: (session: Session) => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#use((session) => inTransaction(session, action, this.bounds.transactionStatementMs))
      } catch (error) {
        if (!isCollision(error) || tries === triesMax) throw classify(error)
      }
    }
  }

  async ping(): Promise<void> {
    // Refused where it would refuse a write: by a standby, for example.
    const row = await this.get<{ read_only: string }>(`SELECT current_setting('transaction_read_only') AS read_only`)
    if (row?.read_only === 'on') throw new StoreUnavailable('PostgreSQL takes no writes: it is a standby')
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  async #use<Result>(action: (session: Session) => Promise<Result>): Promise<Result> {
    let client: pg.PoolClient
    try {
      client = await this.#pool.connect()
    } catch (error) {
      throw unreachable(error)
    }
    let broken = false
    // Of a connection that breaks in use the query under way tells; without a listener the process would end.
    const ignore = (): void => {}
    client.on('error', ignore)
    try {
      return await action(new Session(client, this.bounds.answerMs))
    } catch (error) {
      broken = isBroken(error)
      throw isCollision(error) ? error : classify(error)
    } finally {
      client.off('error', ignore)
      client.release(broken)
    }
  }
}

/** All of it, or nothing. @param statementMs how long the server lets each statement take; 0: as long as it takes */
export async function inTransaction<Result>(
  session: Session,
  action: (session: Session) => Promise<Result>,
  statementMs = 0,
): Promise<Result> {
  await session.script(`BEGIN; SET LOCAL statement_timeout = ${statementMs}`)
  try {
    const result = await action(session)
    await session.script('COMMIT')
    return result
  } catch (error) {
    if (!isBroken(error)) await session.script('ROLLBACK')
    throw error
  }
}

const int8 = 20
const numeric = 1700
function typeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  // Keys, times and counts stay far below 2^53.
  if (oid === int8 || oid === numeric) return Number
  return pg.types.getTypeParser(oid, format ?? 'text') as (value: string) => unknown
}

function schemaOf(url: string): string {
  const schema = new URL(url).searchParams.get('schema') ?? 'posthorn'
  if (!/^[a-z_][a-z0-9_]{0,40}$/.test(schema))
    throw new StoreRefused('the schema in the address of the database is no plain name')
  return schema
}

function withoutSchema(url: string): string {
  const plain = new URL(url)
  plain.searchParams.delete('schema')
  return plain.toString()
}

/** PostgreSQL's text cannot hold NUL, which a receiver's answer may: it is kept as the replacement character. */
export function withoutNul(text: string): string
export function withoutNul(text: string | null): string | null
export function withoutNul(text: string | null): string | null {
  return text !== null && text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text
}
