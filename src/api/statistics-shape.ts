// The shape of statistics in the operator API.

import { Type } from 'typebox'
import { limits } from '../domain/limits.ts'
import { Nullable, Time } from './shapes.ts'

export const Step = Type.Enum(['minute', 'hour', 'day'])
export const By = Type.Enum(['dialect', 'tenant', 'endpoint', 'type', 'outcome'])
const Count = Type.Integer({ minimum: 0 })

const Counts = {
  events: Type.Integer({ minimum: 0, description: 'Accepted events; 0 where an endpoint or an outcome is counted.' }),
  attempts: Type.Object(
    { delivered: Count, rejected: Count, timedOut: Count, unreachable: Count, blocked: Count },
    { description: 'By outcome; 0 where event types are counted.' },
  ),
  ended: Type.Object({ delivered: Count, failed: Count, cancelled: Count }, { description: 'Deliveries that ended.' }),
  latencyMs: Nullable(
    Type.Object(
      { p50: Type.Integer(), p95: Type.Integer(), p99: Type.Integer() },
      { description: 'Percentiles of the durations of attempts, right within 10 %; null: there were no attempts.' },
    ),
  ),
}

export const CountsSchema = Type.Object(Counts)

const SeriesSchema = Type.Object({
  key: Nullable(
    Type.String({ description: 'A dialect, an event type, an outcome, or the id of a tenant or endpoint.' }),
  ),
  tenant: Nullable(Type.String({ description: 'The tenant of the endpoint; null unless by is endpoint.' })),
  points: Type.Array(Type.Object({ at: Time, ...Counts }), { description: 'Without steps in which nothing happened.' }),
  total: CountsSchema,
})

export const StatisticsSchema = Type.Object({
  from: Time,
  to: Time,
  step: Step,
  by: Nullable(By),
  data: Type.Array(SeriesSchema, { maxItems: limits.statsSeriesMax, description: 'The largest first.' }),
  more: Type.Integer({ minimum: 0, description: 'Series that are left out, of at most 10,000.' }),
})
