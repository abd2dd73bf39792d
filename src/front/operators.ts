import { timingSafeEqual } from 'node:crypto'
import { andThenOk, type MaybePromise } from '../domain/maybe-promise.ts'
import { type CallingOperator, settingsOperator } from '../domain/operator-key.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import type { Context } from '../operations/context.ts'
import { hashApiKey } from '../operations/key-cache.ts'

/** Finds operator keys by the digest of what a caller presented (`hashApiKey`). */
export class Operators {
  readonly #settingsDigest: Buffer
  readonly #keyCache: Context['keyCache']

  /** @param settingsKey the key of the settings */
  constructor(settingsKey: string, keyCache: Context['keyCache']) {
    this.#settingsDigest = Buffer.from(hashApiKey(settingsKey))
    this.#keyCache = keyCache
  }

  isOfSettings(digest: string): boolean {
    return timingSafeEqual(Buffer.from(digest), this.#settingsDigest)
  }

  /** The result is a problem if the key is unknown or has ended. */
  find(digest: string): MaybePromise<Result<CallingOperator>> {
    if (!/^[\da-f]{64}$/.test(digest)) return failure({ kind: 'unauthenticated', reason: 'unknown' })
    if (this.isOfSettings(digest)) return success(settingsOperator)
    return andThenOk(this.#keyCache.authenticateOperator(digest), ({ id, name, role }) => success({ id, name, role }))
  }
}
