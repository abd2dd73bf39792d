// The open connections, by origin. One undici Client is one connection and serves one attempt at a time.
//
// undici's Agent has two drawbacks. (1) It does not tie a connection to a request, so an attempt that times out while
// its connection hangs cannot close the hanging socket. The sockets to a dead receiver would pile up. (2) Agent 8 drops
// an origin when its last connection closes, but walks through all origins to do so, which is quadratic for many
// receivers. This module drops an origin with its last connection too, in constant time.

import type { Socket } from 'node:net'
import { Client } from 'undici'
import { limits } from '../domain/limits.ts'
import type { GuardedConnector } from './guard.ts'
import { readInPieces } from './small-reads.ts'

/** A connection to one origin. One attempt uses it at a time. */
export interface Connection {
  readonly client: Client
  /** Makes the connection available to the next attempt. */
  release(): void
  /** Closes the connection at once, in any state. An attempt that runs on it fails. */
  discard(): void
}

/** The connections of a sender. */
export interface Connections {
  /** An idle connection to the origin, or a new one. */
  take(origin: string): Connection
  /** The number of connections that are open or being opened, and the number of their origins. */
  count(): { connections: number; origins: number }
  /** Closes all connections. Resolves when their sockets are closed. */
  destroy(): Promise<void>
}

interface Origin {
  readonly name: string
  readonly open: Set<ClientConnection>
  /** The connection that was used last is taken first, so that the other ones reach their idle timeout and close. */
  readonly idle: ClientConnection[]
}

/** Opens connections with the guard's connector. Idle connections close after `limits.idleSocketMs`. */
export function createConnections(connector: GuardedConnector): Connections {
  const origins = new Map<string, Origin>()

  function dropIfUnused(origin: Origin): void {
    if (origin.open.size === 0) origins.delete(origin.name)
  }

  return {
    take(name) {
      let origin = origins.get(name)
      if (origin === undefined) {
        origin = { name, open: new Set(), idle: [] }
        origins.set(name, origin)
      }
      const connection = origin.idle.pop() ?? new ClientConnection(origin, connector, dropIfUnused)
      connection.isIdle = false
      return connection
    },
    count() {
      let connections = 0
      for (const origin of origins.values()) connections += origin.open.size
      return { connections, origins: origins.size }
    },
    async destroy() {
      const open = [...origins.values()].flatMap((origin) => [...origin.open])
      await Promise.all(open.map((connection) => connection.destroy()))
    },
  }
}

class ClientConnection implements Connection {
  readonly client: Client
  isIdle = false
  readonly #origin: Origin
  readonly #dropIfUnused: (origin: Origin) => void
  #socket: Socket | null = null
  /** Restarts the count of response bytes, because each attempt has its own bound. */
  #restartCount: () => void = noop
  #isDiscarded = false

  constructor(origin: Origin, connector: GuardedConnector, dropIfUnused: (origin: Origin) => void) {
    this.#origin = origin
    this.#dropIfUnused = dropIfUnused
    this.client = new Client(origin.name, {
      connect: (options, callback) => {
        this.#socket = connector(options, callback)
        if (this.#socket !== null) this.#restartCount = readInPieces(this.#socket)
      },
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: limits.idleSocketMs,
      // A receiver's keep-alive hint may shorten this time, but not lengthen it.
      keepAliveMaxTimeout: limits.idleSocketMs,
      // undici restarts these timeouts with every chunk. The sender has one deadline for the whole attempt.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    // The loss of a connection in use is the attempt's error, or undici reconnects if the request is not written yet.
    this.client.on('disconnect', () => {
      if (this.isIdle) this.discard()
    })
    origin.open.add(this)
  }

  release(): void {
    if (this.#isDiscarded || this.isIdle) return
    this.isIdle = true
    this.#restartCount()
    this.#origin.idle.push(this)
  }

  discard(): void {
    if (!this.#isDiscarded) this.client.destroy(null, noop)
    this.#leave()
  }

  async destroy(): Promise<void> {
    const destroyed = this.client.destroy()
    this.#leave()
    await destroyed
  }

  #leave(): void {
    if (this.#isDiscarded) return
    this.#isDiscarded = true
    // A destroyed Client does not stop a socket that is still connecting, so the socket itself is destroyed.
    this.#socket?.destroy()
    const { idle, open } = this.#origin
    const at = this.isIdle ? idle.indexOf(this) : -1
    if (at >= 0) idle.splice(at, 1)
    this.isIdle = false
    open.delete(this)
    this.#dropIfUnused(this.#origin)
  }
}

function noop(): void {}
