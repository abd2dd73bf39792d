// API keys in memory, by their hash. The least recently used keys are dropped first. Revoking a key drops all keys here
// before the caller gets the response.

import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { ApiKey } from '../domain/api-key.ts'
import { limits } from '../domain/limits.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import type { MaybePromise } from '../domain/maybe-promise.ts'
import type { Trust } from '../engine/membership.ts'
import type { AccountReads } from '../contracts/account-store.ts'

/** The hash by which a key is stored and found. Keys are so random that a plain SHA-256 cannot be reversed. */
export function hashApiKey(key: string): string {
  return hash('sha256', key, 'hex')
}

export class KeyCache {
  readonly #store: Pick<AccountReads, 'findKeyByHash'>
  readonly #keys = new LRUCache<string, ApiKey>({ maxSize: limits.cachedKeysMax, sizeCalculation: () => 1 })
  /** The number of calls of `drop`. A key that was read before a drop is not cached after it. */
  #drops = 0
  readonly #trust: Trust
  #epoch: number | null = null

  constructor(store: Pick<AccountReads, 'findKeyByHash'>, trust: Trust) {
    this.#store = store
    this.#trust = trust
  }

  /**
   * The API key that a caller presented to a dialect, by its hash (`hashApiKey`). The result is a problem if the key is
   * unknown or revoked, or belongs to another dialect.
   */
  authenticate(dialect: string, digest: string): MaybePromise<Result<ApiKey>> {
    const epoch = this.#trust.cacheEpoch()
    if (epoch !== this.#epoch) {
      this.#epoch = epoch
      this.drop()
    }
    const known = this.#keys.get(digest)
    return known === undefined ? this.#read(dialect, digest) : judge(dialect, known)
  }

  /** Drops all keys: one was revoked or lost a tenant, or the cache epoch has changed. */
  drop(): void {
    this.#drops += 1
    this.#keys.clear()
  }

  async #read(dialect: string, digest: string): Promise<Result<ApiKey>> {
    const drops = this.#drops
    const key = await this.#store.findKeyByHash(digest)
    if (key !== null && drops === this.#drops && this.#epoch !== null) this.#keys.set(digest, key)
    return judge(dialect, key)
  }
}

function judge(dialect: string, key: ApiKey | null): Result<ApiKey> {
  if (key === null || key.dialect !== dialect) return failure({ kind: 'unauthenticated', reason: 'unknown' })
  if (key.revokedAt !== null) return failure({ kind: 'unauthenticated', reason: 'revoked' })
  return success(key)
}
