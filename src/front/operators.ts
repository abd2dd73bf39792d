import { andThenOk, type MaybePromise } from '../domain/maybe-promise.ts'
import { type CallingOperator, settingsOperator } from '../domain/operator-key.ts'
import { type Result, success } from '../domain/problem.ts'
import type { Context } from '../operations/context.ts'
import { hashApiKey } from '../operations/key-cache.ts'

/** Finds operator keys by the digest of what a caller presented (`hashApiKey`). */
export class Operators {
  readonly #settingsDigest: string
  readonly #keyCache: Context['keyCache']

  /** @param settingsKey the key of the settings */
  constructor(settingsKey: string, keyCache: Context['keyCache']) {
    this.#settingsDigest = hashApiKey(settingsKey)
    this.#keyCache = keyCache
  }

  /** Not in constant time: the time depends on the digests only, and a digest does not show its key. */
  isOfSettings(digest: string): boolean {
    return digest === this.#settingsDigest
  }

  /** The result is a problem if the key is unknown or has ended. */
  find(digest: string): MaybePromise<Result<CallingOperator>> {
    if (this.isOfSettings(digest)) return success(settingsOperator)
    return andThenOk(this.#keyCache.authenticateOperator(digest), ({ id, name, role }) => success({ id, name, role }))
  }
}
