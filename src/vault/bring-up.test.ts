// The first start of a version that seals rows, on a real database that an older version wrote.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { acme, other, sampleEndpoint, sampleKey, start } from '../../test/conformance/store/samples.ts'
import { addTenants } from '../../test/conformance/store/steps.ts'
import { temporaryFolder } from '../../test/conformance/store/temporary-folder.ts'
import { testDatabase } from '../../test/support/test-database.ts'
import type { ApiKeyId, EndpointKey } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { type Store, StoreRefused } from '../contracts/store.ts'
import { openPostgresStore } from '../store/postgres/postgres-store.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { openRowSeals } from './bring-up.ts'
import { proof } from './master-key.ts'
import { createVault, VaultError } from './vault.ts'

const masterKey = randomBytes(32)
const vault = createVault([masterKey])
const secrets = [{ value: 'whsec_a', createdAt: start, expiresAt: null }]
const firstKey = 0 as EndpointKey

const stores = {
  async SQLite(t: TestContext): Promise<Store> {
    const store = await openSqliteStore(join(await temporaryFolder(t), 'posthorn.db'))
    t.after(() => store.close())
    return store
  },
  async PostgreSQL(t: TestContext): Promise<Store> {
    const database = await testDatabase()
    const store = await openPostgresStore(database.url)
    t.after(async () => {
      await store.close()
      await database.drop()
    })
    return store
  },
}

/** Fills a store as a version without row seals did. */
async function age(store: Store, endpoints: number): Promise<void> {
  await store.writeOnce(proof.name, vault.seal('posthorn', proof.contexts.older))
  await addTenants(store, acme, other)
  for (let count = 0; count < endpoints; count++) {
    const key = await store.nextEndpointKey()
    const sealedSecrets = vault.seal(JSON.stringify(secrets), `acme|${key}|secrets`)
    const sealedHeaders = vault.seal('{"X-Own":"mine"}', `acme|${key}|headers`)
    await store.createEndpoints([sampleEndpoint(key, acme, { sealedSecrets, sealedHeaders })])
  }
  const grants = [acme, other].map((tenant) => ({ tenant, seal: '' }))
  await store.createKey(sampleKey([], 'hash', { seal: '', grants }))
}

/** The store of a database whose proof was removed. */
function without(store: Store): Store {
  return {
    ...store,
    installationValues: async () => (await store.installationValues()).filter(({ name }) => name !== proof.name),
  }
}

async function proofOf(store: Store): Promise<string> {
  return (await store.installationValues()).find(({ name }) => name === proof.name)?.value ?? ''
}

const failures: string[] = []
const open = (store: Store) => openRowSeals(store, vault, (what) => failures.push(what))

