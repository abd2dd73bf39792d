import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Attempt, Outcome } from '../../domain/attempt.ts'
import type { DeliveryId, EndpointKey, EventId, Incarnation, TenantId } from '../../domain/ids.ts'
import type { AttemptSummary, CommitBatch, Move } from '../../contracts/commit-store.ts'
import { batchOfRows, rowsOfBatch } from './batch-rows.ts'

const outcomes: Outcome[] = [
  { kind: 'delivered', status: 204 },
  { kind: 'rejected', status: 503, retryAfterMs: 30_000 },
  { kind: 'rejected', status: 404, retryAfterMs: null },
  { kind: 'timedOut', phase: 'headers' },
  { kind: 'unreachable', error: 'connection refused' },
  { kind: 'blocked', error: 'not a public address' },
]

const moves: Move[] = [
  { to: 'delivered' },
  { to: 'failed', reason: 'retries exhausted' },
  { to: 'cancelled', reason: 'endpoint disabled' },
  { to: 'waiting', dueAt: 5 },
]

const attempt = { number: 2, startedAt: 3, durationMs: 1.5, response: null } as const

const attempts: (Attempt | null)[] = [
  null,
  ...outcomes.map((outcome) => ({ ...attempt, outcome })),
  {
    ...attempt,
    outcome: { kind: 'delivered', status: 200 },
    response: 'ok',
    connections: 2,
    requestCrc: -7,
    phases: { nameMs: null, connectMs: 1, tlsMs: null, waitMs: 0.5, bodyMs: 0 },
    exchange: { url: 'https://a.example/', requestHeaders: { a: 'b' }, responseHeaders: null },
  },
]

const summary: AttemptSummary = {
  endpoint: 4 as EndpointKey,
  attempts: 2,
  lastAttemptAt: 9,
  lastAttemptSucceeded: false,
  lastOutcome: { kind: 'timedOut', phase: 'connect' },
  expectedHealth: null,
}

const event = {
  id: 'evt_1' as EventId,
  tenant: 'acme' as TenantId,
  type: 'call.ended',
  data: '{"a":1}',
  attributes: { b: 'c' },
  occurredAt: 1,
  acceptedAt: 2,
}

const batch: CommitBatch = {
  node: 7 as Incarnation,
  now: 11,
  events: [
    { event, version: 3, deliveries: [] },
    {
      event: { ...event, attributes: null, eraseAt: 12 },
      version: 4,
      deliveries: [{ id: 'dlv_1' as DeliveryId, endpoint: 4 as EndpointKey, leased: true }],
      test: true,
    },
  ],
  moves: moves.flatMap((move) =>
    attempts.map((made) => ({
      delivery: 'dlv_1' as DeliveryId,
      endpoint: 4 as EndpointKey,
      at: 13,
      move,
      attempt: made,
    })),
  ),
  summaries: [
    summary,
    ...outcomes.map((lastOutcome) => ({ ...summary, lastOutcome, health: 'bad', pausedUntil: 14 })),
    { ...summary, health: null, pausedUntil: null, disable: 'gone', delete: { erasure: null } },
  ] as AttemptSummary[],
}

test('a batch that was passed to the thread is the same', () => {
  assert.deepEqual(batchOfRows(structuredClone(rowsOfBatch(batch))), batch)
})

test('no row of an event or an outcome has an object', () => {
  const [, , events, rows, summaries] = rowsOfBatch({
    ...batch,
    events: batch.events.map((given) => ({ ...given, event: { ...given.event, attributes: null } })),
    moves: batch.moves.filter((move) => move.attempt?.exchange === undefined),
    summaries: batch.summaries.filter(({ disable }) => disable === undefined),
  })
  const values: unknown[] = [events, rows, summaries].flat(Infinity)
  assert.deepEqual(
    values.filter((value) => typeof value === 'object' && value !== null),
    [],
  )
})
