// Statistics: counts of events, attempts and ended deliveries over time.

import { Type } from 'typebox'
import type { EndpointId, TenantId } from '../domain/ids.ts'
import type { StatsPoint } from '../domain/statistics.ts'
import { answerWith } from '../http/answer.ts'
import { type AnyRoute, route } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { readStatistics, type Statistics } from '../operations/statistics.ts'
import { timeOf } from './events.ts'
import { time, Time } from './shapes.ts'
import { By, StatisticsSchema, Step } from './statistics-shape.ts'

const strict = { additionalProperties: false }
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
        200: StatisticsSchema,
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