for (const [database, makeStore] of Object.entries(stores)) {
  suite(database, () => {
    test('all endpoints and keys of an older version are sealed once, and count afterwards', async (t) => {
      const store = await makeStore(t)
      await age(store, limits.rotationStepRows + 5)
      const seals = await open(store)
      const rows = await store.sealedEndpoints(firstKey, 1000)
      assert.equal(rows.length, limits.rotationStepRows + 5)
      for (const row of rows)
        assert.deepEqual(seals.openEndpoint(row), { secrets, headers: { 'X-Own': 'mine' }, writeOnlyHeaders: [] })
      const key = await store.findKeyByHash('hash')
      assert.deepEqual(key && seals.openKey(key)?.tenants, [acme, other])
      const again = await open(store)
      assert.deepEqual(await store.sealedEndpoints(firstKey, 1000), rows, 'the next start seals nothing')
      assert.ok(key && again.openKey(key))
    })

    test('a start that was interrupted while it sealed rows is continued', async (t) => {
      const store = await makeStore(t)
      await age(store, 3)
      const interrupted: Store = { ...store, sealedKeys: () => Promise.reject(new Error('killed')) }
      await assert.rejects(open(interrupted), /killed/)
      const seals = await open(store)
      for (const row of await store.sealedEndpoints(firstKey, 10)) seals.openEndpoint(row)
      const key = await store.findKeyByHash('hash')
      assert.ok(key && seals.openKey(key))
    })

    test('a key that was planted without a seal after the first start is not sealed by the next one', async (t) => {
      const store = await makeStore(t)
      await age(store, 1)
      await open(store)
      await store.createKey(sampleKey([], 'planted', { seal: '', grants: [{ tenant: acme, seal: '' }] }))
      const seals = await open(store)
      const planted = await store.findKeyByHash('planted')
      assert.equal(planted && seals.openKey(planted), null)
    })

    test('a damaged endpoint is reported and stays as it is, and the others are sealed', async (t) => {
      const store = await makeStore(t)
      await age(store, 2)
      const [first] = await store.sealedEndpoints(firstKey, 1)
      assert.ok(first)
      await store.resealEndpoints([{ before: first, after: { ...first, sealedSecrets: 'v1.damaged' } }])
      failures.length = 0
      const seals = await open(store)
      assert.deepEqual(failures, [`endpoint ${first.key} cannot be sealed`])
      const [, second] = await store.sealedEndpoints(firstKey, 2)
      assert.deepEqual(second && seals.openEndpoint(second).secrets, secrets)
    })

    test('a database whose rows are sealed is refused without its proof, and with a changed one', async (t) => {
      const store = await makeStore(t)
      await age(store, 1)
      await open(store)
      const removed = 'the value "master key proof" was removed from the database: restore it from a backup'
      await assert.rejects(open(without(store)), new StoreRefused(removed))
      await store.replaceInstallationValue(proof.name, await proofOf(store), vault.seal('mine', 'another context'))
      await assert.rejects(open(store), /the master key is not the one/)
    })

    test('a key that was planted into a database without proof and seals is not sealed', async (t) => {
      const store = await makeStore(t)
      await addTenants(store, acme, other)
      await store.createKey(sampleKey([], 'planted', { seal: '', grants: [{ tenant: acme, seal: '' }] }))
      const seals = await open(store)
      const planted = await store.findKeyByHash('planted')
      assert.equal(planted && seals.openKey(planted), null)
    })

    test('rows that were sealed before do not open after a second first start', async (t) => {
      const store = await makeStore(t)
      await age(store, 1)
      const older = await proofOf(store)
      await open(store)
      const [endpoint] = await store.sealedEndpoints(firstKey, 1)
      const key = await store.findKeyByHash('hash')
      assert.ok(endpoint && key)
      // The owner of the database removes every seal, and puts the proof of the older version back.
      const bare = { ...key, seal: '', grants: key.grants.map((grant) => ({ ...grant, seal: '' })) }
      await store.resealKeys([{ before: key, after: bare }])
      await store.replaceInstallationValue(proof.name, await proofOf(store), older)
      const seals = await open(store)
      const sealed = await store.findKeyByHash('hash')
      assert.ok(sealed && seals.openKey(sealed))
      assert.throws(() => seals.openEndpoint(endpoint), VaultError)
    })

    test('an older version must finish to replace the master key first', async (t) => {
      const store = await makeStore(t)
      await age(store, 1)
      const rotating = createVault([randomBytes(32), masterKey])
      await assert.rejects(openRowSeals(store, rotating, assert.fail), /the master key is being replaced/)
    })
  })
}

test('PostgreSQL: the first start is refused while nodes of an older version run', async (t) => {
  const store = await stores.PostgreSQL(t)
  await age(store, 1)
  const node = await store.join(Date.now())
  await assert.rejects(open(store), /nodes of an older version are running/)
  await store.leave(node)
  await open(store)
  await store.join(Date.now())
  await open(store)
  assert.equal((await store.sealedKeys('' as ApiKeyId, 5)).length, 1)
})
