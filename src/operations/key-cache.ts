// API keys and operator keys in memory, by their hash. The least recently used keys are dropped first. Every change that
// takes a right from a key drops all keys here before the caller gets the response.

import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { ApiKey } from '../domain/api-key.ts'
import type { Clock } from '../domain/clock.ts'
import { limits } from '../domain/limits.ts'
import type { OperatorKey } from '../domain/operator-key.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import { andThen, type MaybePromise } from '../domain/maybe-promise.ts'
import type { Trust } from '../engine/membership.ts'
import type { AccountReads } from '../contracts/account-store.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import { apiKeyOf, type RowSeals } from '../vault/row-seals.ts'

/** The hash by which a key is stored and found. Keys are so random that a plain SHA-256 cannot be reversed. */
export function hashApiKey(key: string): string {
  return hash('sha256', key, 'hex')
}

/** Every operator key that the API creates begins with this, and no API key does. */
export const operatorKeyPrefix = 'pho_'

export interface KeyCacheOptions {
  readonly store: Pick<AccountReads, 'findKeyByHash' | 'findOperatorKeyByHash'>
  readonly seals: RowSeals
  readonly clock: Clock
  readonly trust: Trust
  readonly observer: Pick<EngineObserver, 'unproved'>
}

export class KeyCache {
  readonly #options: KeyCacheOptions
  readonly #keys = new LRUCache<string, ApiKey>({ maxSize: limits.cachedKeysMax, sizeCalculation: () => 1 })
  readonly #operatorKeys = new LRUCache<string, OperatorKey>({ max: limits.operatorKeysMax })
  /** The digests of keys that callers presented, right or wrong. */
  readonly #digests = new LRUCache<string, string>({ maxSize: limits.cachedKeysMax, sizeCalculation: () => 1 })
  /** The number of calls of `drop`. A key that was read before a drop is not cached after it. */
  #drops = 0
  #epoch: number | null = null

  constructor(options: KeyCacheOptions) {
    this.#options = options
  }

  /** `hashApiKey` of a key that a caller presented. A hash per request would cost more than all other checks of its key. */
  digestOf(presented: string): string {
    let digest = this.#digests.get(presented)
    if (digest === undefined) {
      digest = hashApiKey(presented)
      if (presented.length <= limits.cachedKeyCharsMax) this.#digests.set(presented, digest)
    }
    return digest
  }

  /**
   * The API key that a caller presented to a dialect, by its hash (`hashApiKey`). The result is a problem if the key is
   * unknown or revoked, or belongs to another dialect. A key in the database that no seal proves is unknown.
   */
  authenticate(dialect: string, digest: string): MaybePromise<Result<ApiKey>> {
    return andThen(
      this.#find(this.#keys, digest, () => this.#readKey(digest)),
      (key): Result<ApiKey> => {
        if (key === null || key.dialect !== dialect) return failure({ kind: 'unauthenticated', reason: 'unknown' })
        if (key.revokedAt !== null) return failure({ kind: 'unauthenticated', reason: 'revoked' })
        return success(key)
      },
    )
  }

  /** The operator key that a caller presented, by its hash. The result is a problem if it is unknown or has ended. */
  authenticateOperator(digest: string): MaybePromise<Result<OperatorKey>> {
    return andThen(
      this.#find(this.#operatorKeys, digest, () => this.#readOperatorKey(digest)),
      (key) => {
        if (key === null) return failure({ kind: 'unauthenticated', reason: 'unknown' })
        const hasEnded = key.expiresAt !== null && key.expiresAt <= this.#options.clock.now()
        return hasEnded ? failure({ kind: 'unauthenticated', reason: 'expired' }) : success(key)
      },
    )
  }

  /** Drops all keys: one lost a right or a tenant, or the cache epoch has changed. */
  drop(): void {
    this.#drops += 1
    this.#keys.clear()
    this.#operatorKeys.clear()
  }

  #find<Key extends object>(
    cache: LRUCache<string, Key>,
    digest: string,
    read: () => Promise<Key | null>,
  ): MaybePromise<Key | null> {
    const epoch = this.#options.trust.cacheEpoch()
    if (epoch !== this.#epoch) {
      this.#epoch = epoch
      this.drop()
    }
    const known = cache.get(digest)
    if (known !== undefined) return known
    const drops = this.#drops
    return read().then((key) => {
      if (key !== null && drops === this.#drops && this.#epoch !== null) cache.set(digest, key)
      return key
    })
  }

  async #readKey(digest: string): Promise<ApiKey | null> {
    const { store, seals, observer } = this.#options
    const stored = await store.findKeyByHash(digest)
    if (stored === null) return null
    // A revoked key has no seal. Nothing must prove that a key is refused.
    if (stored.revokedAt !== null) return apiKeyOf(stored)
    const key = seals.openKey(stored)
    if (key === null) observer.unproved(`key ${stored.id}`)
    return key
  }

  async #readOperatorKey(digest: string): Promise<OperatorKey | null> {
    const { store, seals, observer } = this.#options
    const stored = await store.findOperatorKeyByHash(digest)
    if (stored === null) return null
    if (seals.provesOperatorKey(stored)) return stored
    observer.unproved(`operator key ${stored.id}`)
    return null
  }
}
