// The steps of replays on one node: turns, failures, and a clock that is set back.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { createRig, ok, type Rig, type RigOptions, tenant } from '../../test/support/engine-rig.ts'
import type { Replay } from '../domain/replay.ts'
import { type DeliveryId, type EventId, type Incarnation, type ReplayId, uuidV7 } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { hour } from '../domain/time.ts'
import { type Store, StoreUnavailable } from '../contracts/store.ts'
import type { ReplayStep } from '../contracts/replay-store.ts'
import type { Endpoint } from '../domain/endpoint.ts'

/** A rig with two endpoints, each with `count` failed deliveries. */
async function rigWithFailures(
  t: TestContext,
  count: number,
  options: RigOptions = {},
): Promise<{ rig: Rig; endpoints: Endpoint[] }> {
  const rig = await createRig(t, options)
  rig.sender.respond = () => ok
  const endpoints = [await rig.addEndpoint('/0'), await rig.addEndpoint('/1')]
  const now = rig.clock.now()
  const version = (await rig.store.loadTenant(tenant))?.version ?? -1
  const events = Array.from({ length: count }, (_, index) => {
    const id = `msg_${index}` as EventId
    const event = { id, tenant, type: 'a', data: '{}', attributes: null, occurredAt: now, acceptedAt: now }
    const deliveries = endpoints.map(({ key }) => {
      return { id: uuidV7(now, randomBytes) as DeliveryId, endpoint: key, leased: true }
    })
    return { event, version, deliveries }
  })
  const move = { to: 'failed', reason: 'not retried' } as const
  const moves = events.flatMap(({ deliveries }) =>
    deliveries.map(({ id, endpoint }) => ({ delivery: id, endpoint, attempt: null, move, at: now })),
  )
  await rig.store.commit({ node: 1 as Incarnation, now, events, moves, summaries: [] })
  await rig.clock.advance(1000)
  return { rig, endpoints }
}

let serial = 0

async function start({ store, clock, engine }: Rig, endpoint: Endpoint | null, rate: number): Promise<ReplayId> {
  const now = clock.now()
  const replay: Replay = {
    id: `rpl_${++serial}` as ReplayId,
    tenant,
    filter: {
      endpoint: endpoint && { key: endpoint.key, id: endpoint.id },
      statuses: ['failed'],
      eventType: null,
      outcome: null,
      from: 0,
      to: now,
    },
    missing: false,
    state: 'running',
    count: { total: 0, isExact: false, done: 0, skipped: 0 },
    endpoints: [],
    rate,
    createdAt: now,
    startedAt: now,
    endedAt: null,
    expiresAt: null,
    error: null,
  }
  await store.createReplay({ replay, asked: replay.id })
  engine.replaySoon()
  return replay.id
}

const isDone = (rig: Rig, id: ReplayId) => async () => (await rig.store.findReplay(id))?.state === 'done'

/** For `wrapStore`: `around` is called for each step. */
function aroundSteps(around: (step: ReplayStep) => void): (store: Store) => Store {
  return (store) => ({
    ...store,
    async replayStep(step) {
      around(step)
      return store.replayStep(step)
    },
  })
}

test('two replays take turns, one step each, and both keep their rates', async (t) => {
  const steps: ReplayId[] = []
  const { rig, endpoints } = await rigWithFailures(t, 6, { wrapStore: aroundSteps(({ replay }) => steps.push(replay)) })
  const ids = [await start(rig, endpoints[0] ?? null, 4), await start(rig, endpoints[1] ?? null, 2)]
  await rig.until(() => rig.sender.sent.length === 2, 'each has sent its first delivery')
  for (let quarter = 0; quarter < 4; quarter++) {
    await rig.clock.advance(250)
    await rig.until(async () => (await rig.deliveries('pending')).length === 0, 'the deliveries have ended')
  }
  const sentTo = (path: string): number => rig.sender.sent.filter(({ request }) => request.url.endsWith(path)).length
  assert.ok(sentTo('/0') <= 5 && sentTo('/1') <= 3, 'at most the rate of a second, after the first one')
  const advance = async (): Promise<boolean> => {
    await rig.clock.advance(250)
    return (await isDone(rig, ids[0] as ReplayId)()) && isDone(rig, ids[1] as ReplayId)()
  }
  await rig.until(advance, 'both are done')
  await rig.until(() => rig.sender.sent.length === 12, 'all are sent')
  const firstOfOther = steps.indexOf(ids[1] as ReplayId)
  assert.ok(firstOfOther >= 0 && firstOfOther < steps.lastIndexOf(ids[0] as ReplayId))
})

