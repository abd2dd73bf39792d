// Statistics: counts of events, attempts and ended deliveries over time.

import { Type } from 'typebox'
import type { EndpointId, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { StatsPoint } from '../domain/statistics.ts'
import { answerWith } from '../http/answer.ts'
import { type AnyRoute, route } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { readStatistics, type Statistics } from '../operations/statistics.ts'
import { timeOf } from './events.ts'
import { Nullable, time, Time } from './shapes.ts'

const strict = { additionalProperties: false }
const Step = Type.Enum(['minute', 'hour', 'day'])
const By = Type.Enum(['dialect', 'tenant', 'endpoint', 'type', 'outcome'])
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

const SeriesSchema = Type.Object({
  key: Nullable(
    Type.String({ description: 'A dialect, an event type, an outcome, or the id of a tenant or endpoint.' }),
  ),
  tenant: Nullable(Type.String({ description: 'The tenant of the endpoint; null unless by is endpoint.' })),
  points: Type.Array(Type.Object({ at: Time, ...Counts }), { description: 'Without steps in which nothing happened.' }),
  total: Type.Object(Counts),
})

export function statisticsRoutes(context: Context): AnyRoute[] {
  return [
    route({
      method: 'GET',
      path: '/v1/stats',
      operationId: 'readStatistics',
      summary: 'Count events, attempts and ended deliveries over time',
      tag: 'Statistics',
      access: 'read',
      query: Type.Object(
        {
          from: Type.Optional({ ...Time, description: 'Rounded to steps, as to; default: 60 steps before to.' }),
          to: Type.Optional({ ...Time, description: 'Exclusive; default: now.' }),
          step: Type.Optional({ ...Step, default: 'minute', description: 'Hours and days are those of UTC.' }),
          by: Type.Optional({ ...By, description: 'A series for each of them; default: one for everything.' }),
          dialect: Type.Optional(Type.String()),
          tenant: Type.Optional(Type.String()),
          endpoint: Type.Optional(Type.String({ description: 'Needs tenant.' })),
        },
        strict,
      ),
      answers: {
        200: Type.Object({
          from: Time,
          to: Time,
          step: Step,
          by: Nullable(By),
          data: Type.Array(SeriesSchema, { maxItems: limits.statsSeriesMax, description: 'The largest first.' }),
          more: Type.Integer({ minimum: 0, description: 'Series that are left out, of at most 10,000.' }),
        }),
      },
      handle({ principal, query }) {
        const { step = 'minute', by = null } = query
        const input = {
          from: timeOf(query.from),
          to: timeOf(query.to),
          step,
          by,
          dialect: query.dialect ?? null,
          tenant: (query.tenant as TenantId | undefined) ?? null,
          endpoint: (query.endpoint as EndpointId | undefined) ?? null,
        }
        const shape = ({ from, to, series, more }: Statistics): object => {
          const data = series.map((one) => ({ ...one, points: one.points.map(pointShape) }))
          return { from: time(from), to: time(to), step, by, data, more }
        }
        return answerWith(readStatistics(context, principal, input), (found) => ({ status: 200, body: shape(found) }))
      },
    }),
  ]
}

function pointShape(point: StatsPoint): object {
  return { ...point, at: time(point.at) }
}
