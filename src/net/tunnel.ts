// Asks a proxy for a tunnel: one CONNECT on an open socket (RFC 9110, 9.3.6).

import type { Socket } from 'node:net'
import { limits } from '../domain/limits.ts'
import type { ResponseHead } from './response-head.ts'
import { ResponseReader } from './response-reader.ts'
import { describeSocketError } from './socket-error.ts'

/** The head of a proxy's answer, or a short text that says why there is none. */
export type TunnelAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly head: ResponseHead }
  | { readonly kind: 'closed' | 'malformed'; readonly error: string }

/**
 * Writes a CONNECT request and reads the answer. `answered` is called once, unless the caller destroys the socket. The
 * socket is paused then, and bytes that follow the head are the next ones that it reads.
 *
 * @param onBytes called whenever bytes of the proxy arrive
 */
export function askForTunnel(
  socket: Socket,
  request: string,
  onBytes: () => void,
  answered: (answer: TunnelAnswer) => void,
): void {
  let answer: TunnelAnswer | null = null
  let wireBytes = 0
  const behind: Buffer[] = []
  const reader = new ResponseReader(
    {
      onHead: (status, head) => void (answer = { kind: 'answered', status, head }),
      onBody: (chunk) => void behind.push(chunk),
      onEnd: () => {},
      onFault: (error) => void (answer = { kind: 'malformed', error }),
    },
    true,
  )
  const finish = (result: TunnelAnswer): void => {
    socket.off('data', read).off('error', failed).off('end', ended).off('close', ended).pause()
    if (behind.length > 0) socket.unshift(Buffer.concat(behind))
    answered(result)
  }
  const read = (bytes: Buffer): void => {
    onBytes()
    wireBytes += bytes.length
    reader.push(bytes)
    if (answer !== null) finish(answer)
    else if (wireBytes > limits.responseWireBytesMax) finish({ kind: 'malformed', error: 'response framing too large' })
  }
  const failed = (error: Error): void => finish({ kind: 'closed', error: describeSocketError(error) })
  const ended = (): void => finish({ kind: 'closed', error: 'connection closed' })
  socket.on('data', read).on('error', failed).on('end', ended).on('close', ended)
  socket.write(request)
}
