// Opens a socket to one of several addresses. Addresses race (RFC 8305): a further one is tried when an attempt has
// failed, or has not connected within `limits.connectionAttemptDelayMs`. An attempt is given up only when another one
// has connected, or when the caller cancels. A slow address is therefore never lost to a second one that refuses.

import type { LookupAddress } from 'node:dns'
import { connect as connectTcp, type OnReadOpts, type Socket } from 'node:net'
import { limits } from '../domain/limits.ts'
import type { OnRead } from './connect.ts'

/** All sockets are read into one buffer, because a buffer for each read costs more than the read. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024)

type Connected = (error: Error | null, socket: Socket | null) => void

/** @returns cancels: no attempt goes on, and `connected` is not called any more */
export function race(
  addresses: readonly LookupAddress[],
  port: number,
  connected: Connected,
  onRead?: OnRead,
): () => void {
  const attempts = new Set<Socket>()
  let next = 0
  let timer: NodeJS.Timeout | null = null
  let firstError: Error | null = null
  let isOver = false

  function stop(winner: Socket | null): void {
    isOver = true
    if (timer !== null) clearTimeout(timer)
    for (const socket of attempts) if (socket !== winner) socket.destroy()
    attempts.clear()
  }

  function tryNext(): void {
    if (timer !== null) clearTimeout(timer)
    timer = null
    const address = addresses[next++]
    if (address === undefined) return
    const to = { host: address.address, family: address.family, port, noDelay: true }
    const socket = connectTcp(onRead === undefined ? to : { ...to, onread: readInto(onRead) })
    attempts.add(socket)
    socket.once('connect', () => {
      if (isOver) return
      socket.removeAllListeners('error')
      stop(socket)
      connected(null, socket)
    })
    socket.on('error', (error) => {
      if (isOver || !attempts.delete(socket)) return
      firstError ??= error
      if (next < addresses.length) tryNext()
      else if (attempts.size === 0) {
        stop(null)
        connected(firstError, null)
      }
    })
    if (next < addresses.length) timer = setTimeout(tryNext, limits.connectionAttemptDelayMs)
  }

  tryNext()
  return () => {
    if (!isOver) stop(null)
  }
}

function readInto(onRead: OnRead): OnReadOpts {
  return {
    buffer: readBuffer,
    callback(length, bytes) {
      onRead(Buffer.from(bytes.buffer, bytes.byteOffset, length))
      return true
    },
  }
}
