// The values besides endpoints that the master key seals: the proof that a database belongs to the key, and the secrets
// of the installation.

import type { DeliveryDialect } from '../contracts/delivery-dialect.ts'
import { StoreRefused } from '../contracts/store.ts'
import type { UpkeepStore } from '../contracts/upkeep-store.ts'
import { type Vault, VaultError } from './vault.ts'

/** Name and context of the stored proof. */
export const proof = { name: 'master key proof', context: 'proof of the master key' }
/** Precedes the dialect in the name of an installation's secret. */
export const secretPrefix = 'installation secret|'

/** Refuses a database that was written with another master key, before its first delivery. @throws StoreRefused */
export async function proveMasterKey(store: UpkeepStore, vault: Vault): Promise<void> {
  assertMasterKey(vault, await store.writeOnce(proof.name, vault.seal('posthorn', proof.context)))
}

/** Checks a stored proof. @throws StoreRefused */
export function assertMasterKey(vault: Vault, sealedProof: string): void {
  try {
    vault.open(sealedProof, proof.context)
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    throw new StoreRefused('the master key is not the one that this database was written with')
  }
}

/** Returns the secrets by dialect. A secret is generated at the first start with the dialect, and stored sealed. */
export async function installationSecrets(
  store: UpkeepStore,
  vault: Vault,
  dialects: ReadonlyMap<string, DeliveryDialect>,
): Promise<ReadonlyMap<string, string>> {
  const secrets = new Map<string, string>()
  for (const { name, installationSecret } of dialects.values()) {
    if (installationSecret === null) continue
    const context = secretPrefix + name
    const sealed = await store.writeOnce(context, vault.seal(installationSecret.generate(), context))
    secrets.set(name, vault.open(sealed, context))
  }
  return secrets
}