test('a step on which our own code throws fails its replay, and no other one', async (t) => {
  const ended: Replay[] = []
  let broken: ReplayId | null = null
  const { rig, endpoints } = await rigWithFailures(t, 2, {
    wrapStore: aroundSteps(({ replay }) => {
      if (replay === broken) throw new TypeError('planted')
    }),
  })
  rig.observer.replayEnded = (replay) => ended.push(replay)
  const [endpoint = null] = endpoints
  const other = await start(rig, endpoint, 1)
  broken = await start(rig, null, 1)
  const advance = async (): Promise<boolean> => {
    await rig.clock.advance(250)
    return ended.length === 2
  }
  await rig.until(advance, 'both have ended')
  const states = new Map(ended.map(({ id, state }) => [id, state]))
  assert.deepEqual([states.get(broken), states.get(other), states.size], ['failed', 'done', 2])
  assert.match((await rig.store.findReplay(broken))?.error ?? '', /internal error/)
  assert.match(rig.observed.failures.join(), /planted/)
})

test('a replay waits while the database is away, and continues', async (t) => {
  let isAway = false
  const { rig } = await rigWithFailures(t, 3, {
    wrapStore: aroundSteps(() => {
      if (isAway) throw new StoreUnavailable('planted')
    }),
  })
  isAway = true
  const id = await start(rig, null, 1000)
  await rig.until(() => rig.observed.failures.length > 0, 'a step has failed')
  isAway = false
  await rig.clock.advance(limits.replayAgainMs)
  await rig.until(isDone(rig, id), 'it is done')
  await rig.until(() => rig.sender.sent.length === 6, 'all are sent')
})

test('a clock that is set back does not delay a replay', async (t) => {
  const { rig } = await rigWithFailures(t, 3)
  const id = await start(rig, null, 1)
  await rig.until(() => rig.sender.sent.length === 1, 'it has begun')
  rig.clock.set(rig.clock.now() - hour)
  const advance = async (): Promise<boolean> => {
    await rig.clock.advance(1000)
    return isDone(rig, id)()
  }
  let seconds = 0
  await rig.until(() => (seconds++, advance()), 'it is done')
  // Not an hour. Each turn of the wait advances the clock, also while a step is under way.
  assert.ok(seconds < 600, `it took ${seconds} s`)
})

test('a replay goes on after a crash', async (t) => {
  const { rig } = await rigWithFailures(t, 5)
  const id = await start(rig, null, 2)
  await rig.until(() => rig.sender.sent.length === 1, 'it has begun')
  await rig.until(async () => (await rig.deliveries('pending')).length === 0, 'the first one has ended')
  await rig.crashAndRestart()
  const advance = async (): Promise<boolean> => {
    await rig.clock.advance(500)
    return isDone(rig, id)()
  }
  await rig.until(advance, 'it is done')
  await rig.until(() => rig.sender.sent.length === 9, 'the rest is sent')
  await rig.until(async () => (await rig.deliveries('delivered')).length === 10, 'all attempts are recorded')
  const attempts = new Set((await rig.deliveries()).map((delivery) => delivery.attempts))
  assert.equal(attempts.size, 1, 'each is sent once')
})
