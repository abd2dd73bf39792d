// Replays of many customers at once: all complete, and a commit waits for at most one step of a replay.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { contextOf } from '../../test/support/context.ts'
import { createRig, type Rig, tenant } from '../../test/support/engine-rig.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import {
  type DeliveryId,
  type EndpointKey,
  type EventId,
  type Incarnation,
  type TenantId,
  uuidV7,
} from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { type Store, StoreUnavailable } from '../contracts/store.ts'
import type { RearmRequest } from '../contracts/history-store.ts'
import type { Context } from './context.ts'
import { replay } from './deliveries.ts'
import { Replays } from './replays.ts'
import { settingsOperator } from '../domain/operator-key.ts'

const operator = { kind: 'operator', key: settingsOperator, from: { clientAddress: '127.0.0.1' } } as const
const node = 1 as Incarnation
/** Deliveries per endpoint: a replay of so many takes three steps. */
const deliveries = 2 * limits.bulkStepRows + 1

type Step = ReturnType<Store['rearmDeliveries']>

/** A rig whose store calls `around` for each step of a replay. */
async function rigWith(
  t: TestContext,
  around: (step: () => Step, request: RearmRequest, store: Store) => Step,
): Promise<{ rig: Rig; context: Context }> {
  const rig = await createRig(t, {
    wrapStore: (store) => ({
      ...store,
      rearmDeliveries: (request) => around(() => store.rearmDeliveries(request), request, store),
    }),
  })
  return { rig, context: contextOf(rig) }
}

async function addEndpoints(rig: Rig, count: number): Promise<Endpoint[]> {
  const endpoints: Endpoint[] = []
  while (endpoints.length < count) endpoints.push(await rig.addEndpoint(`/${endpoints.length}`))
  return endpoints
}

/** Stores events whose deliveries have all failed. */
async function storeFailed({ store, clock }: Rig, endpoints: readonly Endpoint[]): Promise<void> {
  const now = clock.now()
  const version = (await store.loadTenant(tenant))?.version ?? -1
  for (const { key } of endpoints) {
    const events = Array.from({ length: deliveries }, (_, index) => {
      const id = `msg_${key}_${index}` as EventId
      const event = { id, tenant, type: 'a', data: '{}', attributes: null, occurredAt: now, acceptedAt: now }
      const delivery = { id: uuidV7(now, randomBytes) as DeliveryId, endpoint: key, leased: true }
      return { event, version, deliveries: [delivery] }
    })
    const moves = events.map(({ deliveries: [delivery] }) => {
      const move = { to: 'failed', reason: 'not retried' } as const
      return { delivery: delivery?.id as DeliveryId, endpoint: key, attempt: null, move, at: now }
    })
    await store.commit({ node, now, events, moves, summaries: [] })
  }
}

function replayOf(context: Context, { id }: Endpoint): ReturnType<typeof replay> {
  return replay(context, operator, tenant, id, { since: 0, until: context.clock.now() + 1 })
}

void test('replays take turns, one step each, and a commit runs between two steps', async (t) => {
  const steps: EndpointKey[] = []
  const ended: string[] = []
  const commits: Promise<unknown>[] = []
  let running = 0
  const { rig, context } = await rigWith(t, async (step, { endpoint }, store) => {
    steps.push(endpoint)
    assert.equal(++running, 1, 'only one step runs at a time')
    const taken = step()
    const commit = store.commit({ node, now: rig.clock.now(), events: [], moves: [], summaries: [] })
    commits.push(commit.then(() => ended.push('commit')))
    return taken.finally(() => {
      running -= 1
      ended.push('step')
    })
  })
  const endpoints = await addEndpoints(rig, 3)
  await storeFailed(rig, endpoints)
  const results = await Promise.all(endpoints.map((endpoint) => replayOf(context, endpoint)))
  await Promise.all(commits)
  assert.deepEqual(
    results,
    endpoints.map(() => ({ ok: true, value: deliveries })),
  )
  const round = endpoints.map(({ key }) => key)
  assert.deepEqual(steps, [...round, ...round, ...round])
  assert.deepEqual(
    ended,
    steps.flatMap(() => ['step', 'commit']),
  )
  assert.deepEqual(await rig.deliveries('failed'), [])
})

void test('replays of a tenant are bounded, with one per endpoint; a refused replay may be requested again', async (t) => {
  const gate = Promise.withResolvers<undefined>()
  const { rig, context } = await rigWith(t, async (step) => {
    await gate.promise
    return step()
  })
  const endpoints = await addEndpoints(rig, limits.replaysPerTenantMax + 1)
  const [first, ...others] = endpoints as [Endpoint, ...Endpoint[]]
  const last = others.pop() as Endpoint
  const running = [first, ...others].map((endpoint) => replayOf(context, endpoint))
  const again = await replayOf(context, first)
  assert.ok(!again.ok && again.problem.kind === 'conflict' && again.problem.code === 'replay_running')
  assert.deepEqual(await replayOf(context, last), {
    ok: false,
    problem: { kind: 'unavailable', retryAfterSeconds: limits.unavailableRetrySeconds },
  })
  gate.resolve(undefined)
  const nothing = { ok: true, value: 0 }
  assert.deepEqual(
    await Promise.all(running),
    running.map(() => nothing),
  )
  assert.deepEqual(await replayOf(context, first), nothing)
  assert.deepEqual(await replayOf(context, last), nothing)
})

void test('replays of all tenants together are bounded', async () => {
  const gate = Promise.withResolvers<undefined>()
  const replays = new Replays()
  const run = (key: number) => {
    const endpoint = { key: key as EndpointKey, tenant: `t${key % limits.replaysAtOnceMax}` as TenantId }
    return replays.run(endpoint, () => gate.promise.then(() => ({ count: 1, last: null })))
  }
  const running = Array.from({ length: limits.replaysAtOnceMax }, (_, key) => run(key))
  assert.equal((await run(limits.replaysAtOnceMax)).ok, false)
  gate.resolve(undefined)
  for (const result of await Promise.all(running)) assert.deepEqual(result, { ok: true, value: 1 })
  assert.equal((await run(limits.replaysAtOnceMax)).ok, true)
})

void test('a replay that the database fails ends, and the others continue', async (t) => {
  let failing: EndpointKey | null = null
  const { rig, context } = await rigWith(t, (step, { endpoint, after }) =>
    endpoint === failing && after !== null ? Promise.reject(new StoreUnavailable('unavailable')) : step(),
  )
  const [one, other] = (await addEndpoints(rig, 2)) as [Endpoint, Endpoint]
  await storeFailed(rig, [one, other])
  failing = one.key
  const [failed, done] = await Promise.allSettled([replayOf(context, one), replayOf(context, other)])
  assert.ok(failed.status === 'rejected' && failed.reason instanceof StoreUnavailable)
  assert.deepEqual(done, { status: 'fulfilled', value: { ok: true, value: deliveries } })
  failing = null
  assert.deepEqual(await replayOf(context, one), { ok: true, value: deliveries - limits.bulkStepRows })
})
