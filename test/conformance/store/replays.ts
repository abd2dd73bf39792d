// Replays as jobs: frozen filters, counts, bounded steps that are taken once, and their end.

import assert from 'node:assert/strict'
import type { Move } from '../../../src/contracts/commit-store.ts'
import type { ReplayResult, ReplayStep, ReplayUnderWay, WantedDelivery } from '../../../src/contracts/replay-store.ts'
import type { Store } from '../../../src/contracts/store.ts'
import type { StoredEndpoint } from '../../../src/contracts/account-store.ts'
import type { DeliveryId, Incarnation, ReplayId } from '../../../src/domain/ids.ts'
import { limits } from '../../../src/domain/limits.ts'
import type { Replay } from '../../../src/domain/replay.ts'
import { acme, deliveryId, newEvent, other, sampleAttempt, sampleAudit, sampleErasure, sampleEvent } from './samples.ts'
import { sampleMove, start } from './samples.ts'
import {
  accept,
  addEndpoint,
  allPages,
  type Case,
  claimOne,
  commit,
  delivery,
  eraseAll,
  nodeAndEndpoint,
} from './steps.ts'
import { pruneAll } from './steps.ts'

const failed: Move = { to: 'failed', reason: 'not retried' }
const page = { limit: 50, after: null }
const rowsMax = 3

let serial = 0

export function sampleReplay(at: number, change: Partial<Replay> = {}): Replay {
  const createdAt = start + at
  const { state = 'running' } = change
  return {
    id: `rpl_${String(++serial).padStart(6, '0')}` as ReplayId,
    tenant: acme,
    filter: { endpoint: null, statuses: ['failed'], eventType: null, outcome: null, from: start, to: createdAt },
    missing: false,
    state,
    count: { total: 0, isExact: false, done: 0, skipped: 0 },
    endpoints: [],
    rate: 1000,
    createdAt,
    startedAt: state === 'running' ? createdAt : null,
    endedAt: null,
    expiresAt: state === 'preview' ? createdAt + limits.replayPreviewMs : null,
    error: null,
    ...change,
  }
}

function filterOf(at: number, change: Partial<Replay['filter']>): Pick<Replay, 'filter'> {
  return { filter: { ...sampleReplay(at).filter, ...change } }
}

async function create(store: Store, replay: Replay, asked: string = replay.id): Promise<Replay> {
  const result = await store.createReplay({ replay, asked })
  assert.deepEqual(result, { kind: 'written', replay })
  return replay
}

async function underWay(store: Store, { id }: Replay): Promise<ReplayUnderWay | undefined> {
  return (await store.replaysUnderWay(100)).find(({ replay }) => replay.id === id)
}

/** Runs steps while `until` is not fulfilled and steps are left. Returns the number of steps. */
async function run(
  store: Store,
  replay: Replay,
  now: number,
  options: { readonly until?: (replay: Replay) => boolean; readonly missing?: ReplayStep['missing'] } = {},
): Promise<number> {
  for (let steps = 0; ; steps++) {
    const before = await underWay(store, replay)
    if (before === undefined || options.until?.(before.replay) === true) return steps
    const { missing = null } = options
    const taken = await store.replayStep({ replay: replay.id, step: before.step, now, rowsMax, missing })
    assert.ok(taken !== null, 'the step was taken')
    assert.ok(steps < 1000, 'the replay does not end')
  }
}

const isCounted = ({ count }: Replay): boolean => count.isExact

async function replayOf(store: Store, { id }: Replay): Promise<Replay> {
  return (await store.findReplay(id)) ?? assert.fail(`there is no replay ${id}`)
}

/** A delivery that ended at `at`, after an attempt. */
async function ended(
  store: Store,
  node: Incarnation,
  endpoint: StoredEndpoint,
  at: number,
  move: Move = failed,
  change: { readonly type?: string; readonly outcome?: ReturnType<typeof sampleAttempt>['outcome'] } = {},
): Promise<DeliveryId> {
  const { type = 'invoice.paid', outcome } = change
  const [id] = await accept(store, node, endpoint, at, { leased: true, event: { type } })
  const attempt = sampleAttempt(1, at, outcome === undefined ? {} : { outcome })
  await commit(store, node, at, { moves: [sampleMove(id, endpoint.key, move, at, attempt)] })
  return id
}

