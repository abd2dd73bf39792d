// Live events, as server-sent events: an aggregate each second, and a tail of attempts.

import { Type } from 'typebox'
import type { TailFilter, TailRow } from '../contracts/node-report.ts'
import type { EndpointId, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { Principal } from '../domain/principal.ts'
import { failure, invalidField, type Result, success } from '../domain/problem.ts'
import { type AnyRoute, route } from '../http/route.ts'
import { type Context, tenantFor } from '../operations/context.ts'
import { endpointOf } from '../operations/endpoints.ts'
import type { Live } from '../operations/live.ts'
import type { Second, Tick } from '../operations/live-stream.ts'
import { Nullable, time, Time } from './shapes.ts'

const outcomes = ['delivered', 'rejected', 'timedOut', 'unreachable', 'blocked'] as const
const Count = Type.Integer({ minimum: 0 })

export const TickSchema = Type.Object(
  {
    at: Time,
    accepted: Count,
    attempts: Type.Object({ delivered: Count, rejected: Count, timedOut: Count, unreachable: Count, blocked: Count }),
    waiting: Nullable(Count),
    queued: Count,
    inFlight: Count,
    nodes: Count,
  },
  { description: 'Event `tick`, each second: numbers of the second, and current ones, of all nodes.' },
)

export const StreamDeliverySchema = Type.Object(
  {
    at: Time,
    node: Type.String(),
    delivery: Type.String(),
    event: Type.String(),
    eventType: Type.String(),
    tenant: Type.String(),
    endpoint: Type.String(),
    dialect: Type.String(),
    status: Type.Enum(['pending', 'delivered', 'failed', 'cancelled']),
    attempt: Type.Integer({ minimum: 1 }),
    outcome: Type.Enum(outcomes),
    httpStatus: Nullable(Type.Integer({ description: 'Null: there was no response.' })),
    durationMs: Count,
  },
  { description: 'Event `delivery`: an attempt that was recorded, with the status of its delivery after it.' },
)

export const LeftOutSchema = Type.Object(
  { count: Count },
  {
    description: `Event \`left-out\`: attempts that are not shown, because at most ${limits.streamRowsMax} a second are.`,
  },
)

export const ResetSchema = Type.Object(
  { reason: Type.Enum(['reconnected', 'database', 'unread']) },
  {
    description:
      'Event `reset`: something may be missing from the stream. Sums of its numbers are too low from now on.',
  },
)

const eventStream = 'text/event-stream'
const content = {
  [eventStream]: { schema: Type.Union([TickSchema, StreamDeliverySchema, LeftOutSchema, ResetSchema]) },
}

export function streamRoute(context: Context, live: Live): AnyRoute {
  return route({
    method: 'GET',
    path: '/v1/stream',
    operationId: 'stream',
    summary: 'Watch events and deliveries, as server-sent events that do not end',
    tag: 'Live',
    access: 'read',
    query: Type.Object(
      {
        tenant: Type.Optional(
          Type.String({ description: 'Shows attempts of this tenant only. It does not change `tick`.' }),
        ),
        endpoint: Type.Optional(Type.String({ description: 'Needs tenant.' })),
      },
      { additionalProperties: false },
    ),
    answers: { 200: { description: 'Each event has one of these shapes as its data, as JSON.', content } },
    async handle({ principal, query, request }) {
      if (principal.kind !== 'operator') return failure({ kind: 'forbidden', needs: 'an operator key' })
      const filter = await filterOf(context, principal, query)
      if (!filter.ok) return filter
      const { socket, headers } = request.raw
      const body = live.open({
        filter: filter.value,
        key: principal.key.id,
        // A browser that connects again sends this header.
        opening: headers['last-event-id'] === undefined ? opening : opening + resetText('reconnected'),
        textOf: secondText,
        cut: () => socket.destroy(),
      })
      // Proxies collect the answers of servers, unless the answer has the last header.
      return success({ status: 200, headers: { 'content-type': eventStream, 'x-accel-buffering': 'no' }, body })
    },
  })
}

/** A caller that has lost its stream connects again after this time. */
const opening = `retry: ${limits.streamTickMs}\n\n`

async function filterOf(
  context: Context,
  principal: Principal,
  query: { readonly tenant?: string; readonly endpoint?: string },
): Promise<Result<TailFilter>> {
  const { tenant = null, endpoint = null } = query
  if (tenant === null) {
    if (endpoint !== null) return invalidField('tenant', 'required', 'is required with endpoint', 'query')
    return success({ tenant, endpoint })
  }
  const found = await tenantFor(context, principal, tenant as TenantId)
  if (!found.ok) return found
  const known = endpoint === null ? success(null) : endpointOf(found.value, endpoint as EndpointId)
  return known.ok ? success({ tenant, endpoint }) : known
}

function secondText({ gap, tick, rows, leftOut }: Second): string {
  const texts = [
    ...(gap === null ? [] : [resetText(gap)]),
    // The id makes a browser say that it connects again.
    `id: ${tick.at}\n${eventText('tick', tickShape(tick))}`,
    ...rows.map((row) => eventText('delivery', rowShape(row))),
    ...(leftOut === 0 ? [] : [eventText('left-out', { count: leftOut })]),
  ]
  return texts.join('')
}

function resetText(reason: NonNullable<Second['gap']>): string {
  return eventText('reset', { reason })
}

/** JSON text has no line breaks, which would end the data. */
function eventText(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}

function tickShape({ at, ...counts }: Tick): object {
  return { at: time(at), ...counts }
}

function rowShape({ at, ...row }: TailRow): object {
  return { at: time(at), ...row }
}
