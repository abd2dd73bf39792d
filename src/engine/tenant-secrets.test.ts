// The secrets of tenants: generated once, sealed for their tenant, and sealed again with another master key.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { acme, other, sampleEndpoint, sampleTenant, start } from '../../test/conformance/store/samples.ts'
import { temporaryFolder } from '../../test/conformance/store/temporary-folder.ts'
import type { Dialect } from '../contracts/dialect.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import { secrets } from '../dialect-kit/index.ts'
import { standard } from '../dialects/standard/standard.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { TenantId } from '../domain/ids.ts'
import { textKey } from '../signing/hmac.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { InstallationKeys } from '../vault/installation-keys.ts'
import { RowSeals } from '../vault/row-seals.ts'
import { Rotation } from '../vault/rotation.ts'
import { createVault } from '../vault/vault.ts'
import { TenantCache } from './tenant-cache.ts'

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)]
const { createForTenant } = secrets.ofTenant(secrets.text({ form: 'key-{hex:32}' }))
assert.ok(createForTenant !== undefined)
const dialect: Dialect = { ...standard, newTenantSecret: createForTenant, signingKey: textKey }
const dialects = new Map([[dialect.name, dialect]])

async function rig(t: TestContext) {
  const path = join(await temporaryFolder(t), 'posthorn.db')
  const store = await openSqliteStore(path)
  t.after(() => store.close())
  for (const tenant of [acme, other]) await store.createTenant(sampleTenant(tenant))
  const unproved: string[] = []
  const sealsOf = (...masterKeys: readonly Buffer[]): RowSeals => new RowSeals(createVault(masterKeys), 'here')
  const cache = (seals = sealsOf(oldKey)): TenantCache =>
    new TenantCache({
      store,
      seals,
      dialects,
      installationKeys: new InstallationKeys({ store, vault: seals.plain, dialects }),
      trust: { cacheEpoch: () => 1 },
      clock: { now: () => start },
      randomBytes,
      observer: { failed: () => {}, unproved: (what) => unproved.push(what) },
    })
  const secretsOf = async (from: TenantCache, tenant: TenantId) => (await from.load(tenant))?.secrets
  return { path, store, unproved, sealsOf, cache, secretsOf }
}

test('a tenant gets its secret when it is first loaded, and all nodes have the same one', async (t) => {
  const { cache, secretsOf } = await rig(t)
  const found = await Promise.all([1, 2, 3].map(() => secretsOf(cache(), acme)))
  const [secret] = found[0] === 'unreadable' ? [] : (found[0] ?? [])
  assert.match(secret?.value ?? '', /^key-[0-9a-f]{32}$/)
  for (const one of found) assert.deepEqual(one, [{ ...secret, createdAt: start, expiresAt: null }])
  assert.notDeepEqual(await secretsOf(cache(), other), found[0])
})

test('signs after the secrets of the endpoint, and a rotation counts for endpoints in memory', async (t) => {
  const { store, cache, sealsOf } = await rig(t)
  const seals = sealsOf(oldKey)
  const key = await store.nextEndpointKey()
  const { sealedSecrets: _secrets, sealedHeaders: _headers, uniqueKey: _key, ...endpoint } = sampleEndpoint(key, acme)
  const own = [{ value: 'own', createdAt: start, expiresAt: null }]
  const whole: Endpoint = { ...endpoint, secrets: own, headers: {}, writeOnlyHeaders: [] }
  await store.createEndpoints([seals.storedEndpoint(whole, dialect.name, null)])
  const tenants = cache(seals)
  const keysOf = async (): Promise<string[]> => {
    const keys = (await tenants.load(acme))?.byKey.get(key)?.signingKeys(start) ?? []
    return keys.map((one) => one.export().toString())
  }
  const loaded = await tenants.load(acme)
  const [first] = loaded?.secrets === 'unreadable' ? [] : (loaded?.secrets ?? [])
  assert.deepEqual(await keysOf(), ['own', first?.value])
  const next = [{ value: 'next', createdAt: start, expiresAt: null }]
  const sealed = seals.storedTenantSecrets(sampleTenant(acme), next)
  assert.equal(await store.replaceTenantSecrets(acme, loaded?.sealedSecrets ?? null, sealed), 'written')
  tenants.drop(acme)
  assert.deepEqual(await keysOf(), ['own', 'next'])
})

test('secrets that were moved or changed in the database do not open, and nothing is signed with them', async (t) => {
  for (const statement of [
    `SET sealed_secrets = (SELECT sealed_secrets FROM tenants WHERE id = '${other}')`,
    `SET created_at = created_at + 1`,
    `SET sealed_secrets = '[]'`,
    `SET sealed_secrets = ''`,
  ]) {
    const { path, cache, secretsOf, unproved } = await rig(t)
    for (const tenant of [acme, other]) await secretsOf(cache(), tenant)
    const db = new DatabaseSync(path)
    assert.equal(db.prepare(`UPDATE tenants ${statement} WHERE id = '${acme}'`).run().changes, 1)
    db.close()
    assert.equal(await secretsOf(cache(), acme), 'unreadable', statement)
    assert.deepEqual(unproved, [`the secrets of tenant ${acme}`])
    await assert.rejects(
      cache().signingKeys({ tenant: { id: acme }, endpoint: { secrets: [] } }, start),
      /the secrets of the tenant cannot be read/,
    )
  }
})

test('a rotation of the master key seals them again', async (t) => {
  const { store, cache, secretsOf, sealsOf } = await rig(t)
  const before = await secretsOf(cache(), acme)
  const failures: string[] = []
  const observer = { failed: (what: string) => failures.push(what), masterKeyRotated: () => {} }
  const rotation = new Rotation(store, sealsOf(newKey, oldKey), observer as unknown as EngineObserver)
  assert.equal(await rotation.run(() => true), true)
  assert.deepEqual(await secretsOf(cache(sealsOf(newKey)), acme), before)
  assert.equal(await secretsOf(cache(sealsOf(oldKey)), acme), 'unreadable')
  assert.deepEqual(failures, [])
})
