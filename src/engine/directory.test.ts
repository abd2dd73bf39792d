// What a tenant is read afresh for: opening all secrets for each change of one endpoint would hold up everybody's events.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRig, tenant } from '../../test/support/engine-rig.ts'
import { standard } from '../dialects/standard/wire.ts'

test('of a tenant that is read again only what has changed is opened', async (t) => {
  const rig = await createRig(t)
  const same = await rig.addEndpoint('/same')
  const changed = await rig.addEndpoint('/changed')
  const before = (await rig.directory.load(tenant))?.byKey

  const secrets = [{ ...changed.secrets[0], value: `whsec_${Buffer.alloc(24, 9).toString('base64')}` }]
  const rotated = { ...changed, secrets, updatedAt: changed.updatedAt + 1 } as typeof changed
  await rig.store.updateEndpoint(rig.directory.seal(rotated, standard), changed.updatedAt, null)
  rig.directory.drop(tenant)
  const after = (await rig.directory.load(tenant))?.byKey

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
