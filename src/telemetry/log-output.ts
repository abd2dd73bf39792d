// Log lines to stdout. A log that cannot be written must not disturb the service: its disk may be full, its reader slow
// or gone, its terminal stopped.

import { constants, openSync, writeSync } from 'node:fs'
import { limits } from '../domain/limits.ts'

/** Writes lines without ever waiting or throwing. A line that cannot be written is dropped and counted. */
export class LogOutput {
  readonly #stdout = nonBlockingStdout()
  /** Lines that stdout was too busy to take. The first of them may be written in part. */
  readonly #waiting: Buffer[] = []
  #waitingBytes = 0
  /** How many bytes of the first waiting line are written. */
  #written = 0
  #again: NodeJS.Timeout | null = null
  /** The last written line lacks its end. */
  #cut = false
  #dropped = 0

  constructor() {
    process.once('exit', () => this.#flush())
  }

  /** Lines that were dropped since the start. */
  get dropped(): number {
    return this.#dropped
  }

  /** @param line ends with a line break */
  write(line: string): void {
    const bytes = Buffer.from(this.#cut ? `\n${line}` : line)
    if (this.#waitingBytes + bytes.length > limits.logWaitingBytesMax) {
      this.#dropped += 1
      return
    }
    this.#cut = false
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (this.#again === null) this.#flush()
  }

  #flush(): void {
    for (let line = this.#waiting[0]; line !== undefined; line = this.#waiting[0]) {
      try {
        this.#written += writeSync(this.#stdout, line, this.#written)
        if (this.#written < line.length) continue
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') {
          this.#again = setTimeout(() => {
            this.#again = null
            this.#flush()
          }, limits.logAgainMs).unref()
          return
        }
        this.#dropped += 1
        this.#cut = this.#written > 0
      }
      this.#waiting.shift()
      this.#waitingBytes -= line.length
      this.#written = 0
    }
  }
}

/** The descriptor of stdout. A write to it fails with EAGAIN instead of waiting for a reader. */
function nonBlockingStdout(): number {
  // The first use of `process.stdout` makes a pipe or a socket non-blocking. A terminal stays blocking: another
  // descriptor of it does not.
  const { fd, isTTY } = process.stdout
  if (!isTTY) return fd
  try {
    return openSync(`/dev/fd/${fd}`, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK)
  } catch {
    // The terminal belongs to another user, or the system has no such files.
    return fd
  }
}
