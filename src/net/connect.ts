// How a connection to a receiver is opened. guard.ts opens it.

import type { Socket } from 'node:net'

/** Where a connection leads. */
export interface Target {
  /** Protocol, host and port: the key of a pool of connections. */
  readonly origin: string
  readonly isTls: boolean
  /** A name, or an address without brackets. */
  readonly hostname: string
  readonly port: number
}

/** The guard's refusal. Customers may see the message, but not `reason`: it may contain a private name's address. */
export class BlockedError extends Error {
  readonly code = 'BLOCKED'
  readonly reason: string

  constructor(reason: string, message = 'blocked: not a public address') {
    super(message)
    this.name = 'BlockedError'
    this.reason = reason
  }
}

/** The egress proxy is away, or refuses Posthorn. The target is not to blame. */
export class ProxyUnavailable extends Error {
  override name = 'ProxyUnavailable'
}

/** The steps of opening a connection, in this order. Not every connection has each of them. */
export type Step = 'name' | 'connect' | 'tls'

/**
 * Opens a connection to a target. `done` is called once, never synchronously, with the open socket or with the reason:
 * `BlockedError`, `ProxyUnavailable`, or the error of a socket.
 *
 * @param began is called at the beginning of each step
 * @returns cancels: the connection is given up, and `done` is not called any more
 */
export type Connect = (
  target: Target,
  done: (error: Error | null, socket: Socket | null) => void,
  onRead?: OnRead,
  began?: (step: Step) => void,
) => () => void

/** Gets the bytes of a socket in place of its `data` events. The bytes are valid only during the call. */
export type OnRead = (bytes: Buffer) => void
