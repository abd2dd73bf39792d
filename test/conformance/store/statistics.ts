// Statistics: the counts of commits, sweeps and erasures are read exactly, at each step on their way to the rollups.

import assert from 'node:assert/strict'
import type { Attempt, Outcome } from '../../../src/domain/attempt.ts'
import type { DeliveryId, EndpointKey, Incarnation, TenantId } from '../../../src/domain/ids.ts'
import { stepMs, type StatsCounts, type StatsSeries } from '../../../src/domain/statistics.ts'
import { day, hour, minute } from '../../../src/domain/time.ts'
import type { StatsQuery } from '../../../src/contracts/stats-store.ts'
import type { Move } from '../../../src/contracts/commit-store.ts'
import type { Store } from '../../../src/contracts/store.ts'
import {
  acme,
  newEvent,
  other,
  sampleAttempt,
  sampleErasure,
  sampleEvent,
  sampleMove,
  sampleTenant,
  start,
} from './samples.ts'
import { accept, addEndpoint, type Case, commit, eraseAll, joinAlone, nodeAndEndpoint, sweepAll } from './steps.ts'

const everything: StatsQuery = {
  from: start,
  to: start + 40 * day,
  step: 'day',
  by: null,
  dialect: null,
  tenant: null,
  endpoint: null,
}

const outcomes: readonly Outcome[] = [
  { kind: 'delivered', status: 204 },
  { kind: 'rejected', status: 500, retryAfterMs: null },
  { kind: 'timedOut', phase: 'headers' },
  { kind: 'unreachable', error: 'connection refused' },
  { kind: 'blocked', error: 'not a public address' },
]

async function read(store: Store, change: Partial<StatsQuery> = {}, seriesMax = 20): Promise<StatsSeries[]> {
  return (await store.readStats({ ...everything, ...change }, seriesMax)).series
}

/** The totals of series by key. */
async function totals(store: Store, change: Partial<StatsQuery> = {}): Promise<Record<string, StatsCounts>> {
  const series = await read(store, change)
  return Object.fromEntries(series.map((one) => [one.key ?? 'all', one.total]))
}

async function total(store: Store, change: Partial<StatsQuery> = {}): Promise<StatsCounts> {
  const [series] = await read(store, change)
  return series?.total ?? assert.fail('there is no series')
}

function attemptsIn({ attempts }: StatsCounts): number {
  return Object.values(attempts).reduce((sum, count) => sum + count, 0)
}

async function gatherAll(store: Store): Promise<void> {
  for (let steps = 0; await store.gatherStats(3); steps++) assert.ok(steps < 1000, 'the gathering does not end')
}

/** Moves all counts to the rollups, and calls `between` after each step. */
async function foldAll(store: Store, between: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  await gatherAll(store)
  await between()
  for (let steps = 0; await store.foldStats(2); steps++) {
    assert.ok(steps < 1000, 'the fold does not end')
    await between()
  }
  await between()
}

/** One attempt of a leased delivery that is accepted at the same time. */
async function attempt(
  store: Store,
  node: Incarnation,
  endpoint: { readonly key: EndpointKey; readonly tenant: TenantId },
  at: number,
  outcome: Outcome,
  durationMs: number,
  move: Move = outcome.kind === 'delivered' ? { to: 'delivered' } : { to: 'failed', reason: 'not retried' },
): Promise<DeliveryId> {
  const [id] = await accept(store, node, endpoint, at, { leased: true })
  const tried: Attempt = sampleAttempt(1, at, { outcome, durationMs })
  await commit(store, node, at, { moves: [sampleMove(id, endpoint.key, move, at, tried)] })
  return id
}

