// A replay in the operator API.

import { Type } from 'typebox'
import { limits } from '../domain/limits.ts'
import type { Replay } from '../domain/replay.ts'
import { Nullable, time, Time, timeOrNull } from './shapes.ts'

export const Status = Type.Enum(['pending', 'delivered', 'failed', 'cancelled'])
export const Outcome = Type.Enum(['delivered', 'rejected', 'timedOut', 'unreachable', 'blocked'])

export const ReplaySchema = Type.Object({
  id: Type.String(),
  tenant: Type.String(),
  filter: Type.Object({
    tenant: Type.String(),
    endpoint: Nullable(Type.String()),
    status: Type.Array(Status),
    eventType: Nullable(Type.String()),
    outcome: Nullable(Outcome),
    from: Time,
    to: Time,
  }),
  missing: Type.Boolean(),
  state: Type.Enum(['preview', 'running', 'done', 'cancelled', 'failed'], {
    description: 'preview: it only counts, until it is started.',
  }),
  count: Type.Object({
    total: Type.Integer({ description: 'Deliveries that match; it grows while they are counted.' }),
    isExact: Type.Boolean({ description: 'False: they are still counted.' }),
    done: Type.Integer({ description: 'Deliveries that were sent again, or were added.' }),
    skipped: Type.Integer({ description: 'In flight, with erased data, or of an endpoint that is disabled.' }),
  }),
  endpoints: Type.Array(Type.Object({ endpoint: Type.String(), count: Type.Integer() }), {
    description: `The ${limits.replayEndpointsShown} endpoints with the most deliveries.`,
  }),
  rate: Type.Integer({ description: 'Deliveries in a second.' }),
  createdAt: Time,
  startedAt: Nullable(Time),
  endedAt: Nullable(Time),
  expiresAt: Nullable({ ...Time, description: 'A preview can be started until this time; null: it is none.' }),
  error: Nullable(Type.String({ description: 'Why it failed.' })),
})

export function replayShape(replay: Replay): object {
  const { id, tenant, filter, missing, state, count, endpoints, rate, error } = replay
  const { endpoint, statuses, eventType, outcome, from, to } = filter
  const largest = endpoints.toSorted((one, other) => other.count - one.count).slice(0, limits.replayEndpointsShown)
  return {
    id,
    tenant,
    filter: {
      tenant,
      endpoint: endpoint?.id ?? null,
      status: statuses,
      eventType,
      outcome,
      from: time(from),
      to: time(to),
    },
    missing,
    state,
    count,
    endpoints: largest.map((one) => ({ endpoint: one.id, count: one.count })),
    rate,
    createdAt: time(replay.createdAt),
    startedAt: timeOrNull(replay.startedAt),
    endedAt: timeOrNull(replay.endedAt),
    expiresAt: timeOrNull(replay.expiresAt),
    error,
  }
}
