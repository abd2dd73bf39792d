import type { Socket } from 'node:net'
import { limits } from '../domain/limits.ts'
import { coded } from './socket-error.ts'

/** Longer than most answers are. */
const pieceBytes = 1024

/**
 * Has undici parse in pieces what a receiver sends. Once a header section is too large it makes an error, with a stack,
 * for each name and each value in what it was given to parse (8.12.4), and one read may bring 32,000 of them: an attempt
 * would cost everybody a fifth of a second.
 *
 * Past `limits.responseWireBytesMax` the socket is destroyed with RESPONSE_FRAMING: interim answers, line breaks before
 * an answer, chunk extensions and the zeros of a chunk's size may go on for ever and are no body that would be counted.
 * Of TLS it is the plaintext that is counted, which is what the parser has to work on. The count begins anew where the
 * function that is returned is called.
 */
export function readInPieces(socket: Socket): () => void {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null
  let readBytes = 0
  socket.read = () => {
    if (socket.destroyed) return null
    const piece = read(socket.readableLength > pieceBytes ? pieceBytes : undefined)
    if (piece === null) return null
    readBytes += piece.length
    if (readBytes <= limits.responseWireBytesMax) return piece
    socket.destroy(coded('RESPONSE_FRAMING'))
    return null
  }
  return () => {
    readBytes = 0
  }
}
