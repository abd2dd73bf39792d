// The open connections, by origin. One undici Client is one connection and serves one attempt at a time.
//
// Why not undici's Agent: (1) a connection belongs to no request there, so an attempt that runs out of time while
// its connection hangs cannot take the hanging socket with it; a dead receiver would pile them up. (2) Agent 8 does
// drop an origin when its last connection has gone, but it walks through all origins for it, which is quadratic for
// the many receivers that we have. Here an origin is forgotten with its last connection too, in constant time.

import type { Socket } from 'node:net'
import { Client } from 'undici'
import { limits } from '../domain/limits.ts'
import type { GuardedConnector } from './guard.ts'
import { readInPieces } from './small-reads.ts'

/** A connection to one origin, taken by one attempt at a time. */
export interface Connection {
  readonly client: Client
  /** Gives it back for the next attempt. */
  release(): void
  /** Closes it at once, in whatever state it is; what runs on it fails. */
  discard(): void
}

/** The connections of a sender. */
export interface Connections {
  /** An idle connection to the origin, or a new one. */
  take(origin: string): Connection
  /** How many connections are open or being opened, and to how many origins. */
  count(): { connections: number; origins: number }
  /** Closes all and resolves when their sockets are gone. */
  destroy(): Promise<void>
}

interface Origin {
  readonly name: string
  readonly open: Set<ClientConnection>
  /** The one used last is taken first, so that the others can grow old and close. */
  readonly idle: ClientConnection[]
}

/** Connections that the guard's connector opens; idle ones close after `limits.idleSocketMs`. */
export function createConnections(connector: GuardedConnector): Connections {
  const origins = new Map<string, Origin>()

  function forget(origin: Origin): void {
    if (origin.open.size === 0) origins.delete(origin.name)
  }

  return {
    take(name) {
      let origin = origins.get(name)
      if (origin === undefined) {
        origin = { name, open: new Set(), idle: [] }
        origins.set(name, origin)
      }
      const connection = origin.idle.pop() ?? new ClientConnection(origin, connector, forget)
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
  readonly #forget: (origin: Origin) => void
  #socket: Socket | null = null
  /** Of the answer's bytes: each attempt has its own bound. */
  #countAnew: () => void = noop
  #isDiscarded = false

  constructor(origin: Origin, connector: GuardedConnector, forget: (origin: Origin) => void) {
    this.#origin = origin
    this.#forget = forget
    this.client = new Client(origin.name, {
      connect: (options, callback) => {
        this.#socket = connector(options, callback)
        if (this.#socket !== null) this.#countAnew = readInPieces(this.#socket)
      },
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: limits.idleSocketMs,
      // A receiver's own keep-alive hint may shorten the time, not lengthen it.
      keepAliveMaxTimeout: limits.idleSocketMs,
      // These start anew with every chunk; the sender has one deadline over all.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    // In use, a lost connection shows as the attempt's error, or is opened again for an attempt not yet written.
    this.client.on('disconnect', () => {
      if (this.isIdle) this.discard()
    })
    origin.open.add(this)
  }

  release(): void {
    if (this.#isDiscarded || this.isIdle) return
    this.isIdle = true
    this.#countAnew()
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
    // A destroyed Client lets a connection attempt run on; only the socket itself can be stopped.
    this.#socket?.destroy()
    const { idle, open } = this.#origin
    const at = this.isIdle ? idle.indexOf(this) : -1
    if (at >= 0) idle.splice(at, 1)
    this.isIdle = false
    open.delete(this)
    this.#forget(this.#origin)
  }
}

function noop(): void {}
