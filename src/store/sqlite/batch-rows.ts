// Converts the batch of a commit to rows of plain values and back, to pass it to the thread. Copying its objects
// between threads, or converting them to JSON text and back, costs more than twice as much. The two functions of a pair
// use the same order.

import type { Attempt } from '../../domain/attempt.ts'
import type { CommitBatch, NewDelivery, NewEvent, RecordedMove } from '../../contracts/commit-store.ts'

export type BatchRows = ReturnType<typeof rowsOfBatch>

export function rowsOfBatch({ node, now, events, moves, summaries, tellings }: CommitBatch) {
  return [node, now, events.map(rowOfEvent), moves.map(rowOfMove), summaries, tellings] as const
}

export function batchOfRows([node, now, events, moves, summaries, tellings]: BatchRows): CommitBatch {
  return {
    node,
    now,
    events: events.map(eventOfRow),
    moves: moves.map(moveOfRow),
    summaries,
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
  return [delivery, endpoint, at, move, attempt && rowOfAttempt(attempt)] as const
}

function moveOfRow([delivery, endpoint, at, move, attempt]: ReturnType<typeof rowOfMove>): RecordedMove {
  return { delivery, endpoint, at, move, attempt: attempt && attemptOfRow(attempt) }
}

/** The phases stand in the row itself, because an object costs more to copy than all the rest of the row. */
function rowOfAttempt(attempt: Attempt) {
  const { number, startedAt, durationMs, outcome, response, connections, exchange, requestCrc, phases } = attempt
  return [
    number,
    startedAt,
    durationMs,
    outcome,
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
  outcome,
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
    outcome,
    response,
    ...(connections !== undefined && { connections }),
    ...(exchange && { exchange }),
    ...(requestCrc !== undefined && { requestCrc }),
    ...(waitMs !== undefined && { phases: { nameMs, connectMs, tlsMs, waitMs, bodyMs } }),
  }
}
