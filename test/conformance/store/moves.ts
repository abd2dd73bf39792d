// Recorded outcomes: every move of the state machine (domain/delivery.ts), and the nodes that may make it.

import assert from 'node:assert/strict'
import type { Outcome } from '../../../src/domain/attempt.ts'
import type { EndReason } from '../../../src/domain/delivery.ts'
import type { Move } from '../../../src/contracts/commit-store.ts'
import { deliveryId, sampleAttempt, sampleMove, start } from './samples.ts'
import {
  accept,
  attemptsOf,
  type Case,
  claimOne,
  commit,
  delivery,
  nodeAndEndpoint,
  commitLate,
  joinAlone,
} from './steps.ts'

const reasons: readonly EndReason[] = [
  'retries exhausted',
  'not retried',
  'endpoint disabled',
  'endpoint deleted',
  'endpoint gone',
  'payload erased',
  'event unreadable',
  'endpoint unreadable',
  'internal error',
]

const ends: readonly Move[] = [
  { to: 'delivered' },
  { to: 'failed', reason: 'retries exhausted' },
  { to: 'cancelled', reason: 'endpoint disabled' },
]

const outcomes: readonly Outcome[] = [
  { kind: 'rejected', status: 503, retryAfterMs: null },
  { kind: 'rejected', status: 429, retryAfterMs: 0 },
  { kind: 'rejected', status: 429, retryAfterMs: 86_400_000 },
  { kind: 'timedOut', phase: 'connect' },
  { kind: 'timedOut', phase: 'headers' },
  { kind: 'timedOut', phase: 'body' },
  { kind: 'unreachable', error: 'connection refused' },
  { kind: 'blocked', error: 'address not allowed: 10.0.0.1' },
  { kind: 'delivered', status: 204 },
]

