import type { Socket } from 'node:net'

/** Longer than most answers are. */
const pieceBytes = 1024

/**
 * Has undici parse in pieces what a receiver sends. Once a header section is too large it makes an error, with a stack,
 * for each name and each value in what it was given to parse (8.12.4), and one read may bring 32,000 of them: an attempt
 * would cost everybody a fifth of a second.
 */
export function readInPieces(socket: Socket): void {
  const read = socket.read.bind(socket) as (size?: number) => unknown
  socket.read = () => {
    if (socket.destroyed) return null
    return read(socket.readableLength > pieceBytes ? pieceBytes : undefined)
  }
}
