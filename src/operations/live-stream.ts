import type { Counts, TailFilter, TailRow } from '../contracts/node-report.ts'
import type { OperatorKeyId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'

/** The aggregate of one second, over all nodes. */
export interface Tick extends Counts {
  readonly at: number
  /** Deliveries that no node holds, as counted last; null: the database did not answer. */
  readonly waiting: number | null
  /** Deliveries in the memory of nodes that wait for their turn. */
  readonly queued: number
  readonly inFlight: number
  /** The nodes that are counted. */
  readonly nodes: number
}

/**
 * Why a stream may have missed something.
 *
 * - `reconnected`: its caller was connected before
 * - `database`: reports of other nodes were lost
 * - `unread`: its caller read too slowly
 */
export type Gap = 'reconnected' | 'database' | 'unread'

/** The events of one second for one stream. */
export interface Second {
  /** Null: the stream has missed nothing since the second before. */
  readonly gap: Gap | null
  readonly tick: Tick
  /** At most `limits.streamRowsMax`, oldest first. */
  readonly rows: readonly TailRow[]
  /** Attempts that the stream does not show. */
  readonly leftOut: number
}

export interface LiveStreamOptions {
  readonly filter: TailFilter
  readonly key: OperatorKeyId
  /** The first text of the stream. */
  readonly opening: string
  readonly textOf: (second: Second) => string
  /** Cuts the connection of a caller that does not read. */
  readonly cut: () => void
}

/**
 * One open stream: the texts that its caller reads. It holds no text: seconds that pass while the caller does not read are
 * dropped, and their attempts are counted as left out.
 */
export class LiveStream implements AsyncIterableIterator<string> {
  readonly options: LiveStreamOptions
  readonly #closed: (stream: LiveStream) => void
  #isOpened = false
  #isEnded = false
  /** Takes the next text; null: the caller has not read the last one yet. */
  #read: ((result: IteratorResult<string>) => void) | null = null
  /** Since when seconds have been dropped; null: the caller reads. */
  #unreadSince: number | null = null
  #droppedRows = 0

  /** @param closed called when the stream has ended, by either side */
  constructor(options: LiveStreamOptions, closed: (stream: LiveStream) => void) {
    this.options = options
    this.#closed = closed
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<string>> {
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined })
    if (this.#isOpened) return new Promise((resolve) => (this.#read = resolve))
    this.#isOpened = true
    return Promise.resolve({ done: false, value: this.options.opening })
  }

  /** The caller has gone. */
  return(): Promise<IteratorResult<string>> {
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  /** Ends the stream after the texts that its caller has not read yet. */
  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#read?.({ done: true, value: undefined })
    this.#closed(this)
  }

  /** @param now by a clock that is never set, ms */
  offer(second: Second, now: number): void {
    const read = this.#read
    if (read === null) {
      this.#droppedRows += second.rows.length + second.leftOut
      this.#unreadSince ??= now
      if (now - this.#unreadSince >= limits.streamUnreadMs) this.#cut()
      return
    }
    const gap = this.#unreadSince === null ? second.gap : 'unread'
    const leftOut = second.leftOut + this.#droppedRows
    this.#read = null
    this.#unreadSince = null
    this.#droppedRows = 0
    read({ done: false, value: this.options.textOf({ ...second, gap, leftOut }) })
  }

  #cut(): void {
    this.end()
    this.options.cut()
  }
}
