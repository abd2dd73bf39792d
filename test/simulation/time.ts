// Virtual time: things happen one after the other, in the order of their times, as fast as the machine can. Of two at
// the same time the one that was asked for first comes first, so that a run is the same every time.

interface Entry {
  readonly at: number
  readonly order: number
  action: (() => void) | null
}

export class Time {
  /** Milliseconds that have passed, by which timers go. */
  #elapsed = 0
  /** Milliseconds for which everything stood still at once. */
  #suspended = 0
  #order = 0
  /** A binary heap, the next one first. */
  readonly #heap: Entry[] = []

  get elapsed(): number {
    return this.#elapsed
  }

  /** The right time of day, which the clocks of the nodes may or may not show. */
  get wall(): number {
    return begin + this.#elapsed + this.#suspended
  }

  /** Calls `action` once after `ms`; the result cancels it. */
  after(ms: number, action: () => void): () => void {
    const entry: Entry = { at: this.#elapsed + Math.max(0, ms), order: this.#order++, action }
    this.#push(entry)
    return () => (entry.action = null)
  }

  /** All machines are suspended for a while: their timers stand still, their clocks show the right time afterwards. */
  suspend(ms: number): void {
    this.#suspended += ms
  }

  /** Lets the next thing happen, with all that follows from it at once. False: nothing is left to happen. */
  async step(): Promise<boolean> {
    const entry = this.#pop()
    if (entry === undefined) return false
    if (entry.action === null) return true
    this.#elapsed = entry.at
    entry.action()
    // Every promise that can settle has settled when the next turn of Node's own loop begins.
    await new Promise((resolve) => setImmediate(resolve))
    return true
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let index = heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (isBefore(heap[parent] as Entry, entry)) break
      heap[index] = heap[parent] as Entry
      index = parent
    }
    heap[index] = entry
  }

  #pop(): Entry | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child += 1
      if (child >= heap.length || isBefore(last, heap[child] as Entry)) break
      heap[index] = heap[child] as Entry
      index = child
    }
    heap[index] = last
    return first
  }
}

const begin = Date.UTC(2026, 0, 1)

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
