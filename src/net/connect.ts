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

/**
 * Opens a connection to a target. `done` is called once, never synchronously, with the open socket or with the reason:
 * the guard's `BlockedError`, or the error of a socket.
 *
 * @returns cancels: the connection is given up, and `done` is not called any more
 */
export type Connect = (
  target: Target,
  done: (error: Error | null, socket: Socket | null) => void,
  onRead?: OnRead,
) => () => void

/** Gets the bytes of a socket in place of its `data` events. The bytes are valid only during the call. */
export type OnRead = (bytes: Buffer) => void
