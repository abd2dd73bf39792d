// One connection to a receiver, for one request at a time.
//
//     connecting ──► busy ◄──► idle ──► closed
//
// Bytes that arrive on an idle connection belong to no request: they close it.

import type { Socket } from 'node:net'
import { limits } from '../domain/limits.ts'
import type { Connect, Step, Target } from './connect.ts'
import type { ResponseHead } from './response-head.ts'
import { type Fault, type ResponseHandler, ResponseReader } from './response-reader.ts'

/** The progress of a request, as its connection reports it. `onFailure` is called instead of `onEnd`, and then nothing more. */
export interface ExchangeHandler {
  /** The connection is open, and the request is written. @param at by `ConnectionOwner.elapsed`; null: it was open before */
  onSent(at: number | null): void
  onHead(status: number, head: ResponseHead): void
  onBody(chunk: Buffer): void
  /** The response is over, whole or cut short: its status is known. @param at by `ConnectionOwner.elapsed` */
  onEnd(at: number): void
  /** There is no response. `isUnanswered`: not a byte of one came, and the connection had carried requests before. */
  onFailure(error: Error | Fault, isUnanswered: boolean): void
}

/** The pool of a connection. */
export interface ConnectionOwner {
  /** A clock that is never set, ms. */
  elapsed(): number
  idle(connection: HttpConnection): void
  closed(connection: HttpConnection): void
}

export class HttpConnection implements ResponseHandler {
  readonly target: Target
  readonly #openedAt: number
  /** When each step of opening began. */
  readonly #steps: { readonly step: Step; readonly at: number }[] = []
  #idleSince = 0
  readonly #owner: ConnectionOwner
  readonly #reader: ResponseReader
  #cancelConnect: (() => void) | null
  #socket: Socket | null = null
  #request: Buffer | null = null
  #handler: ExchangeHandler | null = null
  #requests = 0
  /** Bytes of the response, framing included. */
  #wireBytes = 0
  /** How long the receiver keeps an idle connection, as it says. */
  #keepAliveMs: number = limits.idleSocketMs
  #isClosed = false

  constructor(target: Target, connect: Connect, owner: ConnectionOwner) {
    this.target = target
    this.#owner = owner
    this.#openedAt = owner.elapsed()
    this.#reader = new ResponseReader(this)
    const opened = (error: Error | null, socket: Socket | null): void => {
      this.#cancelConnect = null
      if (socket === null) this.#fail(error ?? new Error('connection failed'))
      else this.#open(socket)
    }
    const began = (step: Step): void => void this.#steps.push({ step, at: owner.elapsed() })
    this.#cancelConnect = connect(target, opened, (bytes) => this.#read(bytes), began)
  }

  /**
   * How long a step of opening took, in whole milliseconds; null: there was no such step.
   *
   * @param openAt when the connection was open, or was given up
   */
  msOf(step: Step, openAt: number): number | null {
    const index = this.#steps.findIndex((one) => one.step === step)
    const begun = this.#steps[index]
    return begun === undefined ? null : Math.round((this.#steps[index + 1]?.at ?? openAt) - begun.at)
  }

  /** Whether an idle connection may carry another request now. */
  isFresh(now: number): boolean {
    return now - this.#openedAt < limits.connectionAgeMs && now - this.#idleSince < this.#keepAliveMs
  }

  /** Sends a request. The connection is new, or idle. */
  send(request: Buffer, handler: ExchangeHandler): void {
    this.#handler = handler
    this.#request = request
    if (this.#requests > 0) this.#reader.restart()
    this.#wireBytes = 0
    if (this.#socket !== null) this.#write(this.#socket, null)
  }

  /** Closes the connection at once, in any state. Nothing is reported. */
  destroy(): void {
    this.#handler = null
    this.#close()
  }

  #open(socket: Socket): void {
    if (this.#isClosed) return void socket.destroy()
    this.#socket = socket
    socket.on('error', (error) => this.#fail(error))
    socket.on('end', () => this.#ended())
    socket.on('close', () => this.#ended())
    if (this.#request !== null) this.#write(socket, this.#owner.elapsed())
  }

  #write(socket: Socket, openAt: number | null): void {
    const handler = this.#handler
    this.#requests += 1
    handler?.onSent(openAt)
    if (this.#request !== null) socket.write(this.#request)
    this.#request = null
  }

  #read(chunk: Buffer): void {
    if (this.#handler === null) return this.#close()
    this.#wireBytes += chunk.length
    this.#reader.push(chunk)
    if (this.#handler !== null && this.#wireBytes > limits.responseWireBytesMax) this.#cutOff()
  }

  /** The response is too long: its status decides, if it is known. */
  #cutOff(): void {
    if (this.#reader.hasHead) this.#end(false)
    else this.onFault('response framing too large')
  }

  #ended(): void {
    if (this.#handler === null) return this.#close()
    if (this.#reader.end()) return
    this.#fail(Object.assign(new Error('connection closed'), { code: 'CLOSED' }))
  }

  #fail(error: Error): void {
    const handler = this.#handler
    this.#handler = null
    const hasHead = this.#reader.hasHead
    const isUnanswered = this.#requests > 1 && this.#reader.isUntouched
    this.#close()
    // Once the status is known, it decides.
    if (hasHead) handler?.onEnd(this.#owner.elapsed())
    else handler?.onFailure(error, isUnanswered)
  }

  onHead(status: number, head: ResponseHead): void {
    const hint = /\btimeout=(\d{1,6})/.exec(head.get('keep-alive') ?? '')?.[1]
    // The receiver may close a moment before its own timeout.
    if (hint !== undefined) this.#keepAliveMs = Math.min(limits.idleSocketMs, Math.max(0, Number(hint) * 1000 - 500))
    this.#handler?.onHead(status, head)
  }

  onBody(chunk: Buffer): void {
    this.#handler?.onBody(chunk)
  }

  onEnd(isReusable: boolean): void {
    this.#end(isReusable)
  }

  onFault(fault: Fault): void {
    const handler = this.#handler
    this.#handler = null
    this.#close()
    handler?.onFailure(fault, false)
  }

  #end(isReusable: boolean): void {
    const handler = this.#handler
    this.#handler = null
    const now = this.#owner.elapsed()
    if (isReusable && this.#socket !== null && !this.#isClosed) {
      this.#idleSince = now
      this.#owner.idle(this)
    } else this.#close()
    handler?.onEnd(now)
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#cancelConnect?.()
    this.#socket?.destroy()
    this.#owner.closed(this)
  }
}
