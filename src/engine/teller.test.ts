// The changes of state that the engine finds, and those that it gives to the store.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRig, ok, type Rig, type RigOptions } from '../../test/support/engine-rig.ts'
import type { TestContext } from 'node:test'
import { hour } from '../domain/time.ts'
import { systemTenant } from '../domain/operational-events.ts'
import type { SendResult } from '../contracts/transport.ts'
import type { CommitBatch } from '../contracts/commit-store.ts'

const refused: SendResult = { outcome: { kind: 'rejected', status: 500, retryAfterMs: null }, response: '' }
const gone: SendResult = { outcome: { kind: 'rejected', status: 410, retryAfterMs: null }, response: '' }

/** A rig that records which changes the engine reports, and which it gives to the store. */
async function tellingRig(t: TestContext, options: RigOptions = {}) {
  const batches: CommitBatch[] = []
  const rig = await createRig(t, {
    ...options,
    wrapStore: (store) => ({
      ...store,
      async commit(batch) {
        batches.push(batch)
        return store.commit(batch)
      },
    }),
  })
  const reported: string[] = []
  rig.observer.changed = ({ type }) => void reported.push(type)
  return { rig, reported, given: () => batches.flatMap(({ tellings = [] }) => tellings.map(({ type }) => type)) }
}

async function listen(rig: Rig, eventTypes: readonly string[] = ['*']): Promise<void> {
  const now = rig.clock.now()
  await rig.store.createTenant({ id: systemTenant, dialect: 'standard', name: null, settings: {}, createdAt: now })
  await rig.addEndpoint('/operations', { tenant: systemTenant, eventTypes })
  rig.tenantCache.drop(systemTenant)
  await rig.tenantCache.load(systemTenant)
}

async function attempts(rig: Rig, count: number): Promise<void> {
  await rig.until(() => rig.sender.sent.length === count, `${count} attempts`)
  for (let turn = 0; turn < 20; turn++) await rig.clock.settle()
}

test('successes and further failures change nothing', async (t) => {
  const { rig, reported } = await tellingRig(t)
  await rig.addEndpoint('/a')
  rig.sender.respond = () => ok
  await rig.accept(20)
  await attempts(rig, 20)
  assert.deepEqual(reported, [])
  rig.sender.respond = () => refused
  await rig.accept(20)
  await attempts(rig, 40)
  await rig.until(() => reported.length > 0, 'the failure is reported')
  rig.sender.respond = () => ok
  await rig.clock.advance(hour)
  await rig.until(async () => (await rig.deliveries('delivered')).length === 40, 'all are delivered')
  assert.deepEqual(reported, ['endpoint.failing', 'endpoint.recovered'])
})

test('without an endpoint of the system tenant, the store gets no changes once that is known', async (t) => {
  const { rig, reported, given } = await tellingRig(t)
  await rig.addEndpoint('/a')
  await rig.addEndpoint('/b', { eventTypes: ['b'] })
  rig.sender.respond = () => gone
  await rig.accept(1)
  await rig.until(() => reported.length === 2, 'the endpoint is disabled')
  // The first change finds that there is no system tenant.
  assert.deepEqual(given(), ['delivery.exhausted', 'endpoint.disabled'])
  await rig.accept(1, { type: 'b' })
  await rig.until(() => reported.length === 4, 'the second endpoint is disabled')
  assert.deepEqual(reported.slice(2), ['delivery.exhausted', 'endpoint.disabled'])
  assert.equal(given().length, 2)

  await rig.addEndpoint('/c', { eventTypes: ['c'] })
  await listen(rig, ['node.lost', 'endpoint.disabled'])
  await rig.accept(1, { type: 'c' })
  await rig.until(() => reported.length === 6, 'the third endpoint is disabled')
  assert.deepEqual(given().slice(2), ['endpoint.disabled'])
})

test('failures of the endpoints of the system tenant are reported, and told to none of them', async (t) => {
  const { rig, reported, given } = await tellingRig(t)
  await rig.addEndpoint('/a')
  await listen(rig)
  rig.sender.respond = ({ url }) => (url.endsWith('/operations') ? gone : refused)
  await rig.accept(1)
  await rig.until(() => reported.includes('endpoint.disabled'), 'the endpoint of the system tenant is disabled')
  assert.deepEqual(reported, ['endpoint.failing', 'delivery.exhausted', 'endpoint.disabled'])
  assert.deepEqual(given(), ['endpoint.failing'])
})
