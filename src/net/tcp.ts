// Opens TCP connections.

import type { LookupAddress } from 'node:dns'
import { connect, type OnReadOpts } from 'node:net'
import type { OnRead } from './connect.ts'
import type { Opened } from './race.ts'

/** All sockets are read into one buffer, because a buffer for each read costs more than the read. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024)

/** Connects to an address. @returns cancels: `opened` is not called any more */
export function openTcp({ address, family }: LookupAddress, port: number, opened: Opened, onRead?: OnRead): () => void {
  const to = { host: address, family, port, noDelay: true }
  const socket = connect(onRead === undefined ? to : { ...to, onread: readInto(onRead) })
  const failed = (error: Error): void => opened(error, null)
  socket.once('connect', () => {
    socket.off('error', failed)
    opened(null, socket)
  })
  socket.once('error', failed)
  return () => {
    // A socket that is given up may still report an error, which must not be uncaught.
    socket
      .off('error', failed)
      .on('error', () => {})
      .destroy()
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