export function moveCases(promise: Case): void {
  promise('a delivery that is read while its attempt is recorded has both or neither', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    for (let round = 0; round < 60; round++) {
      const [id] = await accept(store, node, endpoint, round, { leased: true })
      const attempt = sampleAttempt(1, round, { outcome: { kind: 'delivered', status: 200 } })
      const recording = commit(store, node, round, {
        moves: [sampleMove(id, key, { to: 'delivered' }, round, attempt)],
      })
      const reads = await Promise.all(Array.from({ length: 8 }, () => store.findDelivery(id)))
      await recording
      for (const found of reads) assert.equal(found?.attempts.length, found?.delivery.status === 'pending' ? 0 : 1)
    }
  })

  promise('a leased delivery ends as delivered', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [id] = await accept(store, node, endpoint, 0, { leased: true })
    const attempt = sampleAttempt(1, 5, { outcome: { kind: 'delivered', status: 200 }, response: null })
    const moved = await commit(store, node, 9, { moves: [sampleMove(id, key, { to: 'delivered' }, 9, attempt)] })
    assert.deepEqual(moved.fenced, [])
    const expected = { status: 'delivered', attempts: 1, dueAt: null, reason: null, endedAt: start + 9 }
    assert.partialDeepStrictEqual(await delivery(store, id), expected)
    assert.deepEqual(await attemptsOf(store, id), [attempt])
  })

  for (const to of ['failed', 'cancelled'] as const) {
    promise(`a leased delivery ends as ${to}, for any reason`, async (store) => {
      const { node, endpoint, key } = await nodeAndEndpoint(store)
      for (const reason of reasons) {
        const [id] = await accept(store, node, endpoint, 0, { leased: true })
        await commit(store, node, 9, { moves: [sampleMove(id, key, { to, reason }, 9)] })
        const expected = { status: to, attempts: 0, dueAt: null, reason, endedAt: start + 9 }
        assert.partialDeepStrictEqual(await delivery(store, id), expected)
      }
      assert.equal(await store.countWaiting(), 0)
    })
  }

  promise('a delivery with a failed attempt waits, is claimed once due, and keeps every attempt', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [id] = await accept(store, node, endpoint, 0, { leased: true })
    const attempts = outcomes.map((outcome, index) => sampleAttempt(index + 1, index * 100, { outcome }))
    for (const [index, attempt] of attempts.entries()) {
      const dueAt = start + (index + 1) * 100
      await commit(store, node, index * 100, {
        moves: [sampleMove(id, key, { to: 'waiting', dueAt }, index * 100, attempt)],
      })
      const expected = { status: 'pending', attempts: index + 1, dueAt, endedAt: null }
      assert.partialDeepStrictEqual(await delivery(store, id), expected)
      assert.deepEqual(await claimOne(store, node, (index + 1) * 100 - 1, key, 5), [])
      const claim = await store.claim(node, dueAt, [{ endpoint: key, room: 5 }])
      assert.equal(claim.deliveries.length, 1)
      assert.partialDeepStrictEqual(claim.deliveries[0], { id, attempts: index + 1, attemptsBefore: 0 })
    }
    assert.deepEqual(await attemptsOf(store, id), attempts)
  })

  promise('a move without an attempt does not count as an attempt', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [id] = await accept(store, node, endpoint, 0, { leased: true })
    const attempt = sampleAttempt(1, 0)
    const wait = { to: 'waiting', dueAt: start } as const
    await commit(store, node, 1, { moves: [sampleMove(id, key, wait, 1, attempt)] })
    await claimOne(store, node, 2, key, 1)
    await commit(store, node, 3, { moves: [sampleMove(id, key, wait, 3)] })
    await claimOne(store, node, 4, key, 1)
    await commit(store, node, 5, {
      moves: [sampleMove(id, key, { to: 'cancelled', reason: 'endpoint disabled' }, 5)],
    })
    assert.equal((await delivery(store, id)).attempts, 1)
    assert.deepEqual(await attemptsOf(store, id), [attempt])
  })

  promise('a node moves only deliveries that it holds, and the rest of the batch is stored', async (store) => {
    const { node: dead, endpoint, key } = await nodeAndEndpoint(store)
    const [lost] = await accept(store, dead, endpoint, 0, { leased: true })
    const node = await joinAlone(store, 1)
    const [waiting] = await accept(store, node, endpoint, 2)
    const [ended, held] = await accept(store, node, endpoint, 2, { leased: true, count: 2 })
    const unknown = deliveryId(start)
    const deliver = { to: 'delivered' } as const
    await commit(store, node, 3, { moves: [sampleMove(ended, key, deliver, 3)] })
    assert.ok(held !== undefined)
    const moves = [lost, waiting, ended, held, unknown].map((id) =>
      sampleMove(id, key, deliver, 4, sampleAttempt(1, 4)),
    )
    const { fenced } = await commit(store, node, 4, { moves })
    assert.deepEqual(fenced, [lost, waiting, ended, unknown])
    assert.deepEqual(await Promise.all([lost, waiting, ended].map((id) => attemptsOf(store, id))), [[], [], []])
    assert.deepEqual((await delivery(store, lost)).status, 'pending')
    assert.deepEqual((await delivery(store, waiting)).status, 'pending')
    assert.deepEqual((await delivery(store, ended)).endedAt, start + 3)
    assert.deepEqual((await delivery(store, held)).status, 'delivered')
  })

  promise('a dead node cannot move the deliveries of its successor', async (store) => {
    const { node: dead, endpoint, key } = await nodeAndEndpoint(store)
    const [id] = await accept(store, dead, endpoint, 0, { leased: true })
    const node = await joinAlone(store, 1)
    assert.deepEqual(await claimOne(store, node, 1, key, 1), [id])
    const wait = { to: 'waiting', dueAt: start + 50 } as const
    for (const move of [wait, ...ends]) {
      const late = await commitLate(store, dead, 2, [sampleMove(id, key, move, 2, sampleAttempt(1, 0))])
      assert.deepEqual(late, [id], move.to)
    }
    const own = await commit(store, node, 3, { moves: [sampleMove(id, key, wait, 3, sampleAttempt(1, 3))] })
    assert.deepEqual(own.fenced, [])
    assert.deepEqual(await attemptsOf(store, id), [sampleAttempt(1, 3)])
  })

  promise('a delivery moves only once in a batch: the second move is fenced', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [id] = await accept(store, node, endpoint, 0, { leased: true })
    const { fenced } = await commit(store, node, 1, {
      moves: [
        sampleMove(id, key, { to: 'delivered' }, 1, sampleAttempt(1, 1)),
        sampleMove(id, key, { to: 'failed', reason: 'not retried' }, 1, sampleAttempt(2, 1)),
      ],
    })
    assert.deepEqual(fenced, [id])
    assert.equal((await delivery(store, id)).status, 'delivered')
    assert.equal((await attemptsOf(store, id)).length, 1)
  })
}
