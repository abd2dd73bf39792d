// Shows the progress of long work. A terminal gets one line per part, updated in place; other outputs get one line when
// a part is done.

export interface Output {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/** The longest name of a table. */
const nameWidth = 22
const barWidth = 24
const againMs = 100

/** Shows one part after the other: `begin`, then `advance` many times, then `end`. */
export class Progress {
  readonly #output: Output
  readonly #now: () => number
  #name = ''
  #total = 0
  /** Rows that an earlier run has done; `#done` includes them. */
  #before = 0
  #done = 0
  #startedAt = 0
  #shownAt = 0

  constructor(output: Output, now: () => number = () => performance.now()) {
    this.#output = output
    this.#now = now
  }

  begin(name: string, total: number, before: number): void {
    this.#name = name
    this.#total = total
    this.#before = before
    this.#done = before
    this.#startedAt = this.#now()
    this.#shownAt = 0
    this.#show()
  }

  advance(count: number): void {
    this.#done += count
    if (this.#now() - this.#shownAt >= againMs) this.#show()
  }

  end(): void {
    const { rate, seconds } = this.#speed()
    const earlier = this.#before === 0 ? '' : `, ${shown(this.#before)} of them by an earlier run`
    const speed = seconds < 1 ? '' : `  in ${duration(seconds)}, ${shown(rate)}/s`
    this.#line(`${shown(this.#done)}${speed}${earlier}`)
    this.#output.write('\n')
  }

  #show(): void {
    if (this.#output.isTTY !== true) return
    this.#shownAt = this.#now()
    const share = this.#total === 0 ? 1 : Math.min(1, this.#done / this.#total)
    const bar = '█'.repeat(Math.round(share * barWidth)).padEnd(barWidth, '░')
    const { rate } = this.#speed()
    const rest = rate === 0 ? '' : `  ${shown(rate)}/s  ${duration((this.#total - this.#done) / rate)} left`
    this.#line(`${bar}  ${shown(this.#done)} of ${shown(this.#total)}${rest}`)
  }

  #speed(): { rate: number; seconds: number } {
    const seconds = (this.#now() - this.#startedAt) / 1000
    return { rate: seconds > 0 ? (this.#done - this.#before) / seconds : 0, seconds }
  }

  #line(text: string): void {
    const line = `  ${this.#name.padEnd(nameWidth)}  ${text}`
    // Back to the start of the line; the escape sequence deletes the rest of a longer line.
    this.#output.write(this.#output.isTTY === true ? `\r${line}\u001b[K` : line)
  }
}

/** Formats a count, such as `1,234`. */
export function shown(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 100) return `${Math.round(seconds)} s`
  return `${Math.round(seconds / 60)} min`
}
