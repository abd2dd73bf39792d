// What nodes tell each other, by LISTEN and NOTIFY: that a tenant or a key changed, that deliveries wait. A change is
// told in its own transaction, and its call resolves when every living node has said that it heard of it. One that says
// nothing is waited for as long as it may trust what it knows: without a heartbeat on the connection that listens, it
// trusts nothing after that.

import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { limits } from '../../domain/limits.ts'
import type { TenantId } from '../../domain/ids.ts'
import { StoreRefused, StoreUnavailable } from '../../contracts/store.ts'
import type { Change } from '../../contracts/lease-store.ts'
import { Connection } from './connection.ts'
import { type Database, Session } from './database.ts'
import { isBroken } from './errors.ts'

/** How long the word of a node to itself may take. A pooler that shares connections never passes it on. */
const echoMs = 3000

/** `from` and `reply` name nodes; `id` names the change, where an answer is wanted. */
type Told = (Change | { readonly kind: 'heard'; readonly by: string } | { readonly kind: 'echo' }) & {
  readonly from: string
  readonly id: number
}

/** A change under way: what it tells others goes into its own transaction. */
export interface ChangeSession {
  readonly session: Session
  /** Gives the tenant another version too. False: there is none. */
  tenantChanged(tenant: TenantId): Promise<boolean>
  /** Tells of a tenant that was deleted. */
  tenantGone(tenant: TenantId): Promise<void>
  keysChanged(): Promise<void>
}

interface Waiting {
  readonly heard: Set<string>
  check: () => void
}

export class Changes {
  readonly #db: Database
  /** Names this process to the others. */
  readonly name = randomBytes(8).toString('hex')
  readonly #channel: string
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners: ((change: Change) => void)[] = []
  /** The connection that listens. Heartbeats go over it, because whoever gets an answer there hears what is told. */
  readonly connection: Connection
  #lastId = 0
  #echo: (() => void) | null = null

  constructor(db: Database) {
    this.#db = db
    this.#channel = `posthorn_${db.schema}`
    this.connection = new Connection(db, {
      purpose: 'listens',
      answerMs: db.bounds.promptAnswerMs,
      opened: (client) => this.#listenOn(client),
      lost: () => this.#tell({ kind: 'everything' }),
    })
  }

  listen(listener: (change: Change) => void): void {
    this.#listeners.push(listener)
  }

  /** Channel and payload of what tells every node of a change, where nobody waits for their answers. */
  message(change: Change): readonly [string, string] {
    return [this.#channel, JSON.stringify({ ...change, from: this.name, id: 0 })]
  }

  /** Gives the tenant another version, and tells of it without waiting for anybody. */
  async tenantChanged(session: Session, tenant: string): Promise<void> {
    await bump(session, tenant)
    await session.run('SELECT pg_notify($1, $2)', ...this.message({ kind: 'tenant', tenant: tenant as TenantId }))
  }

  /**
   * Runs a change in one transaction; resolves when every node that may be trusted has heard of it.
   *
   * @throws StoreUnavailable whose outcome is unknown where the connection broke after the change was told
   */
  async make<Result>(action: (change: ChangeSession) => Promise<Result>): Promise<Result> {
    const id = ++this.#lastId
    const waiting: Waiting = { heard: new Set(), check: () => {} }
    let told = false
    let committed = false
    this.#waiting.set(id, waiting)
    try {
      const result = await this.#db.transaction((session) => {
        const tell = async (change: Change): Promise<void> => {
          told = true
          const payload = JSON.stringify({ ...change, from: this.name, id } satisfies Told)
          await session.run('SELECT pg_notify($1, $2)', this.#channel, payload)
        }
        return action({
          session,
          tenantChanged: async (tenant) => {
            if (!(await bump(session, tenant))) return false
            await tell({ kind: 'tenant', tenant })
            return true
          },
          tenantGone: (tenant) => tell({ kind: 'tenant', tenant }),
          keysChanged: () => tell({ kind: 'keys' }),
        })
      })
      committed = told
      if (told) await this.#untilHeard(waiting)
      return result
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || !(committed || (told && isBroken(error)))) throw error
      throw new StoreUnavailable(error.message, { cause: error, outcomeUnknown: true })
    } finally {
      this.#waiting.delete(id)
    }
  }

  close(): Promise<void> {
    return this.connection.close()
  }

  async #untilHeard(waiting: Waiting): Promise<void> {
    // Read after the commit: a node that joins later reads what was committed.
    const nodes = await this.#db.all<{ name: string }>(
      'SELECT name FROM nodes WHERE dead_at IS NULL AND name <> $1',
      this.name,
    )
    const everybody = (): boolean => nodes.every(({ name }) => waiting.heard.has(name))
    if (everybody()) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limits.trustMs)
      waiting.check = () => {
        if (!everybody()) return
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async #listenOn(client: pg.Client): Promise<void> {
    client.on('notification', ({ payload }) => this.#hear(JSON.parse(payload ?? 'null') as Told))
    const channels = [this.#channel, this.#channelOf(this.name)]
    const listening = channels.map((channel) => `LISTEN ${pg.escapeIdentifier(channel)}`).join('; ')
    await new Session(client, this.#db.bounds.connectMs).script(listening)
    const heard = Promise.withResolvers<void>()
    this.#echo = heard.resolve
    await this.#sendEcho()
    const timer = setTimeout(() => {
      const advice = 'does a pooler stand between, in transaction mode?'
      heard.reject(new StoreRefused(`PostgreSQL does not pass on notifications to the one who listens: ${advice}`))
    }, echoMs)
    await heard.promise.finally(() => clearTimeout(timer))
  }

  /**
   * Through another connection: with a pooler in between it may be the very one that listens. Through a new one: those
   * of the pool may be as silent as the one that listened before.
   */
  async #sendEcho(): Promise<void> {
    const echo = JSON.stringify({ kind: 'echo', from: this.name, id: 0 } satisfies Told)
    const connection = new Connection(this.#db, { purpose: 'echo', answerMs: this.#db.bounds.connectMs })
    try {
      await connection.use((session) => session.run('SELECT pg_notify($1, $2)', this.#channelOf(this.name), echo))
    } finally {
      void connection.close()
    }
  }

  #hear(told: Told): void {
    if (told.kind === 'echo') return this.#echo?.()
    if (told.kind === 'heard') {
      const waiting = this.#waiting.get(told.id)
      waiting?.heard.add(told.by)
      return waiting?.check()
    }
    // Its own word too: its call may have broken off after the change was made.
    this.#tell(told)
    if (told.id > 0 && told.from !== this.name) void this.#answer(told)
  }

  async #answer({ from, id }: Told): Promise<void> {
    const payload = JSON.stringify({ kind: 'heard', by: this.name, from: this.name, id } satisfies Told)
    try {
      await this.connection.use((session) => session.run('SELECT pg_notify($1, $2)', this.#channelOf(from), payload))
    } catch {
      // Whoever waits for it goes on by himself, once this node can no longer trust what it knows.
    }
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change)
  }

  #channelOf(name: string): string {
    return `${this.#channel}_${name}`
  }
}

async function bump(session: Session, tenant: string): Promise<boolean> {
  return (await session.run(`UPDATE tenants SET version = nextval('versions') WHERE id = $1`, tenant)) === 1
}
