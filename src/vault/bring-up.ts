// The binding of an installation (row-seals.ts), and the one start that seals the rows of an older version's database.
//
// The binding is drawn at random, and sealed under a name that says whether every row is sealed already. Rows without a
// seal are sealed only by the start that finds a database without a binding, or by one that continues that start. If the
// binding is removed from a database whose rows have seals, the start is refused. If the seals are removed too, the next
// binding is another one: rows that were sealed before do not open with it.

import { randomBytes } from 'node:crypto'
import type { Endpoint } from '../domain/endpoint.ts'
import type { ApiKeyId, EndpointKey } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { StoreRefused } from '../contracts/store.ts'
import type { SealedChange, SealedEndpoint, SealStore, UpkeepStore } from '../contracts/upkeep-store.ts'
import { assertMasterKey, proof } from './master-key.ts'
import { endpointContext, grantContext, headersText, keyContext, RowSeals } from './row-seals.ts'
import { type Vault, VaultError } from './vault.ts'

export type SealsStore = SealStore & Pick<UpkeepStore, 'writeOnce'>

/** Name of the stored binding, and its contexts: while rows are being sealed, and afterwards. */
export const binding = { name: 'row seals', open: 'row seals, not all made', done: 'row seals, all made' }

/**
 * The seals of this installation. Makes the binding of a new database. Seals the rows of a database that an older
 * version wrote, which takes about a second for 10,000 rows.
 *
 * @param failed reports an endpoint that does not open; it stays as it is
 * @throws StoreRefused if the master key is another one, if the binding was changed or removed, or if a node of an older
 *   version is running
 */
export async function openRowSeals(
  store: SealsStore,
  vault: Vault,
  failed: (what: string, error: unknown) => void,
): Promise<RowSeals> {
  // Counted first: a node of this version runs only after it has stored the binding.
  const others = await store.livingNodes()
  const values = new Map((await store.installationValues()).map(({ name, value }) => [name, value]))
  const storedProof = values.get(proof.name)
  if (storedProof !== undefined) assertMasterKey(vault, storedProof)
  let stored = values.get(binding.name)
  if (stored === undefined) {
    if (await store.hasSealedRows(vault.boundTo('').mark)) {
      throw new StoreRefused('the value "row seals" was removed from the database: restore it from a backup')
    }
    if (others > 0) {
      throw new StoreRefused(
        'nodes of an older version are running: stop them all, wait a quarter of a minute, and start this version',
      )
    }
    const context = storedProof === undefined ? binding.done : binding.open
    stored = await store.writeOnce(binding.name, vault.seal(randomBytes(16).toString('hex'), context))
  }
  const done = opened(vault, stored, binding.done)
  if (done !== null) return new RowSeals(vault, done)
  const text = opened(vault, stored, binding.open)
  if (text === null) throw new StoreRefused('the value "row seals" was changed in the database')
  const seals = new RowSeals(vault, text)
  await sealEndpoints(store, vault, seals, failed)
  await sealKeys(store, seals)
  await store.replaceInstallationValue(binding.name, stored, vault.seal(text, binding.done))
  return seals
}

function opened(vault: Vault, sealed: string, context: string): string | null {
  try {
    return vault.open(sealed, context)
  } catch (error) {
    if (error instanceof VaultError) return null
    throw error
  }
}

async function sealEndpoints(
  store: SealStore,
  vault: Vault,
  seals: RowSeals,
  failed: (what: string, error: unknown) => void,
): Promise<void> {
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
