// Searches for tenants, and for endpoints of all tenants.

import assert from 'node:assert/strict'
import type { ApiKeyId, EndpointId, EndpointKey, TenantId } from '../../../src/domain/ids.ts'
import { limits } from '../../../src/domain/limits.ts'
import type { EndpointFilter, StoredEndpoint } from '../../../src/contracts/account-store.ts'
import type { Store } from '../../../src/contracts/store.ts'
import { acme, other, sampleEndpoint, sampleErasure, sampleKey, sampleTenant, start } from './samples.ts'
import { addEndpoint, addTenants, allPages, type Case, commit } from './steps.ts'

const anyEndpoint: EndpointFilter = { tenant: null, dialect: null, text: null, health: null, now: start + 50 }
const page = { limit: 100, after: null }

export function accountListCases(promise: Case): void {
  promise('tenants are found by the beginning of their id or name, in any case of ASCII letters', async (store) => {
    for (const [id, name, dialect] of [
      ['acme-1', 'Zebra', 'standard'],
      ['Acme-2', null, 'allo'],
      ['zed', 'ACME Paris', 'standard'],
      ['zoe', 'Über acme', 'standard'],
      ['zip', '100%_sure', 'standard'],
    ] as const) {
      await store.createTenant(sampleTenant(id as TenantId, { name, dialect }))
    }
    const find = async (text: string, dialect: string | null = null): Promise<string[]> => {
      const found = await store.listTenants(page, dialect, text)
      assert.deepEqual([found.next, found.searchedTo], [null, null])
      const one = await allPages(1, (request) => store.listTenants(request, dialect, text))
      assert.deepEqual(one, found.rows)
      return found.rows.map(({ id }) => id)
    }
    assert.deepEqual(await find('acme'), ['zed', 'Acme-2', 'acme-1'])
    assert.deepEqual(await find('ACME-'), ['Acme-2', 'acme-1'])
    assert.deepEqual(await find('z'), ['zip', 'zoe', 'zed', 'acme-1'])
    assert.deepEqual(await find('acme', 'allo'), ['Acme-2'])
    assert.deepEqual(await find('Über'), ['zoe'])
    assert.deepEqual(await find('100%_'), ['zip'])
    for (const text of ['%', '_', '\0', "'", 'acme-11']) assert.deepEqual(await find(text), [], text)
    assert.equal((await find('')).length, 5)
  })

  promise('a search for tenants reads a bounded number of them', async (store, harness) => {
    await store.createTenant(sampleTenant('rare' as TenantId, { name: 'Mass', dialect: 'allo' }))
    const count = 1.5 * limits.searchedRowsMax
    await harness.damage(`INSERT INTO tenants (id, dialect, settings, created_at)
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
      SELECT 'mass-' || i, 'standard', '{}', ${start} + i FROM n`)
    for (const text of [null, 'mass']) {
      const first = await store.listTenants(page, 'allo', text)
      assert.deepEqual(first.rows, [])
      assert.ok(first.searchedTo !== null && first.searchedTo > start && first.searchedTo < start + count)
      const late = `late-${text}` as TenantId
      const all = await allPages(
        100,
        (request) => store.listTenants(request, 'allo', text),
        () => addTenants(store, late),
      )
      assert.deepEqual(
        all.map(({ id }) => id),
        ['rare'],
      )
    }
    assert.equal((await allPages(250, (request) => store.listTenants(request, null, 'mass'))).length, count + 1)
  })

  promise('endpoints of all tenants are found by tenant, dialect, id and the beginning of the URL', async (store) => {
    await addTenants(store, acme)
    await store.createTenant(sampleTenant(other, { dialect: 'allo' }))
    const ids = []
    for (const [tenant, url] of [
      [acme, 'https://Hooks.example.com/a'],
      [acme, 'http://hooks.example.org:8080/b'],
      [other, 'https://api.example.com/https://hooks.'],
      [other, 'https://hooks.example.com/c'],
    ] as const) {
      const id = `ep-${ids.length}` as EndpointId
      ids.push(id)
      await addEndpoint(store, tenant, { id, url })
    }
    const find = finder(store)
    assert.deepEqual(await find({}), ids.toReversed())
    assert.deepEqual(await find({ tenant: acme }), ['ep-1', 'ep-0'])
    assert.deepEqual(await find({ tenant: 'none' as TenantId }), [])
    assert.deepEqual(await find({ dialect: 'allo' }), ['ep-3', 'ep-2'])
    assert.deepEqual(await find({ tenant: acme, dialect: 'allo' }), [])
    assert.deepEqual(await find({ text: 'ep-2' }), ['ep-2'])
    assert.deepEqual(await find({ text: 'hooks.' }), ['ep-3', 'ep-1', 'ep-0'])
    assert.deepEqual(await find({ text: 'HOOKS.example.com' }), ['ep-3', 'ep-0'])
    assert.deepEqual(await find({ text: 'hooks.example.org:8080/b' }), ['ep-1'])
    assert.deepEqual(await find({ text: 'hooks.', dialect: 'allo' }), ['ep-3'])
    assert.deepEqual(await find({ text: 'hooks.', tenant: acme }), ['ep-1', 'ep-0'])
    for (const text of ['%', '_', '\0', 'https://hooks', 'ooks', 'ep-'])
      assert.deepEqual(await find({ text }), [], text)
    const [, second] = (await store.loadTenant(acme))?.endpoints ?? []
    assert.ok(second !== undefined)
    assert.equal(await store.deleteEndpoint(acme, second.key, start + 5), 'written')
    assert.deepEqual(await find({ text: 'hooks.' }), ['ep-3', 'ep-1'])
    assert.deepEqual(await find({ text: 'ep-0' }), [])
    assert.equal(await store.deleteTenant(other, sampleErasure(6)), 'written')
    for (const filter of [{}, { text: 'hooks.' }, { dialect: 'standard' }]) {
      assert.deepEqual(await find(filter), ['ep-1'])
    }
  })

  promise('endpoints of all tenants are found by their health, and are shown with their status', async (store) => {
    const node = await store.join(start)
    const endpoints = []
    for (const id of ['good', 'failing', 'paused', 'disabled', 'gone', 'over'] as EndpointId[]) {
      endpoints.push(await addEndpoint(store, id === 'paused' ? other : acme, { id }))
    }
    const lastOutcome = { kind: 'rejected', status: 500, retryAfterMs: null } as const
    const changes = [
      { health: null },
      { health: '1' },
      { health: null, pausedUntil: start + 100 },
      { health: '1', disable: 'failing' },
      { health: '1' },
      { health: null, pausedUntil: start + 10 },
    ] as const
    const summaries = endpoints.map(({ key }, index) => {
      const attempts = { endpoint: key, attempts: index, lastAttemptAt: start + 9, lastAttemptSucceeded: false }
      return { ...attempts, lastOutcome, ...changes[index] }
    })
    await commit(store, node, 9, { summaries })
    const gone = endpoints[4]
    assert.ok(gone !== undefined)
    await store.deleteEndpoint(acme, gone.key, start + 10)
    const find = finder(store)
    assert.deepEqual(await find({}), ['over', 'disabled', 'paused', 'failing', 'good'])
    assert.deepEqual(await find({ health: 'failing' }), ['failing'])
    assert.deepEqual(await find({ health: 'disabled' }), ['disabled'])
    assert.deepEqual(await find({ health: 'paused' }), ['paused'])
    assert.deepEqual(await find({ health: 'paused', tenant: acme }), [])
    assert.deepEqual(await find({ health: 'paused', now: start + 100 }), [])
    assert.deepEqual(await find({ health: 'failing', dialect: 'standard', text: 'example.com' }), ['failing'])
    assert.deepEqual(await find({ health: 'disabled', tenant: acme, text: 'disabled' }), ['disabled'])
    const { rows } = await store.listEndpoints({ ...anyEndpoint, health: 'paused' }, page)
    const stored = (await store.loadTenant(other))?.endpoints[0]
    assert.ok(stored !== undefined)
    const { health, pausedUntil, ...endpoint } = stored
    const status = { attempts: 2, lastAttemptAt: start + 9, lastAttemptSucceeded: false, lastOutcome, health }
    assert.deepEqual(rows, [{ endpoint, dialect: 'standard', status, pausedUntil }])
  })

  promise(
    'a search for endpoints reads a bounded number of them, and its pages have each match once',
    async (store) => {
      await store.createTenant(sampleTenant(other, { dialect: 'allo' }))
      // A key of the store for each of so many would take long.
      let lastKey = 1_000_000
      const newKey = (): EndpointKey => ++lastKey as EndpointKey
      const url = 'https://many.example/'
      const rare: StoredEndpoint[] = []
      for (let index = 0; index < 11; index++) {
        const tenant = `many-${index}` as TenantId
        await addTenants(store, tenant)
        if (index === 2 || index === 9) {
          const one = sampleEndpoint(newKey(), other, { url })
          assert.equal(await store.createEndpoints([one]), 'written')
          rare.unshift(one)
        }
        const batch = []
        for (let count = 0; count < 1000; count++) {
          batch.push(sampleEndpoint(newKey(), tenant, { url, enabled: count % 10 > 0, createdAt: start + index }))
        }
        assert.equal(await store.createEndpoints(batch), 'written')
      }
      for (const filter of [{ dialect: 'allo' }, { dialect: 'allo', text: 'many' }]) {
        const first = await store.listEndpoints({ ...anyEndpoint, ...filter }, page)
        assert.ok(first.next !== null && first.searchedTo !== null && first.searchedTo < start + 10)
        const seen = await allPages(
          100,
          (request) => store.listEndpoints({ ...anyEndpoint, ...filter }, request),
          async () => {
            await store.createTenant(sampleTenant(acme))
            await store.createEndpoints([sampleEndpoint(newKey(), acme, { url })])
          },
        )
        assert.deepEqual(
          seen.map(({ endpoint }) => endpoint.key),
          rare.map(({ key }) => key),
        )
      }
      const disabled = await allPages(250, (request) =>
        store.listEndpoints({ ...anyEndpoint, health: 'disabled' }, request),
      )
      assert.equal(new Set(disabled.map(({ endpoint }) => endpoint.key)).size, 1100)
    },
  )

  promise('a key is found by its id', async (store) => {
    await addTenants(store, acme)
    const key = sampleKey([acme], 'hash')
    await store.createKey(key)
    assert.deepEqual(await store.findKey(key.id), key)
    for (const id of ['none', '', '\0'] as ApiKeyId[]) assert.equal(await store.findKey(id), null)
  })
}

function finder(store: Store): (filter: Partial<EndpointFilter>) => Promise<string[]> {
  return async (filter) => {
    const found = await store.listEndpoints({ ...anyEndpoint, ...filter }, page)
    assert.deepEqual([found.next, found.searchedTo], [null, null])
    const one = await allPages(1, (request) => store.listEndpoints({ ...anyEndpoint, ...filter }, request))
    assert.deepEqual(one, found.rows)
    return found.rows.map(({ endpoint }) => endpoint.id)
  }
}
