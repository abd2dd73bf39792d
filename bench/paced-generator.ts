// An open-loop generator: it sends requests at times that are fixed in advance, whether or not the server keeps up. A
// closed loop sends nothing while the server stalls, so it misses the samples that would show the stall. Each request
// has a number, which matches it with its arrival at the receiver.

import type { Socket } from 'node:net'
import { nowMs, serveOrders } from './child.ts'
import { open } from './generator.ts'
import { joined, messageLength } from './message-length.ts'
import { digitsOf, numberDigits, numberMark } from './numbered.ts'

export interface PacedOrder {
  readonly port: number
  readonly connections: number
  /** Requests per second, spread evenly. */
  readonly perSecond: number
  readonly durationMs: number
  /** Complete requests with `numberMark` and `numberDigits` zeros in the body. They are sent in turn. */
  readonly requests: readonly string[]
}

export interface PacedReport {
  /** By number, on the clock of `nowMs`: when the request was due, when it was sent, when its 202 was complete. */
  readonly dueAt: readonly number[]
  readonly sentAt: readonly number[]
  readonly answeredAt: readonly number[]
}

/** How long the run waits for responses after the last request was due. */
const answerMsMax = 10_000

async function runPaced(order: PacedOrder): Promise<PacedReport> {
  const requests = order.requests.map(prepare)
  const idle = await Promise.all(Array.from({ length: order.connections }, () => open(order.port)))
  const sockets = [...idle]
  const count = Math.max(1, Math.floor((order.perSecond * order.durationMs) / 1_000))
  const beginAt = nowMs() + 5
  const dueAt = Array.from({ length: count }, (_, number) => beginAt + (number * 1_000) / order.perSecond)
  const sentAt: number[] = []
  const answeredAt: number[] = Array.from({ length: count }, () => 0)

  try {
    await new Promise<void>((resolve, reject) => {
      let answered = 0
      const answers = (socket: Socket, number: number): void => {
        answeredAt[number] = nowMs()
        answered += 1
        idle.push(socket)
        if (answered === count) resolve()
      }
      const sends = sockets.map((socket) => [socket, senderOn(socket, answers, reject)] as const)
      const senders = new Map(sends)
      // A loop without timers would take a core from the server. A timer is up to a millisecond late. That does not
      // matter: the latency starts at the response, and the generator's lateness is reported.
      const sendDue = (): void => {
        const now = nowMs()
        while (sentAt.length < count && (dueAt[sentAt.length] ?? 0) <= now) {
          const socket = idle.pop()
          if (socket === undefined) break
          const number = sentAt.push(now) - 1
          const { bytes, at } = requests[number % requests.length] as Prepared
          bytes.write(digitsOf(number), at, 'latin1')
          senders.get(socket)?.(Buffer.from(bytes), number)
        }
        if (answered === count) return
        if (now > (dueAt.at(-1) ?? 0) + answerMsMax) reject(new Error(`${answered} of ${count} requests were answered`))
        else setTimeout(sendDue, 1)
      }
      sendDue()
    })
  } finally {
    for (const socket of sockets) socket.destroy()
  }
  return { dueAt, sentAt, answeredAt }
}

interface Prepared {
  readonly bytes: Buffer
  /** The offset of the digits. */
  readonly at: number
}

function prepare(text: string): Prepared {
  const bytes = Buffer.from(text)
  const mark = bytes.indexOf(numberMark)
  if (mark === -1) throw new Error(`a request has no ${numberMark} for its number`)
  if (bytes.indexOf('0'.repeat(numberDigits), mark) !== mark + numberMark.length) throw new Error('no room for digits')
  return { bytes, at: mark + numberMark.length }
}

/** Sends one request at a time. Rejects for a status that is not 2xx, because every event must be accepted. */
function senderOn(
  socket: Socket,
  answered: (socket: Socket, number: number) => void,
  reject: (error: Error) => void,
): (request: Buffer, number: number) => void {
  let partial: Buffer | null = null
  let current = 0
  socket.on('data', (chunk) => {
    const bytes = joined(partial, chunk)
    const length = messageLength(bytes, 0)
    partial = length === null ? bytes : null
    if (length === null) return
    if (bytes.toString('latin1', 9, 10) !== '2') reject(new Error(`a request was refused:\n${bytes.toString()}`))
    else answered(socket, current)
  })
  socket.on('error', reject)
  socket.on('close', () => reject(new Error('the server closed a connection')))
  return (request, number) => {
    current = number
    socket.write(request)
  }
}

if (import.meta.main) serveOrders((order) => runPaced(order as PacedOrder))
