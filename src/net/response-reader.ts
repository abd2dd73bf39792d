// Reads one HTTP/1.1 response after the other from the bytes of a connection.
//
// The reader is forgiving: a response that it misreads is sent again, and the receiver gets the event twice. It accepts
// every response that has one possible reading. After an irregular response the connection is not used again, so that
// bytes of it are never taken for the next response.
//
//     head ──┬─► length ─────────────────────────┬─► over
//      ▲     ├─► chunkSize ─► data ─► chunkEnd   │
//      │     │       ▲                   │       │
//      │     │       └───────────────────┴──► trailers
//      │     └─► untilEnd ───────────────────────┘
//      └──── interim response (1xx)
//
// A head has at most `limits.responseHeadBytesMax` bytes, and at most `limits.interimResponsesMax` interim responses come
// before it. The caller bounds the body and the bytes in all.

import { limits } from '../domain/limits.ts'
import { ResponseHead } from './response-head.ts'

/** Why bytes are no response: the text that is recorded. */
export type Fault = 'malformed response' | 'response headers too large' | 'response framing too large'

export interface ResponseHandler {
  /** The final status line and headers are in. */
  onHead(status: number, head: ResponseHead): void
  onBody(chunk: Buffer): void
  /** The response is over, whole or cut short. `isReusable`: the connection may carry another request. */
  onEnd(isReusable: boolean): void
  /** The bytes are no response. Comes only before `onHead`. */
  onFault(fault: Fault): void
}

type State = 'head' | 'length' | 'chunkSize' | 'chunkData' | 'chunkEnd' | 'trailers' | 'untilEnd' | 'over'

const lf = 0x0a
const cr = 0x0d
const empty = Buffer.alloc(0)
const none: readonly string[] = []
const http = Buffer.from('HTTP/')
/** Only the beginning of a line of the chunked framing matters. */
const lineKeptBytes = 64

/** Some servers send no minor version, several blanks or no reason. */
const statusLine = /^HTTP\/(\d)(?:\.(\d{1,3}))?[ \t]+(\d{3})(?!\d)/
/** Blanks around the size and leading zeros are harmless; a semicolon starts an extension. */
const chunkSize = /^[ \t]*0*([0-9a-f]{0,7})[ \t]*(?:;|$)/i
const startsWithDigit = /^[ \t]*[0-9a-f]/i

export class ResponseReader {
  readonly #handler: ResponseHandler
  readonly #isConnect: boolean
  #state: State = 'head'
  #hasHead = false
  /** Bytes of a head or of a line that is not complete. */
  #pending: Buffer | null = null
  #hasBytes = false
  #interim = 0
  /** Bytes of the body or of the chunk that are still to come. */
  #left = 0
  /** The response has exactly one reading by the standard, and the receiver keeps the connection. */
  #isReusable = true

  /** @param isConnect the request was CONNECT: what follows the head of a 2xx is not a body but the tunnel */
  constructor(handler: ResponseHandler, isConnect = false) {
    this.#handler = handler
    this.#isConnect = isConnect
  }

  /** Starts to read the next response. */
  restart(): void {
    this.#state = 'head'
    this.#hasHead = false
    this.#pending = null
    this.#hasBytes = false
    this.#interim = 0
    this.#isReusable = true
  }

  /** Whether the final status line and headers are in. */
  get hasHead(): boolean {
    return this.#hasHead
  }

  /** Whether not a byte of the response has come. */
  get isUntouched(): boolean {
    return !this.#hasBytes
  }

  /** Bytes in memory that wait for the rest of a head or line. */
  get pendingBytes(): number {
    return this.#pending?.length ?? 0
  }

  /** Takes the next bytes of the connection. They are valid only during the call. */
  push(chunk: Buffer): void {
    this.#hasBytes = true
    let bytes = chunk
    while (bytes.length > 0 && this.#state !== 'over') bytes = this.#take(bytes)
  }

  /** The connection has ended. @returns false: the head was not complete, so there is no response */
  end(): boolean {
    if (!this.#hasHead) return false
    this.#finish(false)
    return true
  }

  /** Takes some of the bytes, and returns those behind them. */
  #take(bytes: Buffer): Buffer {
    switch (this.#state) {
      case 'head':
        return this.#takeHead(bytes)
      case 'length':
      case 'chunkData':
        return this.#takeCounted(bytes)
      case 'untilEnd':
        this.#handler.onBody(bytes)
        return empty
      case 'chunkSize':
      case 'chunkEnd':
      case 'trailers':
        return this.#takeLine(bytes)
      case 'over':
        return empty
    }
  }

  #takeHead(bytes: Buffer): Buffer {
    if (this.#pending === null && isLineBreak(bytes[0])) {
      // Some servers send line breaks before a response.
      this.#isReusable = false
      let start = 1
      while (start < bytes.length && isLineBreak(bytes[start])) start += 1
      return bytes.subarray(start)
    }
    const before = this.#pending?.length ?? 0
    const whole = this.#pending === null ? bytes : Buffer.concat([this.#pending, bytes])
    // Bytes that are not HTTP are refused at once, and not at the deadline.
    if (!startsLikeHttp(whole)) return this.#refuse('malformed response')
    const end = endOfHead(whole, Math.max(0, before - 2))
    if ((end === -1 ? whole.length : end) > limits.responseHeadBytesMax) {
      return this.#refuse('response headers too large')
    }
    if (end === -1) {
      // The caller uses the memory of the chunk again.
      this.#pending = this.#pending === null ? Buffer.from(whole) : whole
      return empty
    }
    this.#pending = null
    const behind = whole.subarray(end)
    this.#readHead(whole.toString('latin1', 0, end), behind)
    return behind
  }

