// The log of a database outage has one line at the beginning and one line at the end. Errors that are not errors of the
// database cause no such lines.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { pino } from 'pino'
import { createRig } from '../../test/support/engine-rig.ts'
import { StoreUnavailable } from '../contracts/store.ts'
import type { Incarnation } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { nodeLost } from '../domain/operational-events.ts'
import { minute } from '../domain/time.ts'
import { Unavailable } from '../domain/unavailable.ts'
import { createEngineObserver } from './engine-observer.ts'
import { Metrics } from './metrics.ts'

function rig(elapsed?: () => number) {
  const lines: string[] = []
  const logger = pino({ level: 'info' }, { write: (line) => void lines.push(String(JSON.parse(line).msg)) })
  const metrics = new Metrics({
    inFlight: () => 0,
    queued: () => 0,
    waiting: async () => 0,
    outboxWaiting: async () => 0,
    outboxSetAside: async () => 0,
    droppedLogLines: () => 0,
  })
  return { observer: createEngineObserver(metrics, logger, elapsed), lines, metrics }
}

const unavailable = new StoreUnavailable('SQLite: disk I/O error')

suite('the log', () => {
  test('says once that the database is unavailable, and once that it answers again', () => {
    const { observer, lines } = rig()
    observer.failed('events and outcomes could not be committed', unavailable, 'commits')
    observer.failed('due deliveries could not be claimed', unavailable, 'claims')
    observer.storeAnswered('claims')
    observer.failed('due deliveries could not be claimed', unavailable, 'claims')
    assert.deepEqual(lines, ['the database is unavailable'])
    observer.storeAnswered('claims')
    observer.storeAnswered('commits')
    observer.storeAnswered('commits')
    assert.deepEqual(lines, ['the database is unavailable', 'the database answers again'])
  })

  test('has both lines for each outage, even if the failed call is not repeated', () => {
    const { observer, lines } = rig()
    for (let outage = 0; outage < 2; outage++) {
      observer.failed('retention failed', unavailable)
      observer.storeAnswered('claims')
    }
    const bothLines = ['the database is unavailable', 'the database answers again']
    assert.deepEqual(lines, [...bothLines, ...bothLines])
  })

  test('reports an egress proxy that fails once a minute, and the metric counts every time', async () => {
    let now = 0
    const { observer, lines, metrics } = rig(() => now)
    for (; now < 3 * limits.repeatedFailureMs; now += 1000) observer.proxyFailed('connection refused')
    assert.deepEqual(lines, Array(3).fill('deliveries wait for the egress proxy'))
    assert.match(await metrics.text(), /^posthorn_proxy_failures_total 180$/m)
  })

  test('reports rows that no seal proves once a minute, and the metric counts every time', async () => {
    let now = 0
    const { observer, lines, metrics } = rig(() => now)
    for (; now < 3 * limits.repeatedFailureMs; now += 1000) observer.unproved('key key_1')
    assert.deepEqual(
      lines,
      Array(3).fill('a row of the database was not written by Posthorn, or was changed: it is refused'),
    )
    assert.match(await metrics.text(), /^posthorn_unproved_rows_total 180$/m)
  })

  test('has so many changes of a type in a minute, and says then how many were left out', async () => {
    let now = 0
    const { observer, lines, metrics } = rig(() => now)
    const lost = { incarnation: 1 as Incarnation, startedAt: 0, version: null, role: null, heartbeatAt: null }
    const count = limits.changeLinesPerMinute + 5
    for (let index = 0; index < count; index++) observer.changed(nodeLost(lost, 2 as Incarnation, now))
    assert.equal(lines.length, limits.changeLinesPerMinute)
    now += minute
    observer.changed(nodeLost(lost, 2 as Incarnation, now))
    assert.equal(lines.length, limits.changeLinesPerMinute + 1)
    assert.match(await metrics.text(), new RegExp(`^posthorn_changes_total\\{type="node.lost"\\} ${count + 1}$`, 'm'))
  })

  test('says at most once an hour that retention has removed events', () => {
    let now = 0
    const { observer, lines } = rig(() => now)
    for (; now < 2 * limits.retentionLogMs; now += limits.retentionIntervalMs) observer.pruned(now)
    assert.deepEqual(lines, Array(2).fill('retention has removed older events'))
  })

  test('has the text of an error that is not an error of the database', () => {
    const { observer, lines } = rig()
    observer.failed('an endpoint could not be read', new Unavailable('this node does not know the dialect of tenant a'))
    observer.storeAnswered('claims')
    assert.deepEqual(lines, ['an endpoint could not be read'])
  })
})

test('on SQLite the engine detects without any traffic that the database answers again', async (t) => {
  let fails = true
  const { observer, lines } = rig()
  const engine = await createRig(t, {
    observer,
    wrapStore: (store) => ({ ...store, nextDueAt: () => (fails ? Promise.reject(unavailable) : store.nextDueAt()) }),
  })
  await engine.until(() => lines.length === 1, 'the outage is logged')
  fails = false
  await engine.clock.advance(limits.claimIntervalMs)
  await engine.until(() => lines.length === 2, 'the end of the outage is logged')
  assert.deepEqual(lines, ['the database is unavailable', 'the database answers again'])
})
