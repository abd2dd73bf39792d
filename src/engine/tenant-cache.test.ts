// Cached endpoints when their tenant is read again. Unchanged endpoints are reused, because opening all secrets for
// each change of one endpoint would delay the events of every tenant. Outcomes of attempts in flight count for the
// endpoint as it is now.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRig, failed, ok, type Rig, tenant } from '../../test/support/engine-rig.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import { day } from '../domain/time.ts'

test('a tenant that is read again opens only its changed endpoints', async (t) => {
  const rig = await createRig(t)
  const same = await rig.addEndpoint('/same')
  const changed = await rig.addEndpoint('/changed')
  const before = (await rig.tenantCache.load(tenant))?.byKey

  const secrets = [{ ...changed.secrets[0], value: `whsec_${Buffer.alloc(24, 9).toString('base64')}` }]
  const rotated = { ...changed, secrets, updatedAt: changed.updatedAt + 1 } as typeof changed
  await rig.store.updateEndpoint(rig.seals.storedEndpoint(rotated, 'standard', null), changed.updatedAt)
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

suite('an attempt in flight', () => {
  /** An endpoint that failed six days ago, with its next attempt in flight. */
  async function failing(rig: Rig): Promise<Endpoint> {
    const endpoint = await rig.addEndpoint('/a')
    rig.sender.respond = () => failed
    await rig.accept(1)
    await rig.until(
      async () => (await rig.store.endpointStatus(endpoint.key)).health !== null,
      'the failure is recorded',
    )
    rig.sender.respond = null
    rig.sender.sent.length = 0
    rig.clock.set(rig.clock.now() + 6 * day)
    await rig.accept(1)
    await rig.until(() => rig.sender.sent.length === 1, 'the next attempt is sent')
    return endpoint
  }

  test('that succeeds resets the health, even if the tenant was read again meanwhile', async (t) => {
    const rig = await createRig(t)
    const { key } = await failing(rig)
    await rig.addEndpoint('/b', { enabled: false })
    await rig.tenantCache.load(tenant)
    rig.sender.respond = () => ok
    rig.sender.sent.pop()?.answer(ok)
    await rig.until(async () => (await rig.store.endpointStatus(key)).health === null, 'the health is reset')

    rig.sender.respond = () => failed
    await rig.accept(1)
    await rig.until(async () => (await rig.store.endpointStatus(key)).health !== null, 'the second failure is recorded')
    assert.equal((await rig.store.loadTenant(tenant))?.endpoints.find((row) => row.key === key)?.enabled, true)
  })

  test('that fails does not count for an endpoint that was disabled and enabled again meanwhile', async (t) => {
    const rig = await createRig(t)
    const endpoint = await failing(rig)
    const disabled = { ...endpoint, enabled: false, disabledReason: 'requested', updatedAt: rig.clock.now() } as const
    const enabled = { ...endpoint, updatedAt: disabled.updatedAt + 1 }
    for (const { before, after } of [
      { before: endpoint, after: disabled },
      { before: disabled, after: enabled },
    ]) {
      await rig.store.updateEndpoint(rig.seals.storedEndpoint(after, 'standard', null), before.updatedAt)
      rig.engine.endpointChanged(tenant, null)
    }
    rig.sender.sent.pop()?.answer(failed)
    await rig.until(async () => (await rig.store.endpointStatus(endpoint.key)).attempts >= 2, 'the outcome is recorded')
    const [row] = (await rig.store.loadTenant(tenant))?.endpoints ?? []
    assert.equal(row?.enabled, true)
    assert.equal(row.health, null)
  })
})
