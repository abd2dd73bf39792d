// One connection beside the pool, opened again after it breaks. Commits use one, because a commit must never wait
// behind a list. Notifications use one, because they arrive on the connection that listens.

import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { type Database, inTransaction, Session } from './database.ts'
import { isBroken } from './errors.ts'

export interface ConnectionOptions {
  /** The purpose of the connection, shown in the server's list of connections. */
  readonly purpose: string
  /** Milliseconds that an answer may take. After that the connection is dropped. */
  readonly answerMs: number
  /** Prepares each new connection. */
  readonly opened?: (client: pg.Client) => Promise<void>
  /** Runs when the connection has broken, in use or idle. */
  readonly lost?: () => void
}

export class Connection {
  readonly #database: Database
  readonly #options: ConnectionOptions
  #client: Promise<pg.Client> | null = null
  #closed = false

  constructor(database: Database, options: ConnectionOptions) {
    this.#database = database
    this.#options = options
  }

  /**
   * @throws the error of the server or the driver. Where `isBroken(error)`, it is unknown whether `action` took effect.
   */
  async use<Result>(action: (session: Session) => Promise<Result>): Promise<Result> {
    const client = await (this.#client ??= this.#open())
    try {
      return await action(new Session(client, this.#options.answerMs))
    } catch (error) {
      if (isBroken(error)) this.#drop(client)
      throw error
    }
  }

  transaction<Result>(action: (session: Session) => Promise<Result>): Promise<Result> {
    return this.use((session) => inTransaction(session, action))
  }

  async close(): Promise<void> {
    this.#closed = true
    const client = await this.#client?.catch(() => null)
    this.#client = null
    // A silent server does not answer the request to close, so the wait is bounded.
    const patience = sleep(this.#database.bounds.connectMs, undefined, { ref: false })
    await Promise.race([client?.end().catch(() => {}), patience])
  }

  async #open(): Promise<pg.Client> {
    try {
      return await this.#database.open(() => this.#connect())
    } catch (error) {
      this.#client = null
      throw error
    }
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client(this.#database.configOf(this.#options.purpose))
    try {
      // Without this listener an error of an idle connection would end the process.
      client.on('error', () => this.#drop(client))
      client.on('end', () => this.#drop(client))
      await client.connect()
      await this.#database.begin(client, 0)
      await this.#options.opened?.(client)
      return client
    } catch (error) {
      void client.end().catch(() => {})
      throw error
    }
  }

  #drop(client: pg.Client): void {
    const current = this.#client
    if (current === null || this.#closed) return
    void current.then(
      (known) => {
        if (known !== client || this.#client !== current) return
        this.#client = null
        void client.end().catch(() => {})
        this.#options.lost?.()
      },
      () => {},
    )
  }
}
