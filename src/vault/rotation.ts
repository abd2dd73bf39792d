// Replaces the master key while the service runs: seals every value again that is not sealed with the first key, in
// small steps. A value is replaced only if it has not changed since it was read. Stored answers of idempotent requests
// are not sealed again: the rotation waits until they expire, which takes at most an hour.
//
// The proof of the master key is sealed last. An operator who removes the old key too early cannot start the service,
// which is better than endpoints that do not open.

import type { EndpointKey } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import type { SealedChange, SealedEndpoint, SealStore } from '../contracts/upkeep-store.ts'
import { sealContext } from './endpoint-seals.ts'
import { proof, secretPrefix } from './master-key.ts'
import type { Vault } from './vault.ts'

/** Seals all stored values with the first master key. */
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
   * Seals all values again that are not sealed with the first key. True: no such value is left. Stops after the current
   * step when `goOn` returns false.
   */
  async run(goOn: () => boolean): Promise<boolean> {
    // The second pass finds endpoints that a node with another first key has changed during the first pass.
    const isLeft = (await this.#endpoints(goOn)) > 0 && (await this.#endpoints(goOn)) > 0
    // Includes the secrets of dialects that this node does not serve.
    await this.#installation((name) => (name.startsWith(secretPrefix) ? name : null))
    if (isLeft || !goOn() || (await this.#store.hasOtherAnswers(this.#vault.mark))) return false
    await this.#installation((name) => (name === proof.name ? proof.context : null))
    this.#observer.masterKeyRotated()
    return true
  }

  /** Returns the number of endpoints that were sealed with another key. */
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

  /** Returns an empty list if the endpoint is sealed with the first key, or if no key opens it. */
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
      // No key opens the endpoint, so the rotation does not wait for it.
      this.#observer.failed(`endpoint ${before.key} cannot be sealed with another master key`, error)
      return []
    }
  }

  /** Seals each value of the installation again for which `contextOf` returns a context. */
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
