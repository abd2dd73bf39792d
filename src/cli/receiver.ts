// A receiver of deliveries on this machine. It answers as it is told: well, with failures, late, or not at all.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, isIPv6 } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { CommandFailed, lineOf } from './faults.ts'

/** A delivery as it arrived. */
export interface Arrived {
  readonly at: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer<ArrayBuffer>
  /** It came before: its id, or else its body, is known. */
  readonly isRepeated: boolean
}

/** An answer; null: the connection is closed without one. */
export type Answer = {
  readonly status: number
  readonly body: string
  readonly type?: string
  /** Why there is no answer of the app. */
  readonly fault?: string
} | null

export interface Behaviour {
  readonly status: number
  /** Each n-th delivery is answered with 500; 0: none. */
  readonly failEvery: number
  /** The connection of each n-th delivery is closed without an answer, so that it comes again; 0: none. */
  readonly dropEvery: number
  /** The wait before an answer. */
  readonly delayMs: number
}

/** The receiver keeps so many ids of earlier deliveries. */
const knownMax = 10_000
const bodyBytesMax = 8 * 1024 * 1024

/** Answers deliveries one way, in the order of their arrival. */
export function answersOf({ status, failEvery, dropEvery }: Behaviour): () => Answer {
  let count = 0
  const isTurn = (every: number): boolean => every > 0 && count % every === 0
  return () => {
    count += 1
    if (isTurn(dropEvery)) return null
    return isTurn(failEvery) ? { status: 500, body: 'failed on demand' } : { status, body: '' }
  }
}

/** Returns whether a delivery came before. */
export function repeats(): (headers: Arrived['headers'], body: Buffer) => boolean {
  const known = new Set<string>()
  return (headers, body) => {
    const id = headers['webhook-id'] ?? createHash('sha256').update(body).digest('base64')
    if (known.has(id)) return true
    known.add(id)
    const [oldest] = known
    if (known.size > knownMax && oldest !== undefined) known.delete(oldest)
    return false
  }
}

export interface ReceiverOptions {
  readonly host: string
  readonly port: number
  readonly delayMs: number
  /** Returns the answer to a delivery. */
  readonly take: (delivery: Arrived) => Promise<Answer>
}

/** Listens. Returns its URL, and its end. @throws CommandFailed */
export async function startReceiver(options: ReceiverOptions): Promise<{ readonly url: string; close(): void }> {
  const isRepeated = repeats()
  const server = createServer((request, response) => {
    void answered(request, response, options, isRepeated).catch(() => request.socket.destroy())
  })
  const { host, port } = options
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (error) {
    const isUsed = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
    const reason = isUsed ? 'the port is in use; choose another with --port' : lineOf(error)
    throw new CommandFailed(`cannot listen on --host ${host}, --port ${port}: ${reason}`)
  }
  return {
    url: `http://${isIPv6(host) ? `[${host}]` : host}:${(server.address() as AddressInfo).port}/`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function answered(
  request: IncomingMessage,
  response: ServerResponse,
  { take, delayMs }: ReceiverOptions,
  isRepeated: ReturnType<typeof repeats>,
): Promise<void> {
  const at = new Date().toISOString()
  const body = await bodyOf(request)
  if (body === null) {
    response.writeHead(413, { connection: 'close' }).end()
    return
  }
  const { method = '', url: path = '/' } = request
  const headers = Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, all = []]) => [name, all.join(', ')]),
  )
  const answer = await take({ at, method, path, headers, body, isRepeated: isRepeated(headers, body) })
  await sleep(delayMs)
  if (answer === null) request.socket.destroy()
  else response.writeHead(answer.status, { 'content-type': answer.type ?? 'text/plain' }).end(answer.body)
}

/** Null: the body is larger than any delivery. */
async function bodyOf(request: IncomingMessage): Promise<Buffer<ArrayBuffer> | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