  #readHead(text: string, behind: Buffer): void {
    const [first = '', ...lines] = text.split('\n')
    const status = statusLine.exec(first)
    const code = Number(status?.[3] ?? 0)
    // 101 changes the protocol, which no request asks for.
    if (status === null || code < 100 || code === 101) return void this.#refuse('malformed response')
    if (code < 200) {
      this.#interim += 1
      if (this.#interim > limits.interimResponsesMax) this.#refuse('response framing too large')
      return
    }
    const head = new ResponseHead(lines)
    const connection = head.get('connection')?.toLowerCase() ?? ''
    const isCurrent = status[1] === '1' && Number(status[2] ?? 0) >= 1
    const keepsAlive = isCurrent ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection)
    if (!keepsAlive || !head.isRegular || !first.endsWith('\r')) this.#isReusable = false
    this.#frame(code, head)
    this.#hasHead = true
    this.#handler.onHead(code, head)
    if (this.#state === 'length' && this.#left === 0) this.#finish(behind.length === 0)
  }

  /** Decides where the body ends (RFC 9112, 6.3). */
  #frame(status: number, head: ResponseHead): void {
    this.#left = 0
    const encodings = listOf(head.get('transfer-encoding')?.toLowerCase()).filter((one) => one !== 'identity')
    const lengths = listOf(head.get('content-length'))
    if (lengths.length > 1 || (encodings.length > 0 && lengths.length > 0)) this.#isReusable = false
    if (this.#isConnect && status < 300) this.#state = 'untilEnd'
    else if (status === 204 || status === 304) this.#state = 'length'
    else if (encodings.at(-1) === 'chunked') this.#state = 'chunkSize'
    else if (encodings.length > 0 || lengths.length === 0) this.#state = 'untilEnd'
    else if (lengths.every((length) => /^\d{1,15}$/.test(length))) {
      this.#state = 'length'
      // The shorter one of two lengths counts: its bytes belong to the body in either reading.
      this.#left = Math.min(...lengths.map(Number))
    } else this.#state = 'untilEnd'
  }

  #takeCounted(bytes: Buffer): Buffer {
    const part = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left)
    const behind = bytes.subarray(part.length)
    this.#left -= part.length
    this.#handler.onBody(part)
    if (this.#left > 0) return behind
    if (this.#state === 'length') this.#finish(behind.length === 0)
    else if (this.#state === 'chunkData') this.#state = 'chunkEnd'
    return behind
  }

  #takeLine(bytes: Buffer): Buffer {
    const end = bytes.indexOf(lf)
    const taken = end === -1 ? bytes : bytes.subarray(0, end)
    const kept = taken.subarray(0, lineKeptBytes)
    const line = this.#pending === null ? kept : Buffer.concat([this.#pending, kept]).subarray(0, lineKeptBytes)
    if (end === -1) {
      this.#pending = Buffer.from(line)
      return empty
    }
    this.#pending = null
    const behind = bytes.subarray(end + 1)
    this.#readLine(line.toString('latin1').replace(/\r$/, ''), behind)
    return behind
  }

  /** A line of the chunked framing. A framing that breaks ends the response: its status is known. */
  #readLine(line: string, behind: Buffer): void {
    if (this.#state === 'trailers') {
      if (line === '') this.#finish(behind.length === 0)
    } else if (this.#state === 'chunkEnd') {
      if (line === '') this.#state = 'chunkSize'
      else this.#finish(false)
    } else {
      const size = startsWithDigit.test(line) ? chunkSize.exec(line) : null
      if (size === null) return this.#finish(false)
      this.#left = Number.parseInt(`0${size[1] ?? ''}`, 16)
      this.#state = this.#left === 0 ? 'trailers' : 'chunkData'
    }
  }

  /** @param isWhole the response is complete, and no bytes follow it that were not asked for */
  #finish(isWhole: boolean): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#handler.onEnd(isWhole && this.#isReusable)
  }

  #refuse(fault: Fault): Buffer {
    this.#state = 'over'
    this.#pending = null
    this.#handler.onFault(fault)
    return empty
  }
}

function isLineBreak(byte: number | undefined): boolean {
  return byte === cr || byte === lf
}

function startsLikeHttp(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, http.length)
  return bytes.compare(http, 0, length, 0, length) === 0
}

/** The index behind the empty line that ends a head, with or without carriage returns; -1: it has not come. */
function endOfHead(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(lf, from); at !== -1; at = bytes.indexOf(lf, at + 1)) {
    const next = bytes[at + 1]
    if (next === lf) return at + 2
    if (next === cr && bytes[at + 2] === lf) return at + 3
  }
  return -1
}

/** The members of a header that is a list. */
function listOf(value: string | null | undefined): readonly string[] {
  if (value === null || value === undefined) return none
  return value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}
