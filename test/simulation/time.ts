// Virtual time: actions run one after the other, in the order of their times, as fast as the machine can. Two actions
// of the same time run in the order in which they were scheduled, so that every run of a seed is the same.

interface Entry {
  readonly at: number
  readonly order: number
  action: (() => void) | null
}

export class Time {
  /** Milliseconds that have passed for timers. */
  #elapsed = 0
  /** Milliseconds for which all machines were suspended. */
  #suspended = 0
  #order = 0
  /** A binary heap with the next action first. */
  readonly #heap: Entry[] = []

  get elapsed(): number {
    return this.#elapsed
  }

  /** The true time in ms since the epoch. The clocks of nodes may differ from it. */
  get wall(): number {
    return begin + this.#elapsed + this.#suspended
  }

  /** Calls `action` once after `ms`. The returned function cancels it. */
  after(ms: number, action: () => void): () => void {
    const entry: Entry = { at: this.#elapsed + Math.max(0, ms), order: this.#order++, action }
    this.#push(entry)
    return () => (entry.action = null)
  }

  /** Suspends all machines for a while: their timers stop, and their clocks show the later time afterwards. */
  suspend(ms: number): void {
    this.#suspended += ms
  }

  /** Runs the next action and waits for the promises that it settles. Returns false if no action is left. */
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
