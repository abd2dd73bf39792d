// Replaces the master key while the service runs: seals every value again that is not sealed with the first key, in
// small steps. A value is replaced only if it has not changed since it was read. Stored answers of idempotent requests
// are not sealed again: the rotation waits until they expire, which takes at most an hour.
//
// The proof of the master key is sealed last. An operator who removes the old key too early cannot start the service,
// which is better than endpoints that do not open.

import type { ApiKeyId, EndpointKey, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import type {
  KeySealChange,
  SealedChange,
  SealedEndpoint,
  SealedTenant,
  SealStore,
  TenantSealChange,
} from '../contracts/upkeep-store.ts'
import type { AccountReads, AccountWrites, StoredKey } from '../contracts/account-store.ts'
import { proof, secretPrefix } from './master-key.ts'
import {
  endpointContext,
  grantContext,
  keyContext,
  operatorKeyContext,
  type RowSeals,
  tenantContext,
} from './row-seals.ts'
import type { Vault } from './vault.ts'

type RotationStore = SealStore & Pick<AccountReads, 'listOperatorKeys'> & Pick<AccountWrites, 'updateOperatorKey'>

/** Seals all stored values with the first master key. */
export class Rotation {
  readonly #store: RotationStore
  readonly #vault: Vault
  /** The vault of the rows. */
  readonly #rows: Vault
  readonly #observer: EngineObserver

  constructor(store: RotationStore, seals: RowSeals, observer: EngineObserver) {
    this.#store = store
    this.#vault = seals.plain
    this.#rows = seals.vault
    this.#observer = observer
  }

  /**
   * Seals all values again that are not sealed with the first key. True: no such value is left. Stops after the current
   * step when `goOn` returns false.
   */
  async run(goOn: () => boolean): Promise<boolean> {
    // The second pass finds rows that a node with another first key has changed during the first pass.
    const isLeft = (await this.#all(goOn)) > 0 && (await this.#all(goOn)) > 0
    // Includes the secrets of dialects that this node does not serve.
    await this.#installation((name) => (name.startsWith(secretPrefix) ? name : null))
    if (isLeft || !goOn() || (await this.#store.hasOtherAnswers(this.#vault.mark))) return false
    await this.#installation((name) => (name === proof.name ? proof.contexts.sealed : null))
    this.#observer.masterKeyRotated()
    return true
  }

  /** Returns the number of rows that were sealed with another key. */
  async #all(goOn: () => boolean): Promise<number> {
    const rows = (await this.#endpoints(goOn)) + (await this.#tenants(goOn))
    return rows + (await this.#keys(goOn)) + (await this.#operatorKeys())
  }

  async #endpoints(goOn: () => boolean): Promise<number> {
    let count = 0
    let after = 0 as EndpointKey
    while (goOn()) {
      const rows = await this.#store.sealedEndpoints(after, limits.rotationStepRows)
      const resealed = rows.flatMap((before) => this.#tried(`endpoint ${before.key}`, () => this.#endpoint(before)))
      if (resealed.length > 0) await this.#store.resealEndpoints(resealed)
      count += resealed.length
      const last = rows.at(-1)
      if (last === undefined || rows.length < limits.rotationStepRows) break
      after = last.key
    }
    return count
  }

  async #tenants(goOn: () => boolean): Promise<number> {
    let count = 0
    let after = '' as TenantId
    while (goOn()) {
      const rows = await this.#store.sealedTenants(after, limits.rotationStepRows)
      const resealed = rows.flatMap((before) => this.#tried(`tenant ${before.id}`, () => this.#tenant(before)))
      if (resealed.length > 0) await this.#store.resealTenants(resealed)
      count += resealed.length
      const last = rows.at(-1)
      if (last === undefined) break
      after = last.id
    }
    return count
  }

  async #keys(goOn: () => boolean): Promise<number> {
    let count = 0
    let after = '' as ApiKeyId
    while (goOn()) {
      const rows = await this.#store.sealedKeys(after, limits.rotationStepRows)
      const resealed = rows.flatMap((before) => this.#tried(`key ${before.id}`, () => this.#key(before)))
      if (resealed.length > 0) await this.#store.resealKeys(resealed)
      count += resealed.length
      const last = rows.at(-1)
      if (last === undefined) break
      after = last.id
    }
    return count
  }

  async #operatorKeys(): Promise<number> {
    let count = 0
    for (const before of await this.#store.listOperatorKeys()) {
      const resealed = this.#tried(`operator key ${before.id}`, () => {
        const seal = this.#sealed(this.#rows, before.seal, operatorKeyContext(before))
        return seal === before.seal ? null : { ...before, seal }
      })
      for (const after of resealed) await this.#store.updateOperatorKey(after, before.seal)
      count += resealed.length
    }
    return count
  }

  /** Returns an empty list if the row is sealed with the first key, or if no key opens it. */
  #tried<Change>(row: string, reseal: () => Change | null): Change[] {
    try {
      const change = reseal()
      return change === null ? [] : [change]
    } catch (error) {
      // No key opens the row, so the rotation does not wait for it.
      this.#observer.failed(`${row} cannot be sealed with another master key`, error)
      return []
    }
  }

  #endpoint(before: SealedEndpoint): SealedChange | null {
    const after = {
      ...before,
      sealedSecrets: this.#sealed(this.#rows, before.sealedSecrets, endpointContext(before, 'secrets')),
      sealedHeaders: this.#sealed(this.#rows, before.sealedHeaders, endpointContext(before, 'headers')),
    }
    const isSame = after.sealedSecrets === before.sealedSecrets && after.sealedHeaders === before.sealedHeaders
    return isSame ? null : { before, after }
  }

  #tenant(before: SealedTenant): TenantSealChange | null {
    const sealedSecrets = this.#sealed(this.#rows, before.sealedSecrets, tenantContext(before))
    return sealedSecrets === before.sealedSecrets ? null : { before, after: { ...before, sealedSecrets } }
  }

  #key(before: StoredKey): KeySealChange | null {
    const seal = this.#sealed(this.#rows, before.seal, keyContext(before))
    const grants = before.grants.map((grant) => ({
      ...grant,
      seal: this.#sealed(this.#rows, grant.seal, grantContext(before, grant.tenant)),
    }))
    const isSame = seal === before.seal && grants.every((grant, index) => grant.seal === before.grants[index]?.seal)
    return isSame ? null : { before, after: { ...before, seal, grants } }
  }

  /** Seals each value of the installation again for which `contextOf` returns a context. */
  async #installation(contextOf: (name: string) => string | null): Promise<void> {
    for (const { name, value } of await this.#store.installationValues()) {
      const context = contextOf(name)
      const after = context === null ? value : this.#sealed(this.#vault, value, context)
      if (after !== value) await this.#store.replaceInstallationValue(name, value, after)
    }
  }

  #sealed(vault: Vault, sealed: string, context: string): string {
    return sealed.startsWith(vault.mark) ? sealed : vault.seal(vault.open(sealed, context), context)
  }
}
