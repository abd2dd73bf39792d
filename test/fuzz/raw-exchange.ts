// One TCP connection to the server, and everything that the server sends on it.

import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Exchange {
  /** Everything that the server sent, with one character per byte. */
  readonly text: string
  /** The status of each response, in order. */
  readonly statuses: readonly number[]
  /** Ms until the server ended the connection; null: it did not within the time. */
  readonly closedAfterMs: number | null
}

/** Connects, lets `act` write, and waits until the server ends the connection or `waitMs` have passed. */
export async function exchange(port: number, act: (socket: Socket) => unknown, waitMs: number): Promise<Exchange> {
  const startedAt = performance.now()
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let text = ''
  let closedAfterMs: number | null = null
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  socket.on('error', () => undefined)
  const ended = new Promise<void>((resolve) => {
    socket.on('close', () => {
      closedAfterMs ??= performance.now() - startedAt
      resolve()
    })
  })
  socket.on('connect', () => act(socket))
  const timer = new AbortController()
  await Promise.race([ended, sleep(waitMs, undefined, { signal: timer.signal }).catch(() => undefined)])
  timer.abort()
  const result = { text, statuses: statusesIn(text), closedAfterMs }
  socket.destroy()
  return result
}

/** Writes the head, then a byte every `everyMs` until the socket is closed. */
export async function trickle(socket: Socket, head: string, everyMs: number): Promise<void> {
  socket.write(head)
  while (!socket.destroyed) {
    await sleep(everyMs)
    if (socket.writable) socket.write('x')
  }
}

function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
}
