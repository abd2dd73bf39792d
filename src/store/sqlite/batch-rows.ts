// Converts the batch of a commit to rows of plain values and back, to pass it to the thread. An object in a row costs more to
// copy between threads than all other values of the row. The two functions of a pair use the same order.

import type { Attempt } from '../../domain/attempt.ts'
import type {
  AttemptSummary,
  CommitBatch,
  Move,
  NewDelivery,
  NewEvent,
  RecordedMove,
} from '../../contracts/commit-store.ts'
import { outcomeColumns, outcomeOf } from '../rows.ts'

export type BatchRows = ReturnType<typeof rowsOfBatch>

export function rowsOfBatch({ node, now, events, moves, summaries, tellings }: CommitBatch) {
  return [node, now, events.map(rowOfEvent), moves.map(rowOfMove), summaries.map(rowOfSummary), tellings] as const
}

export function batchOfRows([node, now, events, moves, summaries, tellings]: BatchRows): CommitBatch {
  return {
    node,
    now,
    events: events.map(eventOfRow),
    moves: moves.map(moveOfRow),
    summaries: summaries.map(summaryOfRow),
    ...(tellings && { tellings }),
  }
}

function rowOfEvent({ event, version, deliveries, test }: NewEvent) {
  const { id, tenant, type, data, attributes, occurredAt, acceptedAt, eraseAt } = event
  const times = [occurredAt, acceptedAt, eraseAt] as const
  return [id, tenant, type, data, attributes, ...times, version, deliveries.map(rowOfDelivery), test] as const
}

function eventOfRow([
  id,
  tenant,
  type,
  data,
  attributes,
  occurredAt,
  acceptedAt,
  eraseAt,
  version,
  deliveries,
  test,
]: ReturnType<typeof rowOfEvent>): NewEvent {
  const times = eraseAt === undefined ? { occurredAt, acceptedAt } : { occurredAt, acceptedAt, eraseAt }
  const event = { id, tenant, type, data, attributes, ...times }
  return { event, version, deliveries: deliveries.map(deliveryOfRow), ...(test && { test }) }
}

function rowOfDelivery({ id, endpoint, leased }: NewDelivery) {
  return [id, endpoint, leased] as const
}

function deliveryOfRow([id, endpoint, leased]: ReturnType<typeof rowOfDelivery>): NewDelivery {
  return { id, endpoint, leased }
}

function rowOfMove({ delivery, endpoint, attempt, move, at }: RecordedMove) {
  return [delivery, endpoint, at, move.to, detailOfMove(move), attempt && rowOfAttempt(attempt)] as const
}

function moveOfRow([delivery, endpoint, at, to, detail, attempt]: ReturnType<typeof rowOfMove>): RecordedMove {
  return { delivery, endpoint, at, move: moveOf(to, detail), attempt: attempt && attemptOfRow(attempt) }
}

function detailOfMove(move: Move) {
  if (move.to === 'delivered') return null
  return move.to === 'waiting' ? move.dueAt : move.reason
}

function moveOf(to: Move['to'], detail: ReturnType<typeof detailOfMove>): Move {
  if (to === 'delivered') return { to }
  return (to === 'waiting' ? { to, dueAt: detail } : { to, reason: detail }) as Move
}

/** The fields of an endpoint that the batch disables are rare. They stay together in an object. */
function rowOfSummary(summary: AttemptSummary) {
  const { endpoint, attempts, lastAttemptAt, lastAttemptSucceeded, lastOutcome, expectedHealth, health, pausedUntil } =
    summary
  const { disable, delete: deletes, audit } = summary
  const { status, detail } = outcomeColumns(lastOutcome)
  return [
    endpoint,
    attempts,
    lastAttemptAt,
    lastAttemptSucceeded,
    lastOutcome.kind,
    status,
    detail,
    expectedHealth,
    health,
    pausedUntil,
    disable && { disable, ...(deletes && { delete: deletes }), ...(audit && { audit }) },
  ] as const
}

function summaryOfRow([
  endpoint,
  attempts,
  lastAttemptAt,
  lastAttemptSucceeded,
  kind,
  status,
  detail,
  expectedHealth,
  health,
  pausedUntil,
  disabling,
]: ReturnType<typeof rowOfSummary>): AttemptSummary {
  return {
    endpoint,
    attempts,
    lastAttemptAt,
    lastAttemptSucceeded,
    lastOutcome: outcomeOf({ kind, status, detail }),
    expectedHealth,
    ...(health !== undefined && { health }),
    ...(pausedUntil !== undefined && { pausedUntil }),
    ...disabling,
  }
}

function rowOfAttempt(attempt: Attempt) {
  const { number, startedAt, durationMs, outcome, response, connections, exchange, requestCrc, phases } = attempt
  const { status, detail } = outcomeColumns(outcome)
  return [
    number,
    startedAt,
    durationMs,
    outcome.kind,
    status,
    detail,
    response,
    connections,
    exchange,
    requestCrc,
    phases?.nameMs,
    phases?.connectMs,
    phases?.tlsMs,
    phases?.waitMs,
    phases?.bodyMs,
  ] as const
}

function attemptOfRow([
  number,
  startedAt,
  durationMs,
  kind,
  status,
  detail,
  response,
  connections,
  exchange,
  requestCrc,
  nameMs = null,
  connectMs = null,
  tlsMs = null,
  waitMs,
  bodyMs = null,
]: ReturnType<typeof rowOfAttempt>): Attempt {
  return {
    number,
    startedAt,
    durationMs,
    outcome: outcomeOf({ kind, status, detail }),
    response,
    ...(connections !== undefined && { connections }),
    ...(exchange && { exchange }),
    ...(requestCrc !== undefined && { requestCrc }),
    ...(waitMs !== undefined && { phases: { nameMs, connectMs, tlsMs, waitMs, bodyMs } }),
  }
}
