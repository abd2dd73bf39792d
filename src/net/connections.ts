// The open connections to receivers, by origin. A connection serves one attempt at a time. An idle connection is used
// again while it is fresh: not idle for too long, and not so old that a change of the receiver's DNS would be missed.

import type { Connect, Target } from './connect.ts'
import { type ConnectionOwner, HttpConnection } from './http-connection.ts'

interface Origin {
  readonly name: string
  readonly open: Set<HttpConnection>
  /** The connection that was used last is taken first, so that the other ones reach their idle timeout and close. */
  readonly idle: HttpConnection[]
}

/** How often idle connections are checked. */
const checkMs = 1000

export class Connections implements ConnectionOwner {
  readonly #connect: Connect
  readonly elapsed: () => number
  readonly #origins = new Map<string, Origin>()
  #checkTimer: NodeJS.Timeout | null = null

  /** @param elapsed a clock that is never set, ms */
  constructor(connect: Connect, elapsed: () => number) {
    this.#connect = connect
    this.elapsed = elapsed
  }

  /** A fresh idle connection to the target, or a new one. */
  take(target: Target): HttpConnection {
    const idle = this.#origins.get(target.origin)?.idle
    const now = this.elapsed()
    for (let connection = idle?.pop(); connection !== undefined; connection = idle?.pop()) {
      if (connection.isFresh(now)) return connection
      connection.destroy()
    }
    return this.open(target)
  }

  /** A new connection to the target. */
  open(target: Target): HttpConnection {
    let origin = this.#origins.get(target.origin)
    if (origin === undefined) {
      origin = { name: target.origin, open: new Set(), idle: [] }
      this.#origins.set(target.origin, origin)
    }
    const connection = new HttpConnection(target, this.#connect, this)
    origin.open.add(connection)
    this.#checkTimer ??= setInterval(() => this.#closeStale(), checkMs).unref()
    return connection
  }

  idle(connection: HttpConnection): void {
    this.#origins.get(connection.target.origin)?.idle.push(connection)
  }

  closed(connection: HttpConnection): void {
    const origin = this.#origins.get(connection.target.origin)
    if (origin === undefined || !origin.open.delete(connection)) return
    const at = origin.idle.indexOf(connection)
    if (at >= 0) origin.idle.splice(at, 1)
    if (origin.open.size === 0) this.#origins.delete(origin.name)
  }

  /** The number of connections that are open or being opened, and the number of their origins. */
  count(): { connections: number; origins: number } {
    let connections = 0
    for (const origin of this.#origins.values()) connections += origin.open.size
    return { connections, origins: this.#origins.size }
  }

  /** Closes all connections. */
  destroy(): void {
    for (const { open } of this.#origins.values()) for (const connection of open) connection.destroy()
    this.#stopChecks()
  }

  #closeStale(): void {
    const now = this.elapsed()
    for (const { idle } of this.#origins.values()) {
      for (const connection of idle.filter((one) => !one.isFresh(now))) connection.destroy()
    }
    if (this.#origins.size === 0) this.#stopChecks()
  }

  #stopChecks(): void {
    if (this.#checkTimer !== null) clearInterval(this.#checkTimer)
    this.#checkTimer = null
  }
}
