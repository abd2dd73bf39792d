// The values besides endpoints that the master key seals: the proof that a database belongs to the key, and the secrets
// of the installation.

import type { DeliveryDialect } from '../contracts/delivery-dialect.ts'
import { StoreRefused } from '../contracts/store.ts'
import type { UpkeepStore } from '../contracts/upkeep-store.ts'
import { type Vault, VaultError } from './vault.ts'

/**
 * Name and contexts of the stored proof. Its text is the binding of the installation (row-seals.ts), and its context says
 * whether the rows are sealed. The text of an older version says nothing.
 */
export const proof = {
  name: 'master key proof',
  contexts: {
    older: 'proof of the master key',
    sealing: 'proof of the master key, while the rows are being sealed',
    sealed: 'proof of the master key, once the rows are sealed',
  },
} as const

export interface Proof {
  readonly state: keyof typeof proof.contexts
  readonly text: string
}

/** Precedes the dialect in the name of an installation's secret. */
export const secretPrefix = 'installation secret|'

/** Reads a stored proof. @throws StoreRefused if the database was written with another master key */
export function readProof(vault: Vault, sealed: string): Proof {
  for (const state of ['sealed', 'sealing', 'older'] as const) {
    try {
      return { state, text: vault.open(sealed, proof.contexts[state]) }
    } catch (error) {
      if (!(error instanceof VaultError)) throw error
    }
  }
  throw new StoreRefused('the master key is not the one that this database was written with')
}

/**
 * Returns the secrets by dialect. A secret is generated at the first start with the dialect, and stored sealed.
 *
 * @throws StoreRefused if a stored secret does not open
 */
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
    secrets.set(name, opened(vault, sealed, context))
  }
  return secrets
}

function opened(vault: Vault, sealed: string, context: string): string {
  try {
    return vault.open(sealed, context)
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    throw new StoreRefused(`the value "${context}" was changed in the database`)
  }
}
