// Tests the rotation of the master key, and sealed values that were changed or moved, on a real SQLite file.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import definedPartoo from '../dialects/partoo/partoo.ts'
import { standard } from '../dialects/standard/standard.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { ApiKeyId, EndpointId, EndpointKey, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { type Store, StoreRefused } from '../contracts/store.ts'
import { sampleKey, sampleOperatorKey } from '../../test/conformance/store/samples.ts'
import { apiKeyOf, RowSeals } from './row-seals.ts'
import { createVault, type Vault, VaultError } from './vault.ts'
import { TenantCache } from '../engine/tenant-cache.ts'
import { openRowSeals } from './bring-up.ts'
import { InstallationKeys, openInstallationKeys } from './installation-keys.ts'
import { proof } from './master-key.ts'
import { Rotation } from './rotation.ts'
import type { EngineObserver } from '../contracts/observer.ts'

const { dialect: partoo } = definedPartoo

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)]
const [oldVault, rotating, newVault] = [createVault([oldKey]), createVault([newKey, oldKey]), createVault([newKey])]
const sealsOf = (vault: Vault): RowSeals => new RowSeals(vault, 'binding')
const dialects = new Map([partoo, standard].map((dialect) => [dialect.name, dialect]))
const now = Date.UTC(2026, 0, 1)

/** A store with a tenant of three endpoints and a tenant of one endpoint; all values are sealed with the old key. */
async function rig(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-master-key-'))
  const path = join(folder, 'posthorn.db')
  const store = await openSqliteStore(path)
  t.after(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })
  await store.writeOnce(proof.name, oldVault.seal('binding', proof.contexts.sealed))
  const publicKeys = await publicKeysOf(store, oldVault)
  for (const id of ['acme', 'other'] as TenantId[])
    await store.createTenant({ id, dialect: 'standard', name: null, settings: {}, createdAt: now })
  const endpoints: Endpoint[] = []
  for (const tenant of ['acme', 'acme', 'acme', 'other']) {
    const endpoint = sample(await store.nextEndpointKey(), tenant)
    endpoints.push(endpoint)
    await store.createEndpoints([sealsOf(oldVault).storedEndpoint(endpoint, 'standard', null)])
  }
  const reported = { failures: [] as string[], rotated: 0 }
  const observer = {
    failed: (what: string) => reported.failures.push(what),
    masterKeyRotated: () => reported.rotated++,
  } as unknown as EngineObserver
  return {
    store,
    publicKeys,
    reported,
    rotate: () => new Rotation(store, sealsOf(rotating), observer).run(() => true),
    /** Returns the stored endpoints with opened values. Throws if an endpoint does not open. */
    read: async (vault: Vault, tenant: string = 'acme') => {
      const view = await tenantCacheWith(store, vault).load(tenant as TenantId)
      for (const endpoint of view?.endpoints ?? []) endpoint.signingKeys(now)
      return view?.endpoints.map(({ endpoint }) => endpoint).toReversed()
    },
    endpoints,
    /** Changes the database file without the store. */
    tamper: (statement: string): void => {
      const db = new DatabaseSync(path)
      assert.ok(Number(db.prepare(statement).run().changes) > 0, statement)
      db.close()
    },
  }
}

async function publicKeysOf(store: Store, vault: Vault): Promise<readonly string[]> {
  const keys = await openInstallationKeys({ store, vault, dialects })
  return [...dialects.keys()].flatMap((name) => keys.published(name, now).map(({ pem }) => pem))
}

function tenantCacheWith(store: Store, vault: Vault): TenantCache {
  return new TenantCache({
    store,
    seals: sealsOf(vault),
    dialects,
    installationKeys: new InstallationKeys({ store, vault, dialects }),
    trust: { cacheEpoch: () => 1 },
    clock: { now: () => now },
    randomBytes,
    observer: { unproved: () => {}, failed: () => {} },
  })
}

function sample(key: EndpointKey, tenant: string): Endpoint {
  return {
    key,
    id: `ep_${key}` as EndpointId,
    tenant: tenant as TenantId,
    url: 'https://example.com/',
    eventTypes: ['*'],
    filters: {},
    details: { name: 'mine' },
    description: null,
    enabled: true,
    disabledReason: null,
    headers: { 'x-own': `header ${key}` },
    writeOnlyHeaders: [],
    secrets: [{ value: `whsec_${Buffer.alloc(24, key).toString('base64')}`, createdAt: now, expiresAt: null }],
    createdAt: now,
    updatedAt: now,
  }
}

test('a rotation seals all stored values with the first key, and they open as before', async (t) => {
  const { store, publicKeys, reported, rotate, read, endpoints } = await rig(t)
  assert.equal(await rotate(), true)
  assert.deepEqual(await read(newVault), endpoints.slice(0, 3))
  assert.deepEqual(await read(newVault, 'other'), endpoints.slice(3))
  await openRowSeals(store, newVault, assert.fail)
  assert.deepEqual(await publicKeysOf(store, newVault), publicKeys)
  await assert.rejects(openRowSeals(store, oldVault, assert.fail), StoreRefused)
  await assert.rejects(read(oldVault), VaultError)
  assert.deepEqual(reported, { failures: [], rotated: 1 })
})

