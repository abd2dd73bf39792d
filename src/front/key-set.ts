// The public keys of the issuer of tokens (JWKS). They are read when a token needs them. One read runs at a time, and no
// read begins shortly after another one, so that forged tokens cannot make Posthorn flood the issuer.

import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import type { Clock } from '../domain/clock.ts'
import { limits } from '../domain/limits.ts'
import { Unavailable } from '../domain/unavailable.ts'

export interface KeySetOptions {
  readonly url: string
  /** Fetches the key set, through the egress guard. */
  readonly fetch: (url: string, options: object) => Promise<Response>
  readonly clock: Clock
  /** Gets the reason when reads begin to fail, and null when a read succeeds again. */
  readonly report: (reason: string | null) => void
}

export class KeySet {
  readonly #options: KeySetOptions
  #keys: JWTVerifyGetKey | null = null
  #readAt = Number.NEGATIVE_INFINITY
  #triedAt = Number.NEGATIVE_INFINITY
  #failing = false
  #reading: Promise<void> | null = null

  constructor(options: KeySetOptions) {
    this.#options = options
  }

  /** Finds the key of a token. @throws Unavailable if it is not known because the set cannot be read; errors of jose */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (this.#age() >= limits.keySetFreshMs) {
      const reading = this.#read()
      if (this.#age() >= limits.keySetKeptMs) await reading
    }
    try {
      return await this.#current()(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      // The issuer may have a new key.
      await this.#read()
      if (this.#failing) throw unreadable()
      return this.#current()(header, token)
    }
  }

  #age(): number {
    return this.#options.clock.elapsed() - this.#readAt
  }

  #current(): JWTVerifyGetKey {
    if (this.#keys === null || this.#age() >= limits.keySetKeptMs) throw unreadable()
    return this.#keys
  }

  /** Reads the set, unless it was tried a short time ago. Never rejects. */
  async #read(): Promise<void> {
    const now = this.#options.clock.elapsed()
    if (this.#reading === null && now - this.#triedAt >= limits.keySetAgainMs) {
      this.#triedAt = now
      this.#reading = this.#readNow().finally(() => (this.#reading = null))
    }
    await this.#reading
  }

  async #readNow(): Promise<void> {
    try {
      this.#keys = createLocalJWKSet(await this.#fetch())
      this.#readAt = this.#options.clock.elapsed()
      if (this.#failing) this.#options.report(null)
      this.#failing = false
    } catch (error) {
      if (!this.#failing) this.#options.report(error instanceof Error ? error.message : String(error))
      this.#failing = true
    }
  }

  async #fetch(): Promise<JSONWebKeySet> {
    const { url, fetch } = this.#options
    const signal = AbortSignal.timeout(limits.keySetAnswerMs)
    const response = await fetch(url, { headers: { accept: 'application/json' }, signal })
    let bytes = 0
    const chunks: Uint8Array[] = []
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length
      if (bytes > limits.keySetBytesMax) throw new Error(`it has more than ${limits.keySetBytesMax} bytes`)
      chunks.push(chunk)
    }
    if (response.status !== 200) throw new Error(`the answer is ${response.status}`)
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as JSONWebKeySet
  }
}

function unreadable(): Unavailable {
  return new Unavailable('the key set for tokens cannot be read')
}
