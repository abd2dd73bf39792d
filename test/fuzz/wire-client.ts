// HTTP/1.1 byte by byte: sends what no proper client would, and reads what comes back. Every wait has an end.

import { connect, type Socket } from 'node:net'

export interface WireAnswer {
  readonly status: number
  /** By lower-case name; the last of several. */
  readonly headers: ReadonlyMap<string, string>
  readonly text: string
  readonly milliseconds: number
}

/** `closed`: the server ended the connection without an answer; `silent`: it did neither in time. */
export type Reply = WireAnswer | 'closed' | 'silent'

export interface SendOptions {
  /** The answer has headers only. */
  readonly head?: boolean
  /** On a connection of its own, which ends with the request. */
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
    // The server may end a connection that is idle just when it is used again.
    if (reply === 'closed' && used !== undefined) return this.send(bytes, { head, alone })
    if (!alone && connection.isOpen) this.#idle.push(connection)
    return reply
  }

  /** A connection that waits for its next request, if there is one that the server has not ended. */
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
    // Without a length it is Node's own answer to a bad request, and its text says nothing.
    const length = hasBody ? Number(headers.get('content-length') ?? 0) : 0
    const start = end + 4
    if (this.#received.length < start + length) return
    const text = this.#received.subarray(start, start + length).toString('utf8')
    this.#received = this.#received.subarray(start + length)
    // 100 Continue is followed by the answer.
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

function valueOf(line: string): string {
  return line.slice(line.indexOf(':') + 1).trim()
}
