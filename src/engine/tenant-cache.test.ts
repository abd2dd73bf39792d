// What becomes of endpoints in memory when their tenant is read again: opening all secrets for each change of one of them
// would hold up everybody's events, and outcomes of attempts under way belong to what the endpoint is now.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRig, failed, ok, type Rig, tenant } from '../../test/support/engine-rig.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import { day } from '../domain/time.ts'
import { storedEndpoint } from '../vault/endpoint-seals.ts'

test('of a tenant that is read again only what has changed is opened', async (t) => {
  const rig = await createRig(t)
  const same = await rig.addEndpoint('/same')
  const changed = await rig.addEndpoint('/changed')
  const before = (await rig.tenantCache.load(tenant))?.byKey

  const secrets = [{ ...changed.secrets[0], value: `whsec_${Buffer.alloc(24, 9).toString('base64')}` }]
  const rotated = { ...changed, secrets, updatedAt: changed.updatedAt + 1 } as typeof changed
  await rig.store.updateEndpoint(storedEndpoint(rig.vault, rotated, null), changed.updatedAt)
  rig.tenantCache.drop(tenant)
  const after = (await rig.tenantCache.load(tenant))?.byKey

  assert.ok(before?.get(same.key) !== undefined)
  assert.equal(after?.get(same.key)?.endpoint, before.get(same.key)?.endpoint, 'the same object')
  assert.deepEqual(after?.get(changed.key)?.endpoint, rotated)
  assert.notDeepEqual(
    after
      ?.get(changed.key)
      ?.signingKeys(0)
      .map((key) => key.export()),
    before
      .get(changed.key)
      ?.signingKeys(0)
      .map((key) => key.export()),
  )
})

suite('an attempt under way', () => {
  /** An endpoint that failed six days ago, with its next attempt in flight. */
  async function failing(rig: Rig): Promise<Endpoint> {
    const endpoint = await rig.addEndpoint('/a')
    rig.sender.respond = () => failed
    await rig.accept(1)
    await rig.until(async () => (await rig.store.endpointStatus(endpoint.key)).health !== null, 'it has failed')
    rig.sender.respond = null
    rig.sender.sent.length = 0
    rig.clock.set(rig.clock.now() + 6 * day)
    await rig.accept(1)
    await rig.until(() => rig.sender.sent.length === 1, 'it is tried again')
    return endpoint
  }

  test('that ends well counts, though its tenant was read again meanwhile', async (t) => {
    const rig = await createRig(t)
    const { key } = await failing(rig)
    await rig.addEndpoint('/b', { enabled: false })
    await rig.tenantCache.load(tenant)
    rig.sender.respond = () => ok
    rig.sender.sent.pop()?.answer(ok)
    await rig.until(async () => (await rig.store.endpointStatus(key)).health === null, 'it is well')

    rig.sender.respond = () => failed
    await rig.accept(1)
    await rig.until(async () => (await rig.store.endpointStatus(key)).health !== null, 'it has failed once more')
    assert.equal((await rig.store.loadTenant(tenant))?.endpoints.find((row) => row.key === key)?.enabled, true)
  })

  test('says nothing of an endpoint that was switched off and on again meanwhile', async (t) => {
    const rig = await createRig(t)
    const endpoint = await failing(rig)
    const off = { ...endpoint, enabled: false, disabledReason: 'requested', updatedAt: rig.clock.now() } as const
    const on = { ...endpoint, updatedAt: off.updatedAt + 1 }
    for (const [after, before] of [
      [off, endpoint],
      [on, off],
    ] as const) {
      await rig.store.updateEndpoint(storedEndpoint(rig.vault, after, null), before.updatedAt)
      rig.engine.endpointChanged(tenant, null)
    }
    rig.sender.sent.pop()?.answer(failed)
    await rig.until(async () => (await rig.store.endpointStatus(endpoint.key)).attempts >= 2, 'it is recorded')
    const [row] = (await rig.store.loadTenant(tenant))?.endpoints ?? []
    assert.deepEqual([row?.enabled, row?.health], [true, null])
  })
})