export function replayCases(promise: Case): void {
  promise('a replay is counted first, and then sends each matching delivery once', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const second = await addEndpoint(store)
    const ids: DeliveryId[] = []
    for (let at = 0; at < 10; at++) ids.push(await ended(store, node, at % 3 === 0 ? second : endpoint, at))
    await ended(store, node, endpoint, 5, { to: 'delivered' })
    const replay = await create(store, sampleReplay(100))
    assert.ok((await run(store, replay, start + 200, { until: isCounted })) > 2, 'the steps are bounded')
    const counted = await replayOf(store, replay)
    assert.deepEqual(counted.count, { total: 10, isExact: true, done: 0, skipped: 0 })
    assert.deepEqual(counted.endpoints, [
      { key, id: endpoint.id, count: 6 },
      { key: second.key, id: second.id, count: 4 },
    ])
    assert.equal(await store.countWaiting(), 0)
    await run(store, replay, start + 300)
    assert.partialDeepStrictEqual(await replayOf(store, replay), {
      state: 'done',
      endedAt: start + 300,
      count: { total: 10, isExact: true, done: 10, skipped: 0 },
    })
    assert.deepEqual(await store.replaysUnderWay(9), [])
    const claimed = [
      ...(await claimOne(store, node, 300, key, 99)),
      ...(await claimOne(store, node, 300, second.key, 99)),
    ]
    assert.deepEqual(claimed.toSorted(), ids.toSorted())
  })

  promise('the filter of a replay is frozen, and chooses by each of its conditions', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const second = await addEndpoint(store)
    const timedOut = { kind: 'timedOut', phase: 'headers' } as const
    await ended(store, node, endpoint, 10)
    await ended(store, node, endpoint, 20, failed, { type: 'call.ended' })
    await ended(store, node, endpoint, 30, failed, { outcome: timedOut })
    await ended(store, node, endpoint, 40, { to: 'delivered' }, { outcome: { kind: 'delivered', status: 200 } })
    await ended(store, node, second, 50)
    // Accepted before the replay, ended after it.
    const [late] = await accept(store, node, endpoint, 60, { leased: true })
    await commit(store, node, 200, { moves: [sampleMove(late, key, failed, 200)] })
    const count = async (change: Partial<Replay['filter']>): Promise<number> => {
      const replay = await create(store, sampleReplay(100, filterOf(100, change)))
      await run(store, replay, start + 300, { until: isCounted })
      await store.cancelReplay(replay.id, start + 300)
      return (await replayOf(store, replay)).count.total
    }
    assert.equal(await count({}), 4)
    assert.equal(await count({ eventType: 'call.ended' }), 1)
    assert.equal(await count({ outcome: 'timedOut' }), 1)
    assert.equal(await count({ outcome: 'unreachable' }), 0)
    assert.equal(await count({ statuses: ['failed', 'delivered'] }), 5)
    assert.equal(await count({ endpoint: { key: second.key, id: second.id } }), 1)
    assert.equal(await count({ from: start + 20, to: start + 30 }), 1)
  })

  promise('deliveries that cannot be sent are skipped and counted', async (store) => {
    const { node, endpoint } = await nodeAndEndpoint(store)
    const off = await addEndpoint(store)
    await ended(store, node, endpoint, 10)
    const erased = sampleEvent(acme, 11)
    const posted = newEvent(erased, [endpoint.key], true)
    await commit(store, node, 11, { events: [posted] })
    await commit(store, node, 11, { moves: [sampleMove(posted.deliveries[0]!.id, endpoint.key, failed, 11)] })
    await store.erasePayload(acme, erased.id, sampleErasure(12))
    await ended(store, node, off, 13)
    await store.updateEndpoint({ ...off, enabled: false, updatedAt: start + 14 }, off.updatedAt)
    const gone = await addEndpoint(store)
    await ended(store, node, gone, 15)
    await store.deleteEndpoint(acme, gone.key, start + 16)
    const [held] = await accept(store, node, endpoint, 17, { leased: true })
    const replay = await create(store, sampleReplay(100, filterOf(100, { statuses: ['failed', 'pending'] })))
    await run(store, replay, start + 200)
    assert.deepEqual((await replayOf(store, replay)).count, { total: 4, isExact: true, done: 1, skipped: 3 })
    assert.equal((await delivery(store, held)).dueAt, start + 17)
  })

  promise(
    'a step is taken once, at the rate of the replay, and goes on after the database is opened again',
    async (store, harness) => {
      const { node, endpoint, key } = await nodeAndEndpoint(store)
      for (let at = 0; at < 5; at++) await ended(store, node, endpoint, at)
      const replay = await create(store, sampleReplay(100, { rate: 2 }))
      await run(store, replay, start + 200, { until: isCounted })
      const { step } = (await underWay(store, replay)) as ReplayUnderWay
      const asked = { replay: replay.id, step, now: start + 300, rowsMax, missing: null }
      const taken = await Promise.all([store.replayStep(asked), store.replayStep(asked)])
      assert.equal(taken.filter((one) => one !== null).length, 1)
      const after = await harness.reopen()
      const { replay: shown, dueAt, step: next } = (await underWay(after, replay)) as ReplayUnderWay
      assert.equal(shown.count.done, 1)
      assert.equal(dueAt, start + 800)
      assert.equal(await after.replayStep(asked), null, 'a step of another node is not taken again')
      assert.notEqual(await after.replayStep({ ...asked, step: next }), null)
      assert.equal(await after.countWaiting(), 2)
      const again = await after.join(start + 400)
      assert.equal((await claimOne(after, again, 400, key, 9)).length, 2)
    },
  )

  promise('a preview waits, is started once, and expires', async (store) => {
    const { node, endpoint } = await nodeAndEndpoint(store)
    await ended(store, node, endpoint, 10)
    const audit = [sampleAudit(1, { action: 'replay.start', object: 'rpl' })]
    const replay = await create(store, sampleReplay(100, { state: 'preview' }))
    await run(store, replay, start + 200)
    assert.partialDeepStrictEqual(await replayOf(store, replay), {
      state: 'preview',
      count: { total: 1, isExact: true },
    })
    const late = start + 100 + limits.replayPreviewMs
    assert.deepEqual(await store.startReplay(replay.id, late, audit), { kind: 'expired' })
    const started = await store.startReplay(replay.id, start + 300, audit)
    assert.ok(started.kind === 'written')
    assert.partialDeepStrictEqual(started.replay, { state: 'running', startedAt: start + 300, expiresAt: null })
    assert.deepEqual(await store.startReplay(replay.id, start + 300), { kind: 'unfit', state: 'running' })
    await run(store, replay, start + 400)
    assert.equal((await replayOf(store, replay)).count.done, 1)
    assert.deepEqual(await store.cancelReplay(replay.id, start + 500), { kind: 'unfit', state: 'done' })
    assert.deepEqual(await store.startReplay('rpl_none' as ReplayId, start), { kind: 'absent' })
    const any = { tenant: null, actor: null, action: null, object: null, from: null, to: null }
    assert.equal((await store.listAudit(any, page)).rows.length, 1, 'only a change is recorded')
  })

  promise('a cancelled and a failed replay take no further step', async (store) => {
    const { node, endpoint } = await nodeAndEndpoint(store)
    await ended(store, node, endpoint, 10)
    for (const state of ['cancelled', 'failed'] as const) {
      const replay = await create(store, sampleReplay(100))
      const { step } = (await underWay(store, replay)) as ReplayUnderWay
      if (state === 'failed') assert.equal((await store.failReplay(replay.id, start + 200, 'why'))?.error, 'why')
      else await store.cancelReplay(replay.id, start + 200)
      assert.partialDeepStrictEqual(await replayOf(store, replay), { state, endedAt: start + 200 })
      assert.equal(await store.replayStep({ replay: replay.id, step, now: start, rowsMax, missing: null }), null)
      assert.equal(await store.failReplay(replay.id, start + 300, 'again'), null)
    }
  })

  boundCases(promise)
  missingCases(promise)
}

