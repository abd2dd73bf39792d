// Connections to a PostgreSQL server. The server confirms a commit only when the commit is on its disk.

import pg from 'pg'
import { limits } from '../../domain/limits.ts'
import { StoreUnavailable } from '../../contracts/store.ts'
import { addressOf } from './address.ts'
import { classify, isBroken, isCollision, isTlsFailure, noConnection, queryError } from './errors.ts'
import { sessionSettings } from './session-settings.ts'

/** Longer than the longest pause between two searches for due deliveries, so that an idle node keeps a connection. */
const idleMs = 60_000
/** How often a transaction runs at most when a deadlock or a serialization failure rolls it back. */
const triesMax = 5

type Value = string | number | bigint | boolean | Buffer | null | readonly (string | number | boolean | null)[]

/** Runs statements on one connection. Callers name the type of the rows, which the schema guarantees. */
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

  /** Returns the number of rows changed. */
  async run(sql: string, ...values: Value[]): Promise<number> {
    return (await this.#query(sql, values)).rowCount ?? 0
  }

  /** Runs several statements in one text, without values. @param timeoutMs 0: no limit */
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

/** Names of the prepared statements, by their text. Each connection prepares a statement once. */
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
 * How long things may take, in milliseconds. The server ends a statement past its bound, so that no statement runs on
 * after its caller has stopped waiting. A connection on which no answer arrives at all is dropped: after a failover, or
 * after a device on the path has dropped its state, TCP would keep the connection open for many minutes.
 */
export const databaseBounds = {
  /** To connect, and again to prepare the connection. */
  connectMs: 5000,
  /** On the server: a statement outside a transaction, such as a list. Its caller gets 503. */
  readMs: 10_000,
  /** On the server: a statement of a transaction (a claim, upkeep, a change). The transaction is rolled back too. */
  transactionStatementMs: 20_000,
  /** Until an answer arrives, also to a COMMIT: longer than the server lets any statement run. */
  answerMs: 3 * limits.storeAnswerMs,
  /** The same on the connections for commits and for heartbeats. */
  promptAnswerMs: limits.storeAnswerMs,
}

export class Database {
  readonly schema: string
  readonly bounds: typeof databaseBounds
  readonly #config: pg.ClientConfig
  readonly #pool: pg.Pool
  readonly #tls: pg.ClientConfig['ssl']
  readonly #tlsIsOptional: boolean
  /** The server has no TLS, and needs none. */
  #isPlain = false

  /**
   * @param url `postgres://user:password@host:port/database?schema=posthorn&sslmode=…`, see address.ts
   * @param connections the maximum size of the pool; commits and notifications have one more connection each
   * @throws StoreRefused if the address cannot be used
   */
  constructor(url: string, connections: number, bounds = databaseBounds) {
    const { schema, login, tls, tlsIsOptional } = addressOf(url)
    this.bounds = bounds
    this.schema = schema
    this.#tls = tls ?? false
    this.#tlsIsOptional = tlsIsOptional
    this.#config = {
      ...login,
      // Shown in pg_stat_activity.
      application_name: schema,
      connectionTimeoutMillis: bounds.connectMs,
      keepAlive: true,
      types: { getTypeParser: typeParser },
    }
    const configOf = this.configOf.bind(this)
    const Client = class extends pg.Client {
      constructor() {
        super(configOf())
      }
    }
    // The pool awaits the returned promise, although its types do not say so.
    const onConnect: (client: pg.ClientBase) => unknown = (client) => this.begin(client, bounds.readMs)
    const { connectMs: connectionTimeoutMillis } = bounds
    this.#pool = new pg.Pool({
      Client,
      max: connections,
      connectionTimeoutMillis,
      idleTimeoutMillis: idleMs,
      onConnect,
    })
    // An idle connection has broken: the next query opens another one.
    this.#pool.on('error', () => {})
  }

  /** The configuration of the next connection. @param purpose shown in pg_stat_activity after the schema */
  configOf(purpose = ''): pg.ClientConfig {
    const config = { ...this.#config, ssl: this.#isPlain ? false : this.#tls }
    return purpose === '' ? config : { ...config, application_name: `${this.schema} ${purpose}` }
  }

  /**
   * Opens a connection with `connect`, which uses `configOf`. Where TLS is optional and the server has none, it opens one
   * without TLS.
   */
  async open<Client>(connect: () => Promise<Client>): Promise<Client> {
    try {
      return await connect()
    } catch (error) {
      // After any other failure the next connection tries TLS again: the server may have changed.
      this.#isPlain = this.#tlsIsOptional && isTlsFailure(error)
      if (!this.#isPlain) throw noConnection(error)
    }
    try {
      return await connect()
    } catch (error) {
      throw noConnection(error)
    }
  }

  /** Applies the settings of a new connection. @param statementMs the server's bound for each statement; 0: no bound */
  async begin(client: pg.ClientBase, statementMs: number): Promise<void> {
    try {
      await new Session(client, this.bounds.connectMs).script(sessionSettings(this.schema, statementMs))
    } catch (error) {
      throw noConnection(error, 'refuses a setting of the connection')
    }
  }

  all<Row>(sql: string, ...values: Value[]): Promise<Row[]> {
    return this.#use((session) => session.all<Row>(sql, ...values))
  }

  get<Row>(sql: string, ...values: Value[]): Promise<Row | undefined> {
    return this.#use((session) => session.get<Row>(sql, ...values))
  }

  /** Returns the number of rows changed. */
  run(sql: string, ...values: Value[]): Promise<number> {
    return this.#use((session) => session.run(sql, ...values))
  }

  /** Runs `action` in one durable transaction: all of it, or nothing. `action` may run several times. */
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
    // Fails where a write would fail, for example on a standby.
    const row = await this.get<{ read_only: string }>(`SELECT current_setting('transaction_read_only') AS read_only`)
    if (row?.read_only === 'on') throw new StoreUnavailable('PostgreSQL takes no writes: it is a standby')
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  async #use<Result>(action: (session: Session) => Promise<Result>): Promise<Result> {
    const client = await this.open(() => this.#pool.connect())
    let broken = false
    // If the connection breaks in use, the running query fails. Without this listener the process would end too.
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

/** Commits all of `action`, or nothing. @param statementMs the server's bound for each statement, in ms; 0: no bound */
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

/** Replaces NUL by U+FFFD: text of PostgreSQL cannot hold NUL, but the response of a receiver may. */
export function withoutNul(text: string): string
export function withoutNul(text: string | null): string | null
export function withoutNul(text: string | null): string | null {
  return text !== null && text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text
}
