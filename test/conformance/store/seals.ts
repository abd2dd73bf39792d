// The sealed values that the rotation of the master key reads and replaces.

import assert from 'node:assert/strict'
import type { ApiKeyId, EndpointKey, TenantId } from '../../../src/domain/ids.ts'
import type { SealedEndpoint } from '../../../src/contracts/upkeep-store.ts'
import type { Store } from '../../../src/contracts/store.ts'
import type { StoredEndpoint, StoredKey } from '../../../src/contracts/account-store.ts'
import { acme, other, sampleAnswer, sampleKey, start } from './samples.ts'
import { addEndpoint, addTenants, type Case, endpointsOf } from './steps.ts'

const first = 0 as EndpointKey

function sealedOf(endpoint: StoredEndpoint): SealedEndpoint {
  const { key, tenant, id, url, eventTypes, filters, details, sealedSecrets, sealedHeaders } = endpoint
  return { key, tenant, dialect: 'standard', id, url, eventTypes, filters, details, sealedSecrets, sealedHeaders }
}

export function sealCases(promise: Case): void {
  promise('the sealed values of all endpoints are read in steps, without those of deleted endpoints', async (store) => {
    const endpoints = [await addEndpoint(store), await addEndpoint(store, other), await addEndpoint(store)]
    const deleted = await addEndpoint(store)
    await store.deleteEndpoint(acme, deleted.key, start)
    const sealed = endpoints.map(sealedOf)
    const step = await store.sealedEndpoints(first, 2)
    assert.deepEqual(step, sealed.slice(0, 2))
    assert.deepEqual(await store.sealedEndpoints(step[1]?.key ?? first, 2), sealed.slice(2))
  })

  promise('only the sealed values of an endpoint are replaced', async (store, harness) => {
    const endpoint = await addEndpoint(store)
    const untouched = await addEndpoint(store)
    const before = sealedOf(endpoint)
    const after = { ...before, sealedSecrets: 'new secrets', sealedHeaders: 'new headers' }
    const version = (await store.loadTenant(acme))?.version
    await store.resealEndpoints([{ before, after }])
    const again = await harness.reopen()
    const { sealedSecrets, sealedHeaders } = after
    assert.deepEqual(await endpointsOf(again, acme), [untouched, { ...endpoint, sealedSecrets, sealedHeaders }])
    assert.equal((await again.loadTenant(acme))?.version, version, 'no node must load the tenant again')
  })

  promise('sealed values that have changed in the meantime stay, others are replaced', async (store) => {
    const changed = await addEndpoint(store)
    const same = await addEndpoint(store)
    const changes = [changed, same].map((endpoint) => {
      const before = sealedOf(endpoint)
      return { before, after: { ...before, sealedSecrets: 'resealed', sealedHeaders: 'resealed' } }
    })
    const rotated = { ...changed, sealedSecrets: 'another secret', updatedAt: start + 1 }
    assert.equal(await store.updateEndpoint(rotated, start), 'written')
    await store.resealEndpoints(changes)
    const resealed = { ...same, sealedSecrets: 'resealed', sealedHeaders: 'resealed' }
    assert.deepEqual(await endpointsOf(store, acme), [resealed, rotated])
  })

  promise('a change that is based on the endpoint before its sealed values were replaced is written', async (store) => {
    const endpoint = await addEndpoint(store)
    const before = sealedOf(endpoint)
    await store.resealEndpoints([{ before, after: { ...before, sealedSecrets: 'resealed' } }])
    const changed = { ...endpoint, sealedSecrets: 'rotated', updatedAt: start + 1 }
    assert.equal(await store.updateEndpoint(changed, start), 'written')
    assert.deepEqual(await endpointsOf(store, acme), [changed])
  })

  promise('the secrets of a tenant are replaced only if they are those that were read', async (store, harness) => {
    await addTenants(store, acme, other)
    const read = async (from: Store) => (await from.loadTenant(acme))?.sealedSecrets
    assert.equal(await read(store), null)
    const version = (await store.loadTenant(acme))?.version
    assert.equal(await store.replaceTenantSecrets(acme, null, 'one'), 'written')
    assert.notEqual((await store.loadTenant(acme))?.version, version, 'other nodes must load the tenant again')
    assert.equal(await store.replaceTenantSecrets(acme, null, 'two'), 'stale')
    assert.equal(await store.replaceTenantSecrets(acme, 'another', 'two'), 'stale')
    assert.equal(await store.replaceTenantSecrets('nobody' as TenantId, null, 'two'), 'absent')
    assert.equal(await read(store), 'one')
    assert.equal(await store.replaceTenantSecrets(acme, 'one', 'two'), 'written')
    const again = await harness.reopen()
    assert.equal(await read(again), 'two')
    assert.equal(await again.hasSealedRows('v2.'), true)
    assert.equal((await again.loadTenant(other))?.sealedSecrets, null)
  })

  promise('the sealed secrets of tenants are read in steps and replaced, except those that changed', async (store) => {
    await addTenants(store, acme, other)
    assert.deepEqual(await store.sealedTenants('' as TenantId, 5), [])
    for (const tenant of [acme, other]) await store.replaceTenantSecrets(tenant, null, `secrets of ${tenant}`)
    const [one] = await store.sealedTenants('' as TenantId, 1)
    assert.deepEqual(one, { id: acme, dialect: 'standard', createdAt: start, sealedSecrets: `secrets of ${acme}` })
    const [two, ...more] = await store.sealedTenants(acme, 5)
    assert.ok(two !== undefined)
    assert.deepEqual([two.id, more], [other, []])
    const version = (await store.loadTenant(acme))?.version
    const stale = { ...two, sealedSecrets: 'former ones' }
    await store.resealTenants([
      { before: one, after: { ...one, sealedSecrets: 'resealed' } },
      { before: stale, after: { ...stale, sealedSecrets: 'lost' } },
    ])
    const read = [await store.loadTenant(acme), await store.loadTenant(other)]
    assert.deepEqual(
      read.map((loaded) => loaded?.sealedSecrets),
      ['resealed', two.sealedSecrets],
    )
    assert.equal(read[0]?.version, version, 'no node must load the tenant again')
  })

  promise(
    'the seals of keys and of their tenants are read in steps and replaced, not those of revoked keys',
    async (store) => {
      await addTenants(store, acme, other)
      const [one, two, revoked] = [sampleKey([acme], 'h1'), sampleKey([other, acme], 'h2'), sampleKey([acme], 'h3')]
      for (const key of [one, two, revoked]) await store.createKey(key)
      await store.revokeKey(revoked.id, start)
      const [read, ...more] = await store.sealedKeys('' as ApiKeyId, 1)
      assert.deepEqual([read, more], [one, []])
      assert.deepEqual(await store.sealedKeys(one.id, 5), [two])
      const resealed = (key: StoredKey, seal: string): StoredKey => ({
        ...key,
        seal,
        grants: key.grants.map(({ tenant }) => ({ tenant, seal: `${seal} of ${tenant}` })),
      })
      const stale = { before: resealed(one, 'one that it no longer has'), after: resealed(one, 'lost') }
      await store.resealKeys([stale, { before: two, after: resealed(two, 'new') }])
      assert.deepEqual(await store.sealedKeys('' as ApiKeyId, 5), [one, resealed(two, 'new')])
    },
  )

  promise(
    'a database has sealed rows once an endpoint, a key, a tenant of a key or an operator key is sealed',
    async (store) => {
      const endpoint = await addEndpoint(store)
      assert.equal(await store.hasSealedRows('v2.'), false)
      const sealed = sealedOf(endpoint)
      await store.resealEndpoints([{ before: sealed, after: { ...sealed, sealedSecrets: 'v2.x' } }])
      assert.deepEqual([await store.hasSealedRows('v2.'), await store.hasSealedRows('v3.')], [true, false])
      await store.createKey(sampleKey([acme], 'h', { seal: '', grants: [{ tenant: acme, seal: '' }] }))
      assert.equal(await store.hasSealedRows('v3.'), false)
      const [key] = await store.sealedKeys('' as ApiKeyId, 1)
      assert.ok(key)
      await store.resealKeys([{ before: key, after: { ...key, grants: [{ tenant: acme, seal: 'seal' }] } }])
      assert.equal(await store.hasSealedRows('v3.'), true)
    },
  )

  promise('answers that are sealed with another key are found until retention deletes them', async (store) => {
    const endpoint = await addEndpoint(store)
    assert.equal(await store.hasOtherAnswers('v1.new.'), false)
    const answer = sampleAnswer('old', 0, { sealedBody: 'v1.old.body' })
    await store.updateEndpoint({ ...endpoint, updatedAt: start + 1 }, start, { answer })
    assert.deepEqual([await store.hasOtherAnswers('v1.new.'), await store.hasOtherAnswers('v1.old.')], [true, false])
    await store.prune(start, answer.expiresAt, 100)
    assert.equal(await store.hasOtherAnswers('v1.new.'), false)
  })

  promise('a value of the installation is replaced only if it has not changed', async (store, harness) => {
    await store.writeOnce('proof', 'old')
    await store.replaceInstallationValue('proof', 'older', 'lost')
    await store.replaceInstallationValue('absent', 'old', 'lost')
    assert.deepEqual(await store.installationValues(), [{ name: 'proof', value: 'old' }])
    await store.replaceInstallationValue('proof', 'old', 'new')
    assert.deepEqual(await (await harness.reopen()).installationValues(), [{ name: 'proof', value: 'new' }])
  })
}