function boundCases(promise: Case): void {
  promise('two running replays of a tenant have different filters, and their number is bounded', async (store) => {
    await addEndpoint(store)
    await addEndpoint(store, other)
    const running: Replay[] = []
    while (running.length < limits.replaysPerTenantMax) running.push(await create(store, sampleReplay(running.length)))
    const [first] = running as [Replay]
    const refused = (replay: Replay, asked: string): Promise<ReplayResult> => store.createReplay({ replay, asked })
    assert.deepEqual(await refused(sampleReplay(9), first.id), { kind: 'same', id: first.id })
    assert.deepEqual(await refused(sampleReplay(9), 'another'), { kind: 'full' })
    const preview = await create(store, sampleReplay(9, { state: 'preview' }), first.id)
    assert.deepEqual(await store.startReplay(preview.id, start + 10), { kind: 'same', id: first.id })
    await create(store, sampleReplay(9, { tenant: other }), first.id)
    await store.cancelReplay(first.id, start + 10)
    assert.equal((await store.startReplay(preview.id, start + 11)).kind, 'written')
    const both = await Promise.all(
      [1, 2].map(async () => store.createReplay({ replay: sampleReplay(9, { tenant: other }), asked: 'both' })),
    )
    assert.deepEqual(both.map(({ kind }) => kind).toSorted(), ['same', 'written'])
  })

  promise('replays are listed newest first, page by page', async (store) => {
    await addEndpoint(store)
    await addEndpoint(store, other)
    const made: Replay[] = []
    for (const tenant of [acme, other, acme]) made.push(await create(store, sampleReplay(0, { tenant })))
    const list = (tenant: typeof acme | null) => allPages(1, (asked) => store.listReplays(tenant, asked))
    const idsOf = (replays: readonly Replay[]): string[] => replays.map(({ id }) => id)
    assert.deepEqual(idsOf(await list(null)), idsOf(made.toReversed()))
    assert.deepEqual(idsOf(await list(acme)), idsOf([made[2]!, made[0]!]))
    assert.deepEqual((await store.listReplays('none' as typeof acme, page)).rows, [])
  })

  promise('the erasure of a tenant ends and removes its replays; retention removes old ones', async (store) => {
    const { node, endpoint } = await nodeAndEndpoint(store)
    await ended(store, node, endpoint, 10)
    await addEndpoint(store, other)
    const replay = await create(store, sampleReplay(100))
    const { step } = (await underWay(store, replay)) as ReplayUnderWay
    const preview = await create(store, sampleReplay(100, { tenant: other, state: 'preview' }))
    const done = await create(store, sampleReplay(100, { tenant: other }))
    await run(store, done, start + 100)
    await store.deleteTenant(acme, sampleErasure(200))
    assert.equal(await store.findReplay(replay.id), null)
    assert.equal(await store.replayStep({ replay: replay.id, step, now: start, rowsMax, missing: null }), null)
    await eraseAll(store, 300)
    assert.equal((await store.createReplay({ replay: sampleReplay(9), asked: '' })).kind, 'absent')
    await pruneAll(store, 0, 100 + limits.replayPreviewMs - 1)
    assert.notEqual(await store.findReplay(preview.id), null)
    await pruneAll(store, 0, 100 + limits.replayPreviewMs)
    assert.equal(await store.findReplay(preview.id), null)
    await pruneAll(store, 0, 100 + limits.replayKeptMs - 1)
    assert.notEqual(await store.findReplay(done.id), null)
    await pruneAll(store, 0, 100 + limits.replayKeptMs)
    assert.equal(await store.findReplay(done.id), null)
  })
}

