// One connection that is opened again whenever it has broken: for commits, which must never wait behind a list, and for
// notifications, which come on the connection that listens.

import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { StoreRefused } from '../../contracts/store.ts'
import { type Database, inTransaction, Session } from './database.ts'
import { isBroken, unreachable } from './errors.ts'

export interface ConnectionOptions {
  /** What it does, for whoever looks at the server's list of connections. */
  readonly purpose: string
  /** How long an answer may take before the connection is given up. */
  readonly answerMs: number
  /** Prepares every new connection. */
  readonly opened?: (client: pg.Client) => Promise<void>
  /** It has broken, whether in use or idle. */
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

  /** @throws what the server or the driver threw; `isBroken` tells whether anybody knows if it took effect */
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
    // A server that is silent does not say goodbye.
    const patience = sleep(this.#database.bounds.connectMs, undefined, { ref: false })
    await Promise.race([client?.end().catch(() => {}), patience])
  }

  async #open(): Promise<pg.Client> {
    const { config, schema } = this.#database
    const client = new pg.Client({ ...config, application_name: `${schema} ${this.#options.purpose}` })
    try {
      // Without a listener an error of an idle connection would end the process.
      client.on('error', () => this.#drop(client))
      client.on('end', () => this.#drop(client))
      await client.connect()
      await this.#database.begin(client)
      await this.#options.opened?.(client)
      return client
    } catch (error) {
      this.#client = null
      void client.end().catch(() => {})
      throw error instanceof StoreRefused ? error : unreachable(error)
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
