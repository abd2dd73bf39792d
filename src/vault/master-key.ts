// The proof that a database belongs to the master key, and the names of the values of the installation that it seals.

import { StoreRefused } from '../contracts/store.ts'
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

/** Precedes the dialect in the name of the key pairs of the installation (installation-keys.ts). */
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
