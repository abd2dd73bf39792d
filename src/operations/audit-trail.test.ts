// Reads of secrets and refused attempts: few records for many of them, none lost at a stop, and bounds while the database
// is away.

import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { randomBytes } from 'node:crypto'
import { createRig, tenant } from '../../test/support/engine-rig.ts'
import type { AuditRecord } from '../domain/audit.ts'
import type { EndpointId, EndpointKey, OperatorKeyId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { settingsOperator } from '../domain/operator-key.ts'
import type { Principal } from '../domain/principal.ts'
import { minute } from '../domain/time.ts'
import { Unavailable } from '../domain/unavailable.ts'
import { StoreUnavailable } from '../contracts/store.ts'
import { AuditTrail } from './audit-trail.ts'

const from = { clientAddress: '192.0.2.1' }
const operator: Principal = { kind: 'operator', key: settingsOperator, from }

async function start(t: TestContext) {
  const rig = await createRig(t)
  const [endpoint, other] = [await rig.addEndpoint('/one'), await rig.addEndpoint('/two')]
  const failures: string[] = []
  const state = { isAway: false, writes: 0 }
  const trail = new AuditTrail({
    store: {
      recordAudit(records) {
        state.writes += records.length
        return state.isAway ? Promise.reject(new StoreUnavailable('away')) : rig.store.recordAudit(records)
      },
    },
    clock: rig.clock,
    randomBytes,
    failed: (what) => failures.push(what),
  })
  const all = async (): Promise<readonly AuditRecord[]> => {
    const everything = { tenant: null, actor: null, action: null, object: null, from: null, to: null }
    return (await rig.store.listAudit(everything, { limit: 100_000, after: null })).rows
  }
  const counts = async () => (await all()).map(({ object, count }) => [object, count])
  const until = (holds: () => boolean | Promise<boolean>, what: string): Promise<void> =>
    rig.until(async () => {
      await rig.clock.advance(limits.auditStoreMs / 10)
      return holds()
    }, what)
  return { rig, endpoint, other, trail, state, failures, all, counts, until }
}

suite('reads of secrets', () => {
  test('of a minute are one record, which is written twice', async (t) => {
    const { rig, endpoint, other, trail, state, counts, until } = await start(t)
    for (let read = 0; read < 1000; read++) trail.secretRead(operator, tenant, endpoint)
    trail.secretRead(operator, tenant, other)
    trail.secretRead(operator, tenant, null)
    await until(async () => (await counts()).length === 3, 'the records are stored')
    for (let read = 0; read < 500; read++) trail.secretRead(operator, tenant, endpoint)
    await rig.clock.advance(minute)
    await until(
      async () => (await counts()).some(([object, count]) => object === endpoint.id && count === 1500),
      'the last count is stored',
    )
    assert.equal(state.writes, 4)
    trail.secretRead(operator, tenant, endpoint)
    await trail.stop()
    assert.deepEqual(
      (await counts()).filter(([object]) => object === endpoint.id).map(([, count]) => count),
      [1, 1500],
    )
  })

  test('that are not stored yet are stored at the stop', async (t) => {
    const { endpoint, trail, counts } = await start(t)
    trail.secretRead(operator, tenant, endpoint)
    trail.secretRead(operator, tenant, endpoint)
    await trail.stop()
    assert.deepEqual(await counts(), [[endpoint.id, 2]])
  })

  test('wait for a database that is away, and are refused when too many wait', async (t) => {
    const { endpoint, trail, state, failures, counts, until } = await start(t)
    state.isAway = true
    let count = 0
    const read = (): void => {
      trail.assertRoom()
      const key = (1000 + count) as EndpointKey
      trail.secretRead(operator, tenant, { ...endpoint, key, id: `ep_${key}` as EndpointId })
      count += 1
    }
    for (let number = 0; number < limits.auditWaitingMax; number++) read()
    assert.throws(() => {
      for (let number = 0; number <= limits.auditEntriesMax; number++) read()
    }, Unavailable)
    await until(() => failures.length > 0, 'the failure is reported')
    state.isAway = false
    await trail.stop()
    trail.assertRoom()
    assert.equal((await counts()).length, count)
  })
})

test('refused attempts past a bound are one record for known callers, and one for others', async (t) => {
  const { trail, all } = await start(t)
  const attempt = { action: 'tenant.delete', refused: 'forbidden', object: 'x'.repeat(9999), tenant } as const
  for (let number = 0; number < 1000; number++) {
    const caller = { kind: 'operator', key: { ...settingsOperator, id: `opk_${number}` as OperatorKeyId } } as const
    trail.refused({ ...attempt, caller: operator, from: { clientAddress: `198.51.100.${number}` } })
    trail.refused({ ...attempt, caller, from })
    trail.refused({ ...attempt, caller: null, from })
    trail.refused({ ...attempt, caller: null, from: { clientAddress: `198.51.100.${number}` } })
  }
  await trail.stop()
  const records = await all()
  const several = records.filter(({ action }) => action === 'several.attempts')
  const single = records.filter(({ action }) => action === 'tenant.delete')
  assert.deepEqual(
    several.map(({ count }) => count),
    [1001 - limits.auditRefusalsMax, 1001 - limits.auditRefusalsMax],
  )
  assert.equal(single.length, 2 * limits.auditRefusalsMax)
  for (const [kind, id, address] of [
    ['operator', 'settings', '198.51.100.0'],
    ['unknown', null, from.clientAddress],
  ] as const) {
    const found = single.find(
      ({ actor, address: first }) => actor.kind === kind && actor.id === id && first === address,
    )
    assert.deepEqual([found?.count, found?.object?.length], [1000, limits.auditTextCharsMax + 1])
  }
})