export function statisticsCases(promise: Case): void {
  promise(
    'events, attempts and ends are counted by step, dialect, tenant, endpoint and type',
    async (store, harness) => {
      const { node, endpoint } = await nodeAndEndpoint(store)
      const second = await addEndpoint(store)
      await store.createTenant(sampleTenant(other, { dialect: 'allo' }))
      const theirs = await addEndpoint(store, other)
      for (const [index, outcome] of outcomes.entries())
        await attempt(store, node, endpoint, index * minute, outcome, 10)
      await attempt(store, node, second, 2 * hour, outcomes[1] as Outcome, 700, { to: 'waiting', dueAt: start + day })
      for (const durationMs of [0, 1, 40_000])
        await attempt(store, node, theirs, 3 * day, outcomes[0] as Outcome, durationMs)
      await commit(store, node, 3 * day, {
        events: [newEvent(sampleEvent(other, 3 * day, { type: 'call.ended' }), [], true)],
      })

      const check = async (of: Store): Promise<void> => {
        const all = await total(of)
        assert.deepEqual(all.attempts, { delivered: 4, rejected: 2, timedOut: 1, unreachable: 1, blocked: 1 })
        assert.deepEqual(all.ended, { delivered: 4, failed: 4, cancelled: 0 })
        assert.equal(all.events, 10)
        assert.deepEqual(all.latencyMs, { p50: 10, p95: 30048, p99: 30048 })
        const byTenant = await totals(of, { by: 'tenant' })
        assert.deepEqual(Object.keys(byTenant), ['acme', 'other'])
        assert.deepEqual([byTenant['acme']?.events, byTenant['other']?.events], [6, 4])
        assert.deepEqual(await totals(of, { by: 'dialect' }), { standard: byTenant['acme'], allo: byTenant['other'] })
        assert.deepEqual(await total(of, { tenant: acme }), byTenant['acme'])
        assert.deepEqual(await total(of, { dialect: 'allo' }), byTenant['other'])
        const byEndpoint = await read(of, { by: 'endpoint' })
        assert.deepEqual(
          byEndpoint.map((one) => [one.key, one.tenant, attemptsIn(one.total)]),
          [
            [endpoint.id, acme, 5],
            [theirs.id, other, 3],
            [second.id, acme, 1],
          ],
        )
        const one = await total(of, { tenant: acme, endpoint: second.key })
        assert.deepEqual(one, byEndpoint[2]?.total)
        assert.deepEqual([one.events, one.ended.failed, one.latencyMs?.p50], [0, 0, 664])
        const types = { 'invoice.paid': 9, 'call.ended': 1 }
        const counted = Object.entries(await totals(of, { by: 'type' })).map(([type, { events }]) => [type, events])
        assert.deepEqual(Object.fromEntries(counted), types)
        assert.deepEqual(Object.keys(await totals(of, { by: 'type', tenant: other })), ['invoice.paid', 'call.ended'])
        for (const step of ['minute', 'hour', 'day'] as const) {
          const [series] = await read(of, { step, to: start + day })
          const points = series?.points.map((point) => [(point.at - start) / stepMs[step], attemptsIn(point)])
          const expected = {
            minute: [
              [0, 1],
              [1, 1],
              [2, 1],
              [3, 1],
              [4, 1],
              [120, 1],
            ],
            hour: [
              [0, 5],
              [2, 1],
            ],
            day: [[0, 6]],
          }
          assert.deepEqual(points, expected[step])
        }
        assert.deepEqual((await total(of, { from: start + minute, to: start + 3 * minute, step: 'minute' })).events, 2)
      }

      await check(store)
      await foldAll(store, () => check(store))
      await foldAll(store)
      await check(await harness.reopen())
    },
  )

  promise('duplicates, conflicts, stale events and fenced moves count nothing', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const event = newEvent(sampleEvent(acme, 0), [key], true)
    const id = event.deliveries[0]?.id as DeliveryId
    await commit(store, node, 0, { events: [event, event] })
    await commit(store, node, 1, { events: [{ ...event, event: { ...event.event, type: 'other' } }] })
    await commit(store, node, 2, { events: [{ ...newEvent(sampleEvent(acme, 0), [], true), version: 0 }] })
    assert.equal((await total(store)).events, 1)
    const tried = sampleAttempt(1, 5, { outcome: { kind: 'delivered', status: 200 } })
    const move = sampleMove(id, key, { to: 'delivered' }, 5, tried)
    const [another] = await accept(store, node, endpoint, 6)
    const notHeld = sampleMove(another, key, { to: 'delivered' }, 6, tried)
    // A lost answer makes a node record the same move again.
    for (let tries = 0; tries < 2; tries++) await commit(store, node, 7, { moves: [move, notHeld] })
    const { attempts, ended } = await total(store)
    assert.deepEqual([attempts.delivered, ended.delivered], [1, 1])
    await joinAlone(store, 8)
    assert.deepEqual((await total(store)).attempts, attempts)
  })

  promise('deliveries that a sweep or an erased payload cancels are counted', async (store) => {
    const { node, endpoint } = await nodeAndEndpoint(store)
    const event = sampleEvent(acme, 0)
    await commit(store, node, 0, { events: [newEvent(event, [endpoint.key, endpoint.key], false)] })
    await store.erasePayload(acme, event.id, sampleErasure(1))
    assert.equal((await total(store)).ended.cancelled, 2)
    await accept(store, node, endpoint, 2, { count: 3 })
    await store.deleteEndpoint(acme, endpoint.key, start + 3)
    await sweepAll(store, 4, 2)
    assert.equal((await total(store, { tenant: acme })).ended.cancelled, 5)
  })

  promise('a deleted tenant takes its statistics with it, and its dialect keeps the counts', async (store, harness) => {
    const { node, endpoint } = await nodeAndEndpoint(store)
    const kept = await addEndpoint(store, other)
    for (const at of [0, hour, day]) {
      await attempt(store, node, endpoint, at, outcomes[0] as Outcome, 10)
      if (at < day) await foldAll(store)
    }
    await attempt(store, node, kept, day, outcomes[1] as Outcome, 10)
    const before = await total(store)
    // Some of the counts of the tenant are in rollups, some are gathered, some are in commits.
    await gatherAll(store)
    await attempt(store, node, endpoint, day, outcomes[0] as Outcome, 10)
    assert.equal(await store.deleteTenant(acme, sampleErasure(day)), 'written')
    const check = async (of: Store): Promise<void> => {
      const { attempts, events } = await total(of)
      assert.deepEqual([attempts.delivered, events], [before.attempts.delivered + 1, before.events + 1])
      assert.deepEqual(await totals(of, { by: 'dialect' }), { standard: await total(of) })
      assert.deepEqual(Object.keys(await totals(of, { by: 'tenant' })), ['other'])
      assert.deepEqual(await read(of, { by: 'endpoint', tenant: acme }), [])
    }
    await check(store)
    await eraseAll(store, day + 1)
    await check(store)
    for (const table of ['stats_commits', 'stats_gathered', 'stats_tenants', 'stats_endpoints', 'stats_types']) {
      // Fails if a row names the tenant: a table holds no text twice.
      const column = table === 'stats_commits' || table === 'stats_gathered' ? 'events' : 'tenant'
      await harness.damage(`INSERT INTO audit (id, action, count, actor_kind, address)
        SELECT '00000000-0000-7000-8000-000000000001', 'named', 1, 'x', 'x' FROM ${table} WHERE ${column} LIKE '%acme%'`)
    }
    const named = await store.listAudit(
      { tenant: null, actor: null, action: null, object: null, from: null, to: null },
      { limit: 5, after: null },
    )
    assert.deepEqual(named.rows, [])
    await foldAll(store)
    await check(store)
  })

  promise('an erased endpoint leaves its counts to its tenant', async (store) => {
    const { node, endpoint } = await nodeAndEndpoint(store)
    await attempt(store, node, endpoint, 0, outcomes[0] as Outcome, 10)
    const before = await total(store, { tenant: acme })
    await store.deleteEndpoint(acme, endpoint.key, start + 1, undefined, sampleErasure(1))
    await eraseAll(store, 2)
    assert.deepEqual(await totals(store, { by: 'dialect' }), { standard: before })
    assert.deepEqual(await read(store, { by: 'endpoint' }), [])
    await foldAll(store)
    assert.deepEqual(await totals(store, { by: 'dialect' }), { standard: before })
  })

  promise('the largest series are read, and the others are counted', async (store) => {
    const node = await store.join(start)
    for (let count = 1; count <= 5; count++) {
      const endpoint = await addEndpoint(store)
      for (let tries = 0; tries < count; tries++) await attempt(store, node, endpoint, 0, outcomes[0] as Outcome, 10)
    }
    for (const fold of [false, true]) {
      if (fold) await foldAll(store)
      const { series, more } = await store.readStats({ ...everything, by: 'endpoint' }, 2)
      assert.deepEqual([series.map((one) => one.total.attempts.delivered), more], [[5, 4], 3])
    }
  })

  promise('rollups are removed by their age, in bounded steps', async (store) => {
    const { node, endpoint } = await nodeAndEndpoint(store)
    for (const at of [0, hour, day, 2 * day]) await attempt(store, node, endpoint, at, outcomes[0] as Outcome, 10)
    await foldAll(store)
    const points = async (step: 'minute' | 'hour' | 'day', tenant: TenantId | null): Promise<number> =>
      (await read(store, { step, tenant, to: start + 3 * day }))[0]?.points.length ?? 0
    const ages = { minutes: start + 2 * day, hours: start + day, days: start + day, dialectMinutes: start + hour }
    for (let steps = 0, removed = 1; removed > 0; steps++) {
      removed = await store.pruneStats(ages, 2)
      assert.ok(removed <= 2 && steps < 100)
    }
    const kept = [await points('minute', acme), await points('hour', acme), await points('day', acme)]
    assert.deepEqual(kept, [1, 2, 2])
    assert.deepEqual([await points('minute', null), await points('hour', null), await points('day', null)], [3, 2, 2])
  })

  promise('one node moves counts in each span of time', async (store) => {
    assert.equal(await store.claimFold(start, 60_000), true)
    assert.equal(await store.claimFold(start + 1, 60_000), false)
  })
}
