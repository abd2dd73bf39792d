import type { Socket } from 'node:net'
import { limits } from '../domain/limits.ts'
import { coded } from './socket-error.ts'

/** More than the length of most responses. */
const pieceBytes = 1024

/**
 * Makes undici parse a response in small pieces. Once a header section is too large, undici (8.12.4) creates an error
 * with a stack for each name and each value in the bytes that it was given to parse. One read may contain 32,000 of
 * them: one attempt would block the process for a fifth of a second.
 *
 * Past `limits.responseWireBytesMax` the socket is destroyed with RESPONSE_FRAMING. Interim responses, line breaks
 * before a response, chunk extensions and the zeros of a chunk's size may be endless, and the bound on the body does
 * not count them. With TLS the plaintext is counted, because the parser works on the plaintext.
 *
 * @returns a function that restarts the count
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
