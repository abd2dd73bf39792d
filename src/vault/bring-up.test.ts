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
import { binding, openRowSeals } from './bring-up.ts'
import { proveMasterKey } from './master-key.ts'
import { createVault } from './vault.ts'

const vault = createVault([randomBytes(32)])
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
  await proveMasterKey(store, vault)
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

    test('a database whose rows are sealed is refused without its binding, and with a changed one', async (t) => {
      const store = await makeStore(t)
      await age(store, 1)
      await open(store)
      const without: Store = {
        ...store,
        installationValues: async () => (await store.installationValues()).filter(({ name }) => name !== binding.name),
      }
      await assert.rejects(
        open(without),
        new StoreRefused('the value "row seals" was removed from the database: restore it from a backup'),
      )
      const stored = (await store.installationValues()).find(({ name }) => name === binding.name)?.value ?? ''
      await store.replaceInstallationValue(binding.name, stored, vault.seal('mine', 'another context'))
      await assert.rejects(open(store), new StoreRefused('the value "row seals" was changed in the database'))
    })

    test('rows of one binding do not count with another one', async (t) => {
      const store = await makeStore(t)
      await age(store, 1)
      await open(store)
      const [endpoint] = await store.sealedEndpoints(firstKey, 1)
      const key = await store.findKeyByHash('hash')
      assert.ok(endpoint && key)
      // The owner of the database removes the binding and every seal, and puts the rows back after the next start.
      const bare = { ...key, seal: '', grants: key.grants.map((grant) => ({ ...grant, seal: '' })) }
      await store.resealKeys([{ before: key, after: bare }])
      await store.deleteEndpoint(acme, endpoint.key, start)
      const without: Store = {
        ...store,
        installationValues: async () => (await store.installationValues()).filter(({ name }) => name !== binding.name),
        writeOnce: (_name, value) => Promise.resolve(value),
      }
      const seals = await open(without)
      assert.throws(() => seals.openEndpoint(endpoint))
      const sealed = await store.findKeyByHash('hash')
      assert.ok(sealed && seals.openKey(sealed), 'the key was sealed again, but opens nothing of before')
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
