// Tenants and API keys.

import assert from 'node:assert/strict'
import type { ApiKeyId, TenantId } from '../../../src/domain/ids.ts'
import { acme, other, sampleErasure, sampleKey, sampleOperatorKey, sampleTenant, start } from './samples.ts'
import { addEndpoint, allPages, endpointsOf, type Case } from './steps.ts'

export function tenantAndKeyCases(promise: Case): void {
  promise('a tenant is found as it was created, and its id is taken', async (store) => {
    const tenant = sampleTenant(acme, { dialect: 'another', name: null })
    assert.equal(await store.findTenant(acme), null)
    assert.equal(await store.createTenant(tenant), 'written')
    assert.equal(await store.createTenant(sampleTenant(acme)), 'duplicate')
    assert.deepEqual(await store.findTenant(acme), tenant)
    const { version, ...loaded } = (await store.loadTenant(acme)) ?? assert.fail('there is no tenant')
    assert.ok(Number.isInteger(version))
    assert.deepEqual(loaded, { tenant, sealedSecrets: null, endpoints: [] })
    assert.equal(await store.loadTenant(other), null)
  })

  promise('ids of tenants are case-sensitive', async (store) => {
    for (const id of ['acme', 'Acme', 'acme.', '007', '7']) {
      assert.equal(await store.createTenant(sampleTenant(id as TenantId)), 'written')
    }
    assert.equal((await store.findTenant('7' as TenantId))?.id, '7')
  })

  promise('the name and the settings of a tenant are changed, and its name is removed', async (store) => {
    await store.createTenant(sampleTenant(acme))
    assert.equal(await store.updateTenant(acme, { name: 'Another', settings: { look: 'b' } }), 'written')
    assert.deepEqual((await store.findTenant(acme))?.settings, { look: 'b' })
    assert.equal((await store.findTenant(acme))?.name, 'Another')
    assert.equal(await store.updateTenant(acme, { name: null, settings: {} }), 'written')
    assert.equal((await store.findTenant(acme))?.name, null)
    assert.equal(await store.updateTenant(other, { name: 'x', settings: {} }), 'absent')
  })

  promise('a deleted tenant has no keys and endpoints any more', async (store) => {
    const endpoint = await addEndpoint(store, acme)
    const kept = await addEndpoint(store, other)
    await store.createKey(sampleKey([acme], 'hash of acme'))
    await store.createKey(sampleKey([other], 'hash of other'))
    assert.equal(await store.deleteTenant(acme, sampleErasure(1)), 'written')
    assert.equal(await store.deleteTenant(acme, sampleErasure(1)), 'absent')
    assert.equal(await store.findTenant(acme), null)
    assert.equal(await store.loadTenant(acme), null)
    assert.equal(await store.findKeyByHash('hash of acme'), null)
    assert.notEqual(await store.findKeyByHash('hash of other'), null)
    assert.deepEqual(await endpointsOf(store, other), [kept])
    const change = { ...endpoint, updatedAt: start + 2 }
    assert.equal(await store.updateEndpoint(change, endpoint.updatedAt), 'absent')
    assert.deepEqual((await store.listTenants({ limit: 10, after: null }, null)).rows, [sampleTenant(other)])
  })

  promise('the id of a deleted tenant can be used again, without its old endpoints', async (store) => {
    await addEndpoint(store, acme)
    await store.deleteTenant(acme, sampleErasure(1))
    assert.equal(await store.createTenant(sampleTenant(acme)), 'written')
    assert.deepEqual(await endpointsOf(store, acme), [])
  })

  promise('a key of two tenants is deleted with the second of them', async (store) => {
    await store.createTenant(sampleTenant(acme))
    await store.createTenant(sampleTenant(other))
    const key = sampleKey([other, acme], 'h')
    await store.createKey(key)
    assert.deepEqual(await store.findKeyByHash('h'), key, 'its tenants are sorted')
    await store.deleteTenant(acme, sampleErasure(0))
    assert.deepEqual(await store.findKeyByHash('h'), { ...key, grants: key.grants.slice(1) })
    await store.deleteTenant(other, sampleErasure(0))
    assert.equal(await store.findKeyByHash('h'), null)
  })

  promise('a revoked key is still found without its seal, and is revoked only once', async (store) => {
    await store.createTenant(sampleTenant(acme))
    const key = sampleKey([acme], 'h', { scopes: [], role: null, name: null })
    await store.createKey(key)
    assert.deepEqual(await store.findKeyByHash('h'), key)
    assert.equal(await store.revokeKey(key.id, start + 5), 'written')
    assert.equal(await store.revokeKey(key.id, start + 6), 'absent')
    assert.equal(await store.revokeKey('key_unknown' as ApiKeyId, start), 'absent')
    const revoked = { ...key, revokedAt: start + 5, seal: '' }
    assert.deepEqual(await store.findKeyByHash('h'), revoked)
    assert.deepEqual((await store.listKeys({ limit: 5, after: null }, acme)).rows, [revoked])
    assert.equal(await store.findKeyByHash('H'), null)
  })

  promise('operator keys are found by their hash, listed newest first, changed and deleted', async (store) => {
    const first = sampleOperatorKey('h1')
    const second = sampleOperatorKey('h2', { role: 'admin', createdAt: start + 1, expiresAt: start + 9 })
    for (const key of [first, second]) assert.equal(await store.createOperatorKey(key), 'written')
    assert.deepEqual(await store.listOperatorKeys(), [second, first])
    assert.deepEqual(await store.findOperatorKeyByHash('h1'), first)
    assert.equal(await store.findOperatorKeyByHash('H1'), null)
    const changed = { ...first, name: 'Deployments', expiresAt: start + 7, seal: 'another seal' }
    assert.equal(await store.updateOperatorKey(changed, 'a seal that it never had'), 'stale')
    assert.equal(await store.updateOperatorKey({ ...changed, role: 'admin' }, first.seal), 'written')
    assert.deepEqual(await store.findOperatorKeyByHash('h1'), changed, 'the role stays')
    assert.equal(await store.deleteOperatorKey(first.id), 'written')
    assert.equal(await store.deleteOperatorKey(first.id), 'absent')
    assert.deepEqual(await store.listOperatorKeys(), [second])
  })

  promise('tenants are listed newest first, page by page, while a new tenant is created', async (store) => {
    const ids = Array.from({ length: 10 }, (_, index) => `t${index}` as TenantId)
    for (const [index, id] of ids.entries()) {
      await store.createTenant(sampleTenant(id, { dialect: index % 3 === 0 ? 'another' : 'standard' }))
    }
    const all = await allPages(
      3,
      (page) => store.listTenants(page, null),
      async () => assert.equal(await store.createTenant(sampleTenant('late' as TenantId)), 'written'),
    )
    assert.deepEqual(
      all.map(({ id }) => id),
      ids.toReversed(),
    )
    const another = await allPages(2, (page) => store.listTenants(page, 'another'))
    assert.deepEqual(
      another.map(({ id }) => id),
      ['t9', 't6', 't3', 't0'],
    )
    const end = { rows: [], next: null, searchedTo: null }
    assert.deepEqual(await store.listTenants({ limit: 5, after: null }, 'unknown'), end)
  })

  promise('keys are listed newest first, page by page, of all tenants or of one', async (store) => {
    const keys = []
    for (const id of [acme, other]) await store.createTenant(sampleTenant(id))
    for (let index = 0; index < 9; index++) {
      const key = sampleKey(index % 3 === 0 ? [acme, other] : [index % 3 === 1 ? acme : other], `hash ${index}`)
      await store.createKey(key)
      keys.unshift(key)
    }
    const late = async (): Promise<void> => assert.equal(await store.createKey(sampleKey([acme], 'late')), 'written')
    const all = await allPages(4, (page) => store.listKeys(page, null), late)
    assert.deepEqual(all, keys)
    const theirs = await allPages(2, (page) => store.listKeys(page, other))
    assert.deepEqual(
      theirs,
      keys.filter(({ grants }) => grants.some(({ tenant }) => tenant === other)),
    )
  })
}
