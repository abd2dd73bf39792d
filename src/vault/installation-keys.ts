// The key pairs of the installation, for dialects that sign with one. The first pair of a dialect is generated at the
// first start with it; the operator may add newer ones.
//
//     created ──► published ──► signs ──► replaced, still published ──► removed
//
// A new pair is published before it signs, and a replaced one stays published, so that receivers find the key of every
// delivery. Other nodes read the pairs again once per `limits.installationKeysReadMs`.

import type { KeyObject } from 'node:crypto'
import type { DeliveryDialect } from '../contracts/delivery-dialect.ts'
import { StoreRefused } from '../contracts/store.ts'
import type { SealStore, UpkeepStore } from '../contracts/upkeep-store.ts'
import { limits } from '../domain/limits.ts'
import { Unavailable } from '../domain/unavailable.ts'
import { secretPrefix } from './master-key.ts'
import { type Vault, VaultError } from './vault.ts'

/** A key pair as it is stored, sealed. Times are Unix milliseconds. */
interface StoredPair {
  readonly secret: string
  readonly createdAt: number
  readonly signsAt: number
  /** Null: there is no newer pair. */
  readonly publishedUntil: number | null
}

/** A key pair whose public key receivers may need. */
export interface PublishedPair extends Omit<StoredPair, 'secret'> {
  /** The public key as PEM. */
  readonly pem: string
  /** The public key as a JSON Web Key, with its id (`kid`). */
  readonly jwk: Readonly<Record<string, unknown>>
}

interface Pair extends PublishedPair {
  readonly secret: string
  /** The list that `signing` returns. */
  readonly keys: readonly [KeyObject]
}

export interface InstallationKeysOptions {
  readonly store: Pick<SealStore, 'installationValues' | 'replaceInstallationValue'> & Pick<UpkeepStore, 'writeOnce'>
  readonly vault: Vault
  readonly dialects: ReadonlyMap<string, Pick<DeliveryDialect, 'name' | 'installationSecret'>>
}

/** The keys of the installation. @throws StoreRefused if a stored pair does not open */
export async function openInstallationKeys(options: InstallationKeysOptions): Promise<InstallationKeys> {
  const keys = new InstallationKeys(options)
  await keys.load()
  return keys
}

const none: readonly KeyObject[] = []

export class InstallationKeys {
  readonly #options: InstallationKeysOptions
  /** By name of the dialect, the newest first. */
  #pairs: ReadonlyMap<string, readonly Pair[]> = new Map()

  constructor(options: InstallationKeysOptions) {
    this.#options = options
  }

  /** Reads the pairs, and generates the first one of each dialect. @throws StoreRefused if a stored pair does not open */
  async load(): Promise<void> {
    const { store, vault, dialects } = this.#options
    const pairs = new Map<string, readonly Pair[]>()
    const values = new Map((await store.installationValues()).map(({ name, value }) => [name, value]))
    for (const { name, installationSecret } of dialects.values()) {
      if (installationSecret === null) continue
      const context = secretPrefix + name
      const sealed =
        values.get(context) ??
        (await store.writeOnce(context, vault.seal(await installationSecret.generate(), context)))
      const stored = this.#opened(sealed, context)
      const known = new Map(this.#pairs.get(name)?.map((pair) => [pair.secret, pair]))
      pairs.set(
        name,
        stored.map((pair) => prepared(pair, installationSecret, known.get(pair.secret))),
      )
    }
    this.#pairs = pairs
  }

  /** The key that signs for a dialect at `nowMs`, as a list; empty: it signs with no key of the installation. */
  signing(dialect: string, nowMs: number): readonly KeyObject[] {
    return this.#pairs.get(dialect)?.find(({ signsAt }) => signsAt <= nowMs)?.keys ?? none
  }

  /** The pairs whose public keys receivers may need at `nowMs`, the newest first. */
  published(dialect: string, nowMs: number): readonly PublishedPair[] {
    return (this.#pairs.get(dialect) ?? []).filter(({ publishedUntil }) => isPublished(publishedUntil, nowMs))
  }

  /**
   * Adds a pair that signs from `signsAt` on. The other ones stay published until `overlapMs` later. Returns false if the
   * dialect has no pairs, or if too many are published (`limits.installationKeysMax`).
   *
   * @throws Unavailable if other changes are always first
   */
  async rotate(dialect: string, nowMs: number, signsAt: number, overlapMs: number): Promise<boolean> {
    const { store, vault, dialects } = this.#options
    const generator = dialects.get(dialect)?.installationSecret ?? null
    if (generator === null) return false
    const context = secretPrefix + dialect
    const stored = async (): Promise<string> =>
      (await store.installationValues()).find(({ name }) => name === context)?.value ?? ''
    const fresh = { secret: await generator.generate(), createdAt: nowMs, signsAt, publishedUntil: null }
    for (let tries = 0; tries < limits.updateTriesMax; tries++) {
      const before = await stored()
      const others = this.#opened(before, context)
        .filter(({ publishedUntil }) => isPublished(publishedUntil, nowMs))
        .map((pair) => ({
          ...pair,
          publishedUntil: Math.min(pair.publishedUntil ?? Infinity, signsAt + overlapMs),
        }))
      if (others.length >= limits.installationKeysMax) return false
      const after = vault.seal(JSON.stringify([fresh, ...others]), context)
      await store.replaceInstallationValue(context, before, after)
      if ((await stored()) !== after) continue
      await this.load()
      return true
    }
    throw new Unavailable('the signing keys keep changing')
  }

  /** Older versions stored one key alone, as PEM. */
  #opened(sealed: string, context: string): readonly StoredPair[] {
    try {
      const text = this.#options.vault.open(sealed, context)
      if (text.startsWith('[')) return JSON.parse(text) as StoredPair[]
      return [{ secret: text, createdAt: 0, signsAt: 0, publishedUntil: null }]
    } catch (error) {
      if (!(error instanceof VaultError)) throw error
      throw new StoreRefused(`the value "${context}" was changed in the database`)
    }
  }
}

function isPublished(publishedUntil: number | null, nowMs: number): boolean {
  return publishedUntil === null || publishedUntil > nowMs
}

/** @param known the same pair as it was prepared before: its key stays the same object */
function prepared(
  { secret, ...times }: StoredPair,
  dialect: NonNullable<DeliveryDialect['installationSecret']>,
  known: Pair | undefined,
): Pair {
  const { keys, pem, jwk } = known ?? {
    keys: [dialect.key(secret)] as const,
    pem: dialect.publicKey(secret),
    jwk: dialect.publicJwk(secret),
  }
  return { ...times, secret, keys, pem, jwk }
}
