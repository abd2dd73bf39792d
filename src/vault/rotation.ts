// Replaces the master key while the service runs: everything that is not sealed with the first key is sealed with it, in
// small steps. A value is replaced only if it is still the one that was read. Answers to idempotent requests are not
// sealed again: the rotation waits until they expire, within the hour.
//
// The proof of the master key comes last. An operator who removes the old key too early cannot start the service, which
// is better than endpoints that do not open.

import type { EndpointKey } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import type { SealedChange, SealedEndpoint, SealStore } from '../contracts/upkeep-store.ts'
import { sealContext } from './endpoint-seals.ts'
import { proof, secretPrefix } from './master-key.ts'
import type { Vault } from './vault.ts'

export class Rotation {
  readonly #store: SealStore
  readonly #vault: Vault
  readonly #observer: EngineObserver

  constructor(store: SealStore, vault: Vault, observer: EngineObserver) {
    this.#store = store
    this.#vault = vault
    this.#observer = observer
  }

  /**
   * Seals with the first key what is sealed with another. True: there is nothing left of that. A step is followed by the
   * next as long as `goOn` says so.
   */
  async run(goOn: () => boolean): Promise<boolean> {
    // What another request changed meanwhile, on a node that seals with another key, is found the second time.
    const isLeft = (await this.#endpoints(goOn)) > 0 && (await this.#endpoints(goOn)) > 0
    // Those of dialects that are not served here too.
    await this.#installation((name) => (name.startsWith(secretPrefix) ? name : null))
    if (isLeft || !goOn() || (await this.#store.hasOtherAnswers(this.#vault.mark))) return false
    await this.#installation((name) => (name === proof.name ? proof.context : null))
    this.#observer.masterKeyRotated()
    return true
  }

  /** Gives how many were sealed with another key. */
  async #endpoints(goOn: () => boolean): Promise<number> {
    let count = 0
    let after = 0 as EndpointKey
    while (goOn()) {
      const rows = await this.#store.sealedEndpoints(after, limits.rotationStepRows)
      const resealed = rows.flatMap((before) => this.#reseal(before))
      if (resealed.length > 0) await this.#store.resealEndpoints(resealed)
      count += resealed.length
      const last = rows.at(-1)
      if (last === undefined || rows.length < limits.rotationStepRows) break
      after = last.key
    }
    return count
  }

  /** Nothing, where there is nothing to do, or nothing to be done. */
  #reseal(before: SealedEndpoint): SealedChange[] {
    try {
      const after = {
        ...before,
        sealedSecrets: this.#sealed(before.sealedSecrets, sealContext(before, 'secrets')),
        sealedHeaders: this.#sealed(before.sealedHeaders, sealContext(before, 'headers')),
      }
      const isSame = after.sealedSecrets === before.sealedSecrets && after.sealedHeaders === before.sealedHeaders
      return isSame ? [] : [{ before, after }]
    } catch (error) {
      // None of the keys opens it, so it needs none of them.
      this.#observer.failed(`endpoint ${before.key} cannot be sealed with another master key`, error)
      return []
    }
  }

  /** Seals anew each value of the installation that has a context. */
  async #installation(contextOf: (name: string) => string | null): Promise<void> {
    for (const { name, value } of await this.#store.installationValues()) {
      const context = contextOf(name)
      const after = context === null ? value : this.#sealed(value, context)
      if (after !== value) await this.#store.replaceInstallationValue(name, value, after)
    }
  }

  #sealed(sealed: string, context: string): string {
    if (sealed.startsWith(this.#vault.mark)) return sealed
    return this.#vault.seal(this.#vault.open(sealed, context), context)
  }
}
