// Slows down callers that try keys. The first wrong keys of an address are answered at once, and each further one a
// second after the one before. Right keys never come here: otherwise a caller at the operator's address, or behind the
// same proxy, could lock the operator out.

import ipaddr from 'ipaddr.js'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../domain/clock.ts'
import { limits } from '../domain/limits.ts'
import type { MaybePromise } from '../domain/maybe-promise.ts'
import { failure, type Problem } from '../domain/problem.ts'

export interface WrongKeysOptions {
  readonly clock: Clock
  /** A wrong key was presented. */
  readonly counted: () => void
  /** Answers to an address are delayed; `keys` were wrong since the last report. At most one report a minute. */
  readonly slowed: (address: string, keys: number) => void
}

export class WrongKeys {
  readonly #options: WrongKeysOptions
  /** By network: the time at which its wrong keys would be used up at one a second. */
  readonly #busyUntil = new LRUCache<string, number>({ max: limits.wrongKeyAddressesMax })
  #waiting = 0
  #unreported = 0
  #reportedAt = Number.NEGATIVE_INFINITY

  constructor(options: WrongKeysOptions) {
    this.#options = options
  }

  /** Counts a wrong key. The refusal follows when its turn comes, or at once as 429 if too many answers wait. */
  refuse(address: string): MaybePromise<ReturnType<typeof failure>> {
    const { clock, counted } = this.#options
    const { wrongKeyMs, wrongKeysAtOnce, wrongKeyWaitMsMax, wrongKeysWaitingMax } = limits
    counted()
    this.#unreported += 1
    const now = clock.elapsed()
    const network = networkOf(address)
    const busyUntil = Math.max(this.#busyUntil.get(network) ?? 0, now) + wrongKeyMs
    const waitMs = busyUntil - now - wrongKeysAtOnce * wrongKeyMs
    if (waitMs > 0) this.#report(address, now)
    if (waitMs > wrongKeyWaitMsMax || (waitMs > 0 && this.#waiting >= wrongKeysWaitingMax)) {
      const retryAfterSeconds = Math.ceil(waitMs / 1000)
      return failure({ kind: 'tooManyRequests', limit: 60_000 / wrongKeyMs, retryAfterSeconds })
    }
    this.#busyUntil.set(network, busyUntil)
    const refusal = failure({ kind: 'unauthenticated', reason: 'unknown' } satisfies Problem)
    if (waitMs <= 0) return refusal
    this.#waiting += 1
    return new Promise((answer) => {
      clock.after(waitMs, () => {
        this.#waiting -= 1
        answer(refusal)
      })
    })
  }

  #report(address: string, now: number): void {
    if (now - this.#reportedAt < limits.repeatedFailureMs) return
    this.#reportedAt = now
    this.#options.slowed(address, this.#unreported)
    this.#unreported = 0
  }
}

/** One caller may have a whole IPv6 network of 64 bits, so that its addresses count together. */
function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  return 'parts' in parsed ? parsed.parts.slice(0, 4).join(':') : parsed.toString()
}
