// Which events join the next commit. Everything else about commits: engine.test.ts, interruptions.test.ts, faults.test.ts.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRig, ok, type Rig, tenant } from '../../test/support/engine-rig.ts'
import type { CommitBatch } from '../contracts/commit-store.ts'
import { StoreUnavailable } from '../contracts/store.ts'
import type { EventId, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { Unavailable } from '../domain/unavailable.ts'
import { inTurns } from './in-turns.ts'

const endpoints = 50
/** With 50 deliveries each, more events than a commit takes. */
const events = 100

function operationsOf({ events: stored }: CommitBatch): number {
  return stored.reduce((sum, { deliveries }) => sum + 1 + deliveries.length, 0)
}

/** A rig whose commits the test sees before the database does. */
async function watched(
  t: Parameters<typeof createRig>[0],
  onCommit: (batch: CommitBatch) => Promise<void>,
): Promise<Rig> {
  const rig = await createRig(t, {
    wrapStore: (store) => ({
      ...store,
      async commit(batch) {
        await onCommit(batch)
        return store.commit(batch)
      },
    }),
  })
  rig.sender.respond = () => ok
  return rig
}

suite('a batch with more deliveries than a commit takes', () => {
  test('is stored in several commits', async (t) => {
    const sizes: number[] = []
    const rig = await watched(t, async (batch) => void (batch.events.length > 0 && sizes.push(operationsOf(batch))))
    for (let i = 0; i < endpoints; i++) await rig.addEndpoint(`/${i}`)
    const results = await rig.accept(events)
    assert.deepEqual(new Set(results.map(({ kind, count }) => `${kind} ${count}`)), new Set([`stored ${endpoints}`]))
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      events * (1 + endpoints),
    )
    assert.ok(sizes.length > 1 && sizes.every((size) => size <= limits.commitOperationsMax), sizes.join())
    await rig.until(async () => (await rig.store.countWaiting()) === 0, 'all deliveries are claimed')
  })

  test('is answered event by event if the database fails after the first commit', async (t) => {
    let commits = 0
    const rig = await watched(t, async (batch) => {
      if (batch.events.length > 0 && ++commits > 1) throw new StoreUnavailable('planted')
    })
    for (let i = 0; i < endpoints; i++) await rig.addEndpoint(`/${i}`)
    const kinds = (await rig.accept(events)).map(({ kind }) => kind)
    const stored = kinds.filter((kind) => kind === 'stored').length
    assert.ok(stored > 0 && stored < events)
    assert.deepEqual(kinds, [...Array(stored).fill('stored'), ...Array(events - stored).fill('unsettled')])
  })
})

test('a tenant fills half of the queue at most, and another tenant still finds room', async (t) => {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  const rig = await watched(t, () => opened)
  const other = 'other' as TenantId
  await rig.store.createTenant({ id: other, dialect: 'standard', name: null, settings: {}, createdAt: 0 })
  await rig.accept(0)
  const floods = Array.from({ length: 30 }, () =>
    rig.accept(1000).then(
      (results) => results.length,
      (error: unknown) => error,
    ),
  )
  const cached = await rig.tenantCache.load(other)
  assert.ok(cached !== null)
  const event = {
    id: 'evt' as EventId,
    tenant: other,
    type: 'a',
    data: '{}',
    attributes: null,
    occurredAt: 0,
    acceptedAt: 0,
  }
  const neighbour = rig.engine.accept([{ tenant: cached, event }])
  open()
  const ends = await Promise.all(floods)
  assert.equal((await neighbour)[0]?.kind, 'stored')
  const refused = ends.filter((end) => end instanceof Unavailable).length
  assert.ok(refused >= 30 - (limits.commitQueueMax / 2 / 1000 + 5) && refused < 30, `${refused} refused`)
})

suite('a node knows whether it can store events', () => {
  const unavailable = new StoreUnavailable('planted')
  /** A rig whose commits fail with `error` while it is not null. Its heartbeats succeed. */
  async function failing(t: Parameters<typeof createRig>[0]) {
    const state: { error: Error | null } = { error: null }
    const rig = await watched(t, async () => {
      if (state.error !== null) throw state.error
    })
    await rig.accept(1)
    const refused = (): Promise<unknown> => assert.rejects(rig.accept(1))
    return { rig, state, refused }
  }

  test('not while every commit fails, even if the probe succeeds', async (t) => {
    const { rig, state, refused } = await failing(t)
    assert.equal(rig.engine.canWrite, true)
    state.error = unavailable
    for (let wait: number = limits.storeRetryMs; wait < limits.storeRetryMsMax; wait *= 2) {
      await refused()
      assert.equal(rig.engine.canWrite, false)
      await rig.clock.advance(wait)
      await rig.until(() => rig.observed.storeChanges.at(-1) === true, 'the probe succeeds')
      assert.equal(rig.engine.canWrite, false)
    }
    state.error = null
    await rig.accept(1)
    assert.equal(rig.engine.canWrite, true)
  })

  test('again after a while if no event is posted', async (t) => {
    const { rig, state, refused } = await failing(t)
    state.error = unavailable
    await refused()
    assert.equal(rig.engine.canWrite, false)
    await rig.clock.advance(limits.writeFailureMs)
    await rig.until(() => rig.engine.canWrite, 'the node is ready')
  })

  test('not after several events in a row on which the database itself failed', async (t) => {
    const { rig, state, refused } = await failing(t)
    state.error = new Error('database disk image is malformed')
    for (let event = 1; event <= limits.faultsMax; event++) {
      assert.equal(rig.engine.canWrite, true)
      await refused()
    }
    assert.equal(rig.engine.canWrite, false)
  })
})

test('tenants take turns', () => {
  const [a, b] = [tenant, 'b' as TenantId]
  const items = [a, a, a, b, b].map((of, place) => ({ of, place }))
  assert.deepEqual(
    inTurns(items, ({ of }) => of).map(({ place }) => place),
    [0, 3, 1, 4, 2],
  )
})
