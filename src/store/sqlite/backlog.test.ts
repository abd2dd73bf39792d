// Waiting deliveries do not slow down other work: claims and commits with a hundred thousand waiting deliveries.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Incarnation } from '../../domain/ids.ts'
import {
  acme,
  newEvent,
  sampleAttempt,
  sampleEvent,
  sampleMove,
  start,
} from '../../../test/conformance/store/samples.ts'
import { accept, addEndpoint, commit } from '../../../test/conformance/store/steps.ts'
import { temporaryFolder } from '../../../test/conformance/store/temporary-folder.ts'
import type { Store } from '../../contracts/store.ts'
import type { StoredEndpoint } from '../../contracts/account-store.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { everyDelivery } from '../../contracts/history-store.ts'

const backlog = 100_000
const samples = 9
/** With a scan the ratio would be in the hundreds. */
const ratioMax = 8

void test('neither claims nor commits take longer with a backlog', { timeout: 120_000 }, async (t) => {
  const store = await openSqliteStore(join(await temporaryFolder(t), 'posthorn.db'))
  const node = await store.join(start)
  const endpoints: StoredEndpoint[] = []
  while (endpoints.length < 64) endpoints.push(await addEndpoint(store))
  const [flooded, ...others] = endpoints
  assert.ok(flooded !== undefined)
  await measure(store, node, endpoints)
  const before = await measure(store, node, endpoints)
  for (let at = 0; at < backlog / 1000; at++) {
    const event = newEvent(
      sampleEvent(acme, at),
      Array.from({ length: 1000 }, () => flooded.key),
      false,
    )
    await commit(store, node, at, { events: [event] })
  }
  assert.ok((await store.countWaiting()) >= backlog)
  const page = { limit: 50, after: null }
  const { rows } = await store.listDeliveries({ ...everyDelivery, statuses: ['pending'] }, page)
  assert.deepEqual(rows, (await store.listDeliveries(everyDelivery, page)).rows, 'the newest waiting deliveries')
  const after = await measure(store, node, endpoints)
  for (const what of ['claim', 'commit', 'next'] as const) {
    const ratio = after[what] / before[what]
    t.diagnostic(`${what}: ${before[what].toFixed(2)} ms, then ${after[what].toFixed(2)} ms`)
    assert.ok(ratio < ratioMax, `${what} takes ${ratio.toFixed(1)} times as long with ${backlog} waiting deliveries`)
  }
  // A claim for another endpoint gets its delivery at once.
  const [quiet] = others
  assert.ok(quiet !== undefined)
  const [id] = await accept(store, node, quiet, 9000)
  const { deliveries } = await store.claim(node, start + 9000, [{ endpoint: quiet.key, room: 5 }])
  assert.deepEqual(
    deliveries.map((row) => row.id),
    [id],
  )
  await store.close()
})

/** The median times of a claim for all endpoints, of a commit of many outcomes, and of a search for due endpoints. */
async function measure(
  store: Store,
  node: Incarnation,
  endpoints: readonly StoredEndpoint[],
): Promise<{ claim: number; commit: number; next: number }> {
  const times: { claim: number; commit: number; next: number }[] = []
  const requests = endpoints.map(({ key }) => ({ endpoint: key, room: 1 }))
  for (let round = 0; round < samples; round++) {
    const events = endpoints.map(({ key }) => newEvent(sampleEvent(acme, 0), [key], false))
    await commit(store, node, 0, { events })
    const next = await timed(async () => {
      for (let i = 0; i < 20; i++) await store.nextDueAt()
      await store.dueEndpoints(start, 64)
    })
    const claimed: { id: (typeof events)[0]['deliveries'][0]['id']; endpoint: (typeof requests)[0]['endpoint'] }[] = []
    const claim = await timed(async () => claimed.push(...(await store.claim(node, start + 9000, requests)).deliveries))
    assert.equal(claimed.length, endpoints.length)
    const fresh = endpoints.map(({ key }) => newEvent(sampleEvent(acme, 0), [key], true))
    const moves = claimed.map(({ id, endpoint }) =>
      sampleMove(id, endpoint, { to: 'delivered' }, 1, sampleAttempt(1, 1)),
    )
    const summaries = endpoints.map(({ key }) => {
      return { endpoint: key, attempts: 1, lastAttemptAt: start, lastAttemptSucceeded: true, health: null }
    })
    const ended = fresh.flatMap(({ deliveries }) =>
      deliveries.map(({ id, endpoint }) => sampleMove(id, endpoint, { to: 'delivered' }, 1)),
    )
    const done = await timed(() => commit(store, node, 1, { events: fresh, moves: [...moves, ...ended], summaries }))
    times.push({ claim, commit: done, next })
  }
  const median = (what: 'claim' | 'commit' | 'next'): number =>
    times.map((row) => row[what]).toSorted((a, b) => a - b)[Math.floor(samples / 2)] ?? 0
  return { claim: median('claim'), commit: median('commit'), next: median('next') }
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  await action()
  return performance.now() - begin
}