test('the old key is needed until no value is sealed with it, stored answers included', async (t) => {
  const { store, reported, rotate, endpoints } = await rig(t)
  const [endpoint] = endpoints as [Endpoint]
  const answer = {
    apiKey: 'key_1' as ApiKeyId,
    tenant: endpoint.tenant,
    idempotencyKey: 'again',
    route: 'PATCH /',
    status: 200,
    sealedBody: oldVault.seal('{}', 'answer|key_1|again'),
    sealedDigest: oldVault.seal('', 'request|key_1|again'),
    expiresAt: now + limits.idempotencyMs,
  }
  const changed = sealsOf(oldVault).storedEndpoint({ ...endpoint, updatedAt: now + 1 }, 'standard', null)
  await store.updateEndpoint(changed, now, { answer: answer })
  assert.equal(await rotate(), false)
  await assert.rejects(openRowSeals(store, newVault, assert.fail), StoreRefused)
  await store.prune(0, answer.expiresAt, 10)
  assert.equal(await rotate(), true)
  await openRowSeals(store, newVault, assert.fail)
  assert.equal(reported.rotated, 1)
})

test('a rotation also seals keys, operator keys and secrets of dialects that are not served', async (t) => {
  const { store, rotate, publicKeys } = await rig(t)
  const [old, fresh] = [sealsOf(oldVault), sealsOf(newVault)]
  const apiKey = apiKeyOf(sampleKey(['acme' as TenantId, 'other' as TenantId], 'hash'))
  await store.createKey(old.storedKey(apiKey, 'hash'))
  const operatorKey = old.storedOperatorKey(sampleOperatorKey('hash'))
  await store.createOperatorKey(operatorKey)
  await store.createKey(sampleKey(['acme' as TenantId], 'planted', { seal: '' }))
  await rotate()
  const planted = await store.findKeyByHash('planted')
  assert.equal(planted && fresh.openKey(planted), null, 'a row without a seal gets none')
  const rotated = await store.findKeyByHash('hash')
  assert.deepEqual(rotated && fresh.openKey(rotated), apiKey)
  const [resealed] = await store.listOperatorKeys()
  assert.ok(resealed !== undefined && fresh.provesOperatorKey(resealed))
  const { vault } = await openRowSeals(store, newVault, assert.fail)
  assert.equal(fresh.vault.open(vault.seal('a', 'b'), 'b'), 'a', 'the binding is the same')
  assert.deepEqual(await publicKeysOf(store, newVault), publicKeys)
})

test('a rotation that was stopped continues in the next run', async (t) => {
  const { store, read, endpoints, rotate } = await rig(t)
  const observer = { failed: () => {}, masterKeyRotated: () => assert.fail('the rotation is not finished') }
  let steps = 0
  const stopped = new Rotation(store, sealsOf(rotating), observer as unknown as EngineObserver).run(() => steps++ < 0)
  assert.equal(await stopped, false)
  assert.deepEqual(await read(rotating), endpoints.slice(0, 3))
  assert.equal(await rotate(), true)
})

test('a value that was changed or moved in the database does not open, and is not sealed again', async (t) => {
  const cases = [
    {
      name: 'secrets of another endpoint',
      statement: 'SET sealed_secrets = (SELECT sealed_secrets FROM endpoints WHERE key = 2)',
    },
    {
      name: 'headers of another endpoint',
      statement: 'SET sealed_headers = (SELECT sealed_headers FROM endpoints WHERE key = 2)',
    },
    {
      name: 'secrets of another tenant',
      statement: 'SET sealed_secrets = (SELECT sealed_secrets FROM endpoints WHERE key = 4)',
    },
    { name: 'headers instead of secrets', statement: 'SET sealed_secrets = sealed_headers' },
    { name: 'secrets instead of headers', statement: 'SET sealed_headers = sealed_secrets' },
    { name: 'another tenant', statement: `SET tenant = 'other'` },
    { name: 'another URL', statement: `SET url = 'https://example.org/'` },
    { name: 'another id', statement: `SET id = 'ep_9'` },
    { name: 'other event types', statement: `SET event_types = '["a"]'` },
    { name: 'other filters', statement: `SET filters = '{"a":"b"}'` },
    { name: 'plain text', statement: `SET sealed_secrets = '[]'` },
    {
      name: 'a changed character',
      statement: `SET sealed_secrets = substr(sealed_secrets, 1, 40) || 'é' || substr(sealed_secrets, 42)`,
    },
  ]
  for (const { name, statement } of cases) {
    const { rotate, read, tamper, reported, store } = await rig(t)
    tamper(`UPDATE endpoints ${statement} WHERE key = 1`)
    const tenant = name === 'another tenant' ? 'other' : 'acme'
    await assert.rejects(read(oldVault, tenant), VaultError, name)
    const before = (await store.sealedEndpoints(0 as EndpointKey, 10)).find(({ key }) => key === 1)
    assert.equal(await rotate(), true, 'no key opens the value, so the rotation does not wait for it')
    assert.equal(new Set(reported.failures).size, 1, name)
    const after = (await store.sealedEndpoints(0 as EndpointKey, 10)).find(({ key }) => key === 1)
    assert.deepEqual(after, before, name)
    await assert.rejects(read(rotating, tenant), VaultError, name)
  }
})

test('endpoints whose sealed secrets are swapped do not open', async (t) => {
  const { read, tamper } = await rig(t)
  tamper(`UPDATE endpoints SET sealed_secrets = (SELECT sealed_secrets FROM endpoints o WHERE o.key = 3 - endpoints.key)
    WHERE key IN (1, 2)`)
  await assert.rejects(read(oldVault), VaultError)
})
