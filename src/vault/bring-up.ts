// The seals of an installation (row-seals.ts), and the one start that seals the rows of an older version's database.
//
// The binding is drawn at random and kept in the proof of the master key, which also says whether every row is sealed.
// Rows without a seal are sealed only by a start that finds the proof of an older version, or that goes on with what such
// a start has begun. An installation that this version made never has such a proof, and its rows are never sealed again.

import { randomBytes } from 'node:crypto'
import type { Endpoint } from '../domain/endpoint.ts'
import type { ApiKeyId, EndpointKey } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { StoreRefused } from '../contracts/store.ts'
import type { SealedChange, SealedEndpoint, SealStore, UpkeepStore } from '../contracts/upkeep-store.ts'
import { proof, readProof } from './master-key.ts'
import { endpointContext, grantContext, headersText, keyContext, RowSeals } from './row-seals.ts'
import type { Vault } from './vault.ts'

export type SealsStore = SealStore & Pick<UpkeepStore, 'writeOnce'>

/**
 * The seals of this installation. Makes the binding of a new database. Seals the rows of a database that an older version
 * wrote, which takes about a second for 10,000 rows.
 *
 * @param failed reports an endpoint that does not open; it stays as it is
 * @throws StoreRefused if the master key is another one, if the proof was removed, if a node of an older version is
 *   running, or if an older version has not finished to replace the master key
 */
export async function openRowSeals(store: SealsStore, vault: Vault, failed: Failed): Promise<RowSeals> {
  // Counted first: a node of this version runs only after it has stored its proof.
  const others = await store.livingNodes()
  let sealed = (await storedProof(store)) ?? (await newProof(store, vault))
  let found = readProof(vault, sealed)
  if (found.state === 'older') {
    if (others > 0) {
      throw new StoreRefused(
        'nodes of an older version are running: stop them all, wait a quarter of a minute, and start this version',
      )
    }
    if (!sealed.startsWith(vault.mark)) {
      throw new StoreRefused('the master key is being replaced: finish that with the older version first')
    }
    await store.replaceInstallationValue(proof.name, sealed, vault.seal(newBinding(), proof.contexts.sealing))
    // Another node may have been first.
    sealed = (await storedProof(store)) ?? ''
    found = readProof(vault, sealed)
  }
  const seals = new RowSeals(vault, found.text)
  if (found.state === 'sealing') {
    await sealEndpoints(store, vault, seals, failed)
    await sealKeys(store, seals)
    await store.replaceInstallationValue(proof.name, sealed, vault.seal(found.text, proof.contexts.sealed))
  }
  return seals
}

type Failed = (what: string, error: unknown) => void

const newBinding = (): string => randomBytes(16).toString('hex')

async function storedProof(store: SealsStore): Promise<string | undefined> {
  return (await store.installationValues()).find(({ name }) => name === proof.name)?.value
}

/** The proof of a new database. @throws StoreRefused if the database has rows that are sealed already */
async function newProof(store: SealsStore, vault: Vault): Promise<string> {
  if (await store.hasSealedRows(vault.boundTo('').mark)) {
    throw new StoreRefused(`the value "${proof.name}" was removed from the database: restore it from a backup`)
  }
  return store.writeOnce(proof.name, vault.seal(newBinding(), proof.contexts.sealed))
}

async function sealEndpoints(store: SealStore, vault: Vault, seals: RowSeals, failed: Failed): Promise<void> {
  for (let after = 0 as EndpointKey; ;) {
    const rows = await store.sealedEndpoints(after, limits.rotationStepRows)
    const changes = rows.flatMap((before): SealedChange[] => {
      if (before.sealedSecrets.startsWith(seals.vault.mark)) return []
      try {
        return [{ before, after: sealedAgain(before, vault, seals) }]
      } catch (error) {
        failed(`endpoint ${before.key} cannot be sealed`, error)
        return []
      }
    })
    if (changes.length > 0) await store.resealEndpoints(changes)
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.key
  }
}

/** Older versions sealed a value for its tenant, key and column only, and the headers alone. @throws VaultError */
function sealedAgain(endpoint: SealedEndpoint, vault: Vault, { vault: bound }: RowSeals): SealedEndpoint {
  const text = (sealed: string, column: string): string =>
    vault.open(sealed, `${endpoint.tenant}|${endpoint.key}|${column}`)
  const headers = JSON.parse(text(endpoint.sealedHeaders, 'headers')) as Endpoint['headers']
  const withHeaders = headersText({ headers, writeOnlyHeaders: [] })
  return {
    ...endpoint,
    sealedSecrets: bound.seal(text(endpoint.sealedSecrets, 'secrets'), endpointContext(endpoint, 'secrets')),
    sealedHeaders: bound.seal(withHeaders, endpointContext(endpoint, 'headers')),
  }
}

async function sealKeys(store: SealStore, { vault }: RowSeals): Promise<void> {
  for (let after = '' as ApiKeyId; ;) {
    const rows = await store.sealedKeys(after, limits.rotationStepRows)
    const changes = rows.map((before) => ({
      before,
      after: {
        ...before,
        seal: before.seal || vault.seal('', keyContext(before)),
        grants: before.grants.map(({ tenant, seal }) => ({
          tenant,
          seal: seal || vault.seal('', grantContext(before, tenant)),
        })),
      },
    }))
    if (changes.length > 0) await store.resealKeys(changes)
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.id
  }
}
