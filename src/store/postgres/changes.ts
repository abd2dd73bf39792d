// Notifications between nodes, by LISTEN and NOTIFY: a tenant or a key has changed, or deliveries wait. A change sends
// its notification in its own transaction. Its call resolves when every living node has acknowledged the notification.
// For a node that does not acknowledge, the call waits for `limits.trustMs`: a node that had no heartbeat for that time
// on the connection that listens trusts nothing in its memory.

import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { limits } from '../../domain/limits.ts'
import type { TenantId } from '../../domain/ids.ts'
import { StoreRefused, StoreUnavailable } from '../../contracts/store.ts'
import type { ErasedEvent } from '../../contracts/erase-store.ts'
import type { Change } from '../../contracts/lease-store.ts'
import type { NodeReport } from '../../contracts/node-report.ts'
import { Connection } from './connection.ts'
import { type Database, Session } from './database.ts'
import { isBroken } from './errors.ts'

/** How long a notification of a node to itself may take. A pooler that shares connections never passes it on. */
const echoMs = 3000

/** `from` and `by` name nodes. `id` names the change that is to be acknowledged; 0: no acknowledgement is wanted. */
type Notification = (Change | { readonly kind: 'heard'; readonly by: string } | { readonly kind: 'echo' }) & {
  readonly from: string
  readonly id: number
}

/** A change that is running. Its notifications are sent in its own transaction. */
export interface ChangeSession {
  readonly session: Session
  /** Also gives the tenant another version. False: there is no such tenant. */
  tenantChanged(tenant: TenantId): Promise<boolean>
  /** Notifies of a tenant that was deleted. */
  tenantGone(tenant: TenantId): Promise<void>
  keysChanged(): Promise<void>
  eventsErased(events: readonly ErasedEvent[]): Promise<void>
}

interface Waiting {
  /** The nodes that have acknowledged the change. */
  readonly acknowledged: Set<string>
  check: () => void
}

export class Changes {
  readonly #db: Database
  /** The name of this node process in notifications. */
  readonly name = randomBytes(8).toString('hex')
  readonly #channel: string
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners: ((change: Change) => void)[] = []
  /** The connection that listens. Heartbeats use it too: a node that gets an answer on it also gets notifications. */
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

  /** Channel and payload of a notification to all nodes, which they do not acknowledge. */
  message(change: Change): readonly [string, string] {
    return [this.#channel, JSON.stringify({ ...change, from: this.name, id: 0 })]
  }

  async report(report: NodeReport): Promise<void> {
    const message = this.message({ kind: 'report', from: this.name, report })
    await this.#db.run('SELECT pg_notify($1, $2)', ...message)
  }

  /** Gives the tenant another version, and notifies all nodes without waiting for them. */
  async tenantChanged(session: Session, tenant: string): Promise<void> {
    await bump(session, tenant)
    await session.run('SELECT pg_notify($1, $2)', ...this.message({ kind: 'tenant', tenant: tenant as TenantId }))
  }

  /**
   * Runs a change in one transaction. Resolves when every other node has acknowledged it or may no longer trust its
   * memory.
   *
   * @throws StoreUnavailable with `outcomeUnknown` if the connection broke after the change had sent its notification
   */
  async make<Result>(action: (change: ChangeSession) => Promise<Result>): Promise<Result> {
    const id = ++this.#lastId
    const waiting: Waiting = { acknowledged: new Set(), check: () => {} }
    let notified = false
    let committed = false
    this.#waiting.set(id, waiting)
    try {
      const result = await this.#db.transaction((session) => {
        const notify = async (change: Change): Promise<void> => {
          notified = true
          const payload = JSON.stringify({ ...change, from: this.name, id } satisfies Notification)
          await session.run('SELECT pg_notify($1, $2)', this.#channel, payload)
        }
        return action({
          session,
          tenantChanged: async (tenant) => {
            if (!(await bump(session, tenant))) return false
            await notify({ kind: 'tenant', tenant })
            return true
          },
          tenantGone: (tenant) => notify({ kind: 'tenant', tenant }),
          keysChanged: () => notify({ kind: 'keys' }),
          eventsErased: async (events) => {
            for (const event of events) await notify({ kind: 'erased', ...event })
          },
        })
      })
      committed = notified
      if (notified) await this.#untilAcknowledged(waiting)
      return result
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || !(committed || (notified && isBroken(error)))) throw error
      throw new StoreUnavailable(error.message, { cause: error, outcomeUnknown: true })
    } finally {
      this.#waiting.delete(id)
    }
  }

  close(): Promise<void> {
    return this.connection.close()
  }

  async #untilAcknowledged(waiting: Waiting): Promise<void> {
    // Read after the commit: a node that joins later reads the committed state.
    const nodes = await this.#db.all<{ name: string }>(
      'SELECT name FROM nodes WHERE dead_at IS NULL AND name <> $1',
      this.name,
    )
    const isComplete = (): boolean => nodes.every(({ name }) => waiting.acknowledged.has(name))
    if (isComplete()) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limits.trustMs)
      waiting.check = () => {
        if (!isComplete()) return
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async #listenOn(client: pg.Client): Promise<void> {
    client.on('notification', ({ payload }) => this.#receive(JSON.parse(payload ?? 'null') as Notification))
    const channels = [this.#channel, this.#channelOf(this.name)]
    const listening = channels.map((channel) => `LISTEN ${pg.escapeIdentifier(channel)}`).join('; ')
    await new Session(client, this.#db.bounds.connectMs).script(listening)
    const echoed = Promise.withResolvers<void>()
    this.#echo = echoed.resolve
    await this.#sendEcho()
    const timer = setTimeout(() => {
      const advice = 'is a pooler in transaction mode between this node and the server?'
      echoed.reject(new StoreRefused(`notifications of PostgreSQL do not reach the connection that listens: ${advice}`))
    }, echoMs)
    await echoed.promise.finally(() => clearTimeout(timer))
  }

  /**
   * Sends on another connection than the one that listens: on that one the notification might arrive even behind a
   * pooler. Opens a new connection, because those of the pool may be as silent as the last one that listened.
   */
  async #sendEcho(): Promise<void> {
    const echo = JSON.stringify({ kind: 'echo', from: this.name, id: 0 } satisfies Notification)
    const connection = new Connection(this.#db, { purpose: 'echo', answerMs: this.#db.bounds.connectMs })
    try {
      await connection.use((session) => session.run('SELECT pg_notify($1, $2)', this.#channelOf(this.name), echo))
    } finally {
      void connection.close()
    }
  }

  #receive(notification: Notification): void {
    if (notification.kind === 'echo') return this.#echo?.()
    if (notification.kind === 'heard') {
      const waiting = this.#waiting.get(notification.id)
      waiting?.acknowledged.add(notification.by)
      return waiting?.check()
    }
    if (notification.kind === 'report' && notification.from === this.name) return
    // Also the node's own notification: its call may have failed after the change was made.
    this.#tell(notification)
    if (notification.id > 0 && notification.from !== this.name) void this.#acknowledge(notification)
  }

  async #acknowledge({ from, id }: Notification): Promise<void> {
    const payload = JSON.stringify({ kind: 'heard', by: this.name, from: this.name, id } satisfies Notification)
    try {
      await this.connection.use((session) => session.run('SELECT pg_notify($1, $2)', this.#channelOf(from), payload))
    } catch {
      // The waiting node continues by itself once this node may no longer trust its memory.
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
