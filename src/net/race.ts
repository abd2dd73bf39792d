// Opens a socket to one of several addresses. Addresses race (RFC 8305): a further one is tried when an attempt has
// failed, or has not connected within `limits.connectionAttemptDelayMs`. An attempt is given up only when another one
// has connected, or when the caller cancels. A slow address is therefore never lost to a second one that refuses.

import type { LookupAddress } from 'node:dns'
import type { Socket } from 'node:net'
import { limits } from '../domain/limits.ts'
import { ProxyUnavailable } from './connect.ts'

/** Gets an open socket, or the reason why there is none. */
export type Opened = (error: Error | null, socket: Socket | null) => void

/** Opens a socket to one address. @returns cancels: `opened` is not called any more */
export type OpenOne = (address: LookupAddress, opened: Opened) => () => void

/**
 * If no address can be reached, `opened` gets the error of the first one. An egress proxy that is away comes first,
 * because the target is not to blame then.
 *
 * @returns cancels: no attempt goes on, and `opened` is not called any more
 */
export function race(addresses: readonly LookupAddress[], openOne: OpenOne, opened: Opened): () => void {
  /** The functions that cancel the attempts that run. */
  const running = new Set<() => void>()
  let next = 0
  let timer: NodeJS.Timeout | null = null
  let firstError: Error | null = null

  function stop(): void {
    if (timer !== null) clearTimeout(timer)
    for (const cancel of running) cancel()
    running.clear()
  }

  function tryNext(): void {
    if (timer !== null) clearTimeout(timer)
    timer = null
    const address = addresses[next++]
    if (address === undefined) return
    const cancel = openOne(address, (error, socket) => {
      running.delete(cancel)
      if (socket !== null) {
        stop()
        return opened(null, socket)
      }
      if (firstError === null || error instanceof ProxyUnavailable) firstError = error
      if (next < addresses.length) tryNext()
      else if (running.size === 0) opened(firstError, null)
    })
    running.add(cancel)
    if (next < addresses.length) timer = setTimeout(tryNext, limits.connectionAttemptDelayMs)
  }

  tryNext()
  return stop
}
