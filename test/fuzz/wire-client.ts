// An HTTP/1.1 client that sends any bytes, also those that no proper client sends, and parses the response. Every wait
// has a timeout. The response of a stream, which does not end, is read up to its first event.

import { connect, type Socket } from 'node:net'
import { eventStream } from '../support/event-stream.ts'

export interface WireAnswer {
  readonly status: number
  /** By lower-case name. Of several headers of one name only the last is kept. */
  readonly headers: ReadonlyMap<string, string>
  readonly text: string
  readonly milliseconds: number
}

/** `closed`: the server ended the connection without a response. `silent`: neither within `replyMsMax`. */
export type Reply = WireAnswer | 'closed' | 'silent'

export interface SendOptions {
  /** The response has no body. */
  readonly head?: boolean
  /** Use a new connection, which the client ends after the request. */
  readonly alone?: boolean
}

export const replyMsMax = 10_000

interface Pending {
  readonly sentAt: number
  readonly head: boolean
  readonly resolve: (reply: Reply) => void
}

export class WireClient {
  readonly #port: number
  readonly #idle: Connection[] = []

  constructor(port: number) {
    this.#port = port
  }

  async send(bytes: Buffer, { head = false, alone = false }: SendOptions = {}): Promise<Reply> {
    const used = alone ? undefined : this.#open()
    const connection = used ?? new Connection(this.#port)
    const reply = await connection.send(bytes, head, alone)
    // The server may end an idle connection at the moment when the client uses it again.
    if (reply === 'closed' && used !== undefined) return this.send(bytes, { head, alone })
    if (!alone && connection.isOpen) this.#idle.push(connection)
    return reply
  }

  /** An idle connection that the server has not ended, or undefined. */
  #open(): Connection | undefined {
    const connection = this.#idle.pop()
    return connection === undefined || connection.isOpen ? connection : this.#open()
  }

  close(): void {
    for (const connection of this.#idle.splice(0)) connection.destroy()
  }
}

class Connection {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #pending: Pending | null = null
  isOpen = true

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.setTimeout(replyMsMax, () => this.#finish('silent'))
    this.#socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#read()
    })
    this.#socket.on('error', () => undefined)
    this.#socket.on('close', () => this.#finish('closed'))
    this.#socket.on('end', () => this.#finish('closed'))
  }

  send(bytes: Buffer, head: boolean, alone: boolean): Promise<Reply> {
    return new Promise((resolve) => {
      this.#pending = { sentAt: performance.now(), head, resolve }
      if (alone) this.#socket.end(bytes)
      else this.#socket.write(bytes)
    })
  }

  destroy(): void {
    this.isOpen = false
    this.#socket.destroy()
  }

  #read(): void {
    const end = this.#received.indexOf('\r\n\r\n')
    if (end === -1 || this.#pending === null) return
    const [line = '', ...lines] = this.#received.subarray(0, end).toString('latin1').split('\r\n')
    const headers = new Map(lines.map((one) => [one.slice(0, one.indexOf(':')).toLowerCase(), valueOf(one)] as const))
    const status = Number(line.split(' ')[1])
    const hasBody = !this.#pending.head && status >= 200 && status !== 204
    if (hasBody && headers.get('content-type') === eventStream && this.#received.includes('event: ')) {
      this.isOpen = false
      const text = this.#received.subarray(end + 4).toString('utf8')
      return this.#finish({ status, headers, text, milliseconds: performance.now() - this.#pending.sentAt })
    }
    const body = hasBody ? bodyIn(this.#received.subarray(end + 4), headers) : { text: '', length: 0 }
    if (body === null) return
    const { text, length } = body
    this.#received = this.#received.subarray(end + 4 + length)
    // The response follows after 100 Continue.
    if (status < 200) return this.#read()
    if (headers.get('connection') === 'close') this.isOpen = false
    this.#finish({ status, headers, text, milliseconds: performance.now() - this.#pending.sentAt })
  }

  #finish(reply: Reply): void {
    if (typeof reply === 'string' || !this.isOpen) this.destroy()
    this.#pending?.resolve(reply)
    this.#pending = null
  }
}

/** The body that the bytes begin with, and the number of its bytes; null: it is not complete. */
function bodyIn(bytes: Buffer, headers: WireAnswer['headers']): { text: string; length: number } | null {
  if (headers.get('transfer-encoding') === 'chunked') return chunksIn(bytes)
  // A response without a length is Node's own answer to a bad request. Its text is not needed.
  const length = Number(headers.get('content-length') ?? 0)
  return bytes.length < length ? null : { text: bytes.subarray(0, length).toString('utf8'), length }
}

function chunksIn(bytes: Buffer): { text: string; length: number } | null {
  const chunks: Buffer[] = []
  for (let at = 0; ;) {
    const end = bytes.indexOf('\r\n', at)
    const size = Number.parseInt(bytes.subarray(at, Math.max(at, end)).toString('latin1'), 16)
    const next = end + 2 + size + 2
    if (end === -1 || bytes.length < next) return null
    if (size === 0) return { text: Buffer.concat(chunks).toString('utf8'), length: next }
    chunks.push(bytes.subarray(end + 2, end + 2 + size))
    at = next
  }
}

function valueOf(line: string): string {
  return line.slice(line.indexOf(':') + 1).trim()
}
