// An HTTP/1.1 client that sends any bytes, also those that no proper client sends, and parses the response. Every wait
// has a timeout.

import { connect, type Socket } from 'node:net'

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
    // A response without a length is Node's own answer to a bad request. Its text is not needed.
    const length = hasBody ? Number(headers.get('content-length') ?? 0) : 0
    const start = end + 4
    if (this.#received.length < start + length) return
    const text = this.#received.subarray(start, start + length).toString('utf8')
    this.#received = this.#received.subarray(start + length)
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

function valueOf(line: string): string {
  return line.slice(line.indexOf(':') + 1).trim()
}