/** A step that wants these events at an endpoint. */
async function wantedAt(store: Store, replay: Replay, endpoint: StoredEndpoint): Promise<ReplayStep['missing']> {
  const before = (await underWay(store, replay)) as ReplayUnderWay
  const { events, last } = await store.eventsToReplay(before, 0, rowsMax)
  const wanted = events.map(({ seq, event: { acceptedAt } }): WantedDelivery => ({
    id: deliveryId(acceptedAt),
    seq,
    acceptedAt,
    endpoint: endpoint.key,
    endpointId: endpoint.id,
  }))
  return { version: (await store.loadTenant(acme))?.version ?? -1, wanted, last }
}

async function runMissing(store: Store, replay: Replay, endpoint: StoredEndpoint): Promise<void> {
  for (let steps = 0; steps < 100; steps++) {
    const before = await underWay(store, replay)
    if (before === undefined) return
    const missing = await wantedAt(store, replay, endpoint)
    await store.replayStep({ replay: replay.id, step: before.step, now: start + 500, rowsMax, missing })
  }
  assert.fail('the replay does not end')
}

function missingCases(promise: Case): void {
  const missing = { missing: true, ...filterOf(100, { statuses: [] }) }

  promise('a replay of missing deliveries adds each one once, also beside another replay', async (store) => {
    const { node, endpoint } = await nodeAndEndpoint(store)
    for (let at = 0; at < 7; at++) await accept(store, node, endpoint, at)
    const late = await addEndpoint(store)
    await accept(store, node, late, 10)
    await commit(store, node, 11, {
      events: [{ ...newEvent(sampleEvent(acme, 11), [endpoint.key], false), test: true }],
    })
    const [one, two] = [
      await create(store, sampleReplay(100, missing)),
      await create(store, sampleReplay(100, missing)),
    ]
    await Promise.all([runMissing(store, one, late), runMissing(store, two, late)])
    const counts = [await replayOf(store, one), await replayOf(store, two)].map(({ count }) => count)
    assert.equal(
      counts.reduce((sum, { done }) => sum + done, 0),
      7,
    )
    assert.ok(counts.every(({ total }) => total <= 7))
    assert.equal((await claimOne(store, node, 500, late.key, 99)).length, 8)
    const third = await create(store, sampleReplay(100, missing))
    await runMissing(store, third, late)
    assert.deepEqual((await replayOf(store, third)).count, { total: 0, isExact: true, done: 0, skipped: 0 })
  })

  promise(
    'a step of missing deliveries keeps the rate, and is not taken with an old version of the tenant',
    async (store) => {
      const { node, endpoint } = await nodeAndEndpoint(store)
      await accept(store, node, endpoint, 1, { count: 3 })
      const late = await addEndpoint(store)
      const replay = await create(store, sampleReplay(100, { ...missing, rate: 4 }))
      while (!isCounted(await replayOf(store, replay))) {
        const { step } = (await underWay(store, replay)) as ReplayUnderWay
        const wanted = await wantedAt(store, replay, late)
        await store.replayStep({ replay: replay.id, step, now: start + 200, rowsMax, missing: wanted })
      }
      const { step } = (await underWay(store, replay)) as ReplayUnderWay
      const wanted = (await wantedAt(store, replay, late)) as NonNullable<ReplayStep['missing']>
      const asked = { replay: replay.id, step, now: start + 200, rowsMax, missing: wanted }
      assert.equal(await store.replayStep({ ...asked, missing: { ...wanted, version: wanted.version - 1 } }), null)
      const taken = await store.replayStep(asked)
      assert.deepEqual(taken?.sent, [late.key])
      assert.partialDeepStrictEqual(taken.underWay, { dueAt: start + 450, replay: { count: { done: 1 } } })
      assert.equal((await wantedAt(store, replay, late))?.wanted.length, 2, 'the other events are read again')
      const since = await store.eventsToReplay(taken.underWay, start + 2, rowsMax)
      assert.deepEqual(since, { events: [], last: null })
    },
  )
}
