// A change whose call fails may have taken effect. The caches drop it, whether the call succeeds or fails.

import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { contextOf } from '../../test/support/context.ts'
import { createRig, ok, type Rig, tenant } from '../../test/support/engine-rig.ts'
import { type Store, StoreUnavailable } from '../contracts/store.ts'
import { createApiKey, revokeApiKey } from './api-keys.ts'
import { changeEndpoint } from './change-endpoint.ts'
import { deleteEndpoint } from './endpoints.ts'
import { hashApiKey } from './key-cache.ts'
import { changeTenant } from './tenants.ts'
import { settingsOperator } from '../domain/operator-key.ts'

const operator = { kind: 'operator', key: settingsOperator, from: { clientAddress: '127.0.0.1' } } as const

/** A rig whose database fails after each call of this name has taken effect. */
function rigThatLoses(t: TestContext, call: 'updateEndpoint' | 'deleteEndpoint' | 'updateTenant' | 'revokeKey') {
  return createRig(t, {
    wrapStore: (store): Store => ({
      ...store,
      [call]: async (...args: unknown[]) => {
        const write = store[call] as (...args: unknown[]) => Promise<unknown>
        await write(...args)
        throw new StoreUnavailable('SQLite: disk I/O error', { outcomeUnknown: true })
      },
    }),
  })
}

/** Where an event of the tenant is sent. */
async function sentTo(rig: Rig): Promise<string[]> {
  rig.sender.sent.length = 0
  rig.sender.respond = () => ok
  const [accepted] = await rig.accept(1)
  await rig.until(() => rig.sender.sent.length === accepted?.count, 'every delivery is sent')
  return rig.sender.sent.map(({ request }) => new URL(request.url).pathname)
}

suite('a change whose answer was lost', () => {
  test('of a URL applies to the next event', async (t) => {
    const rig = await rigThatLoses(t, 'updateEndpoint')
    const { id } = await rig.addEndpoint('/old')
    assert.deepEqual(await sentTo(rig), ['/old'])
    const change = changeEndpoint(contextOf(rig), operator, tenant, id, { url: 'https://receiver.example/new' })
    await assert.rejects(change, StoreUnavailable)
    assert.deepEqual(await sentTo(rig), ['/new'])
  })

  test('that deletes an endpoint applies to the next event', async (t) => {
    const rig = await rigThatLoses(t, 'deleteEndpoint')
    const { id } = await rig.addEndpoint('/old')
    assert.deepEqual(await sentTo(rig), ['/old'])
    await assert.rejects(deleteEndpoint(contextOf(rig), operator, tenant, id), StoreUnavailable)
    assert.deepEqual(await sentTo(rig), [])
  })

  test('of a tenant shows at once', async (t) => {
    const rig = await rigThatLoses(t, 'updateTenant')
    await rig.tenantCache.load(tenant)
    await assert.rejects(changeTenant(contextOf(rig), operator, tenant, { name: 'Renamed' }), StoreUnavailable)
    assert.equal((await rig.tenantCache.load(tenant))?.tenant.name, 'Renamed')
  })

  test('that revokes an API key refuses the key at once', async (t) => {
    const rig = await rigThatLoses(t, 'revokeKey')
    const context = contextOf(rig)
    const created = await createApiKey(context, operator, { tenants: [tenant] })
    assert.ok(created.ok)
    const { apiKey, text } = created.value
    assert.ok((await context.keyCache.authenticate('standard', hashApiKey(text))).ok)
    await assert.rejects(revokeApiKey(context, operator, apiKey.id), StoreUnavailable)
    assert.ok(!(await context.keyCache.authenticate('standard', hashApiKey(text))).ok)
  })
})
