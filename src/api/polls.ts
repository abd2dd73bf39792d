// Polling endpoints: consumers fetch deliveries, acknowledge and refuse them.

import { Type } from 'typebox'
import type { DeliveryId, EndpointId, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { success } from '../domain/problem.ts'
import { answerWith } from '../http/answer.ts'
import { type AnyRoute, route } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { acknowledged, type PolledDelivery, pollEndpoint, recordFetched, type Told } from '../operations/polls.ts'
import { Nullable, StringMap, TenantParameter, time, Time } from './shapes.ts'

const strict = { additionalProperties: false }
const shared = {
  tag: 'Polling',
  audience: 'customers',
  method: 'POST',
  access: 'write',
  params: Type.Object({ tenant: TenantParameter, endpoint: Type.String() }),
} as const

export const PolledDeliverySchema = Type.Object({
  id: Type.String(),
  event: Type.String(),
  eventType: Type.String(),
  attempt: Type.Integer({ minimum: 1, description: 'How often the delivery was given, with this time.' }),
  headers: { ...StringMap, description: 'As they would be sent to a URL, with the signature.' },
  body: Type.String({ description: 'The bytes that the signature covers, in UTF-8.' }),
  acknowledgeBefore: { ...Time, description: 'It is given again after this time.' },
})

const ToldSchema = Type.Object({
  data: Type.Array(
    Type.Object({
      id: Type.String(),
      recorded: Type.Boolean({
        description: 'False: nothing changed. It has ended, was not fetched, or was given to another consumer.',
      }),
      status: Nullable(Type.Enum(['pending', 'delivered', 'failed', 'cancelled'])),
    }),
    { description: 'One entry for each id, in order. A status of null: the endpoint has no such delivery.' },
  ),
})

const Ids = Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: limits.pageSizeMax })

export function pollRoutes(context: Context): AnyRoute[] {
  return [pollRoute(context), acknowledgeRoute(context), refuseRoute(context)]
}

function pollRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    path: '/v1/tenants/:tenant/endpoints/:endpoint/poll',
    operationId: 'poll',
    summary: 'Fetch deliveries of a polling endpoint, the oldest first, each for one consumer',
    body: Type.Object(
      {
        limit: Type.Optional(
          Type.Integer({ minimum: 1, maximum: limits.pageSizeMax, default: limits.pageSizeDefault }),
        ),
        waitSeconds: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: limits.pollWaitSecondsMax,
            default: 0,
            description: 'How long the answer waits for a delivery if none is due.',
          }),
        ),
        ackSeconds: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: limits.ackSecondsMax,
            default: limits.ackSecondsDefault,
            description: 'A delivery that is not acknowledged within this time counts as failed, and is given again.',
          }),
        ),
        iterator: Type.Optional(
          Type.String({
            maxLength: 64,
            description: 'That of an earlier answer: acknowledges its deliveries, except those that were refused.',
          }),
        ),
      },
      { ...strict, examples: [{ limit: 10, waitSeconds: 20, ackSeconds: 60 }] },
    ),
    answers: {
      200: Type.Object({
        data: Type.Array(PolledDeliverySchema),
        iterator: Nullable(Type.String({ description: 'Names the deliveries of this answer; null: there are none.' })),
        done: Type.Boolean({ description: 'Nothing more is due now.' }),
      }),
    },
    handle({ principal, params, body, request }) {
      const { socket } = request.raw
      const { limit = limits.pageSizeDefault, waitSeconds = 0, ackSeconds = limits.ackSecondsDefault } = body
      const polled = pollEndpoint(context, principal, params.tenant as TenantId, params.endpoint as EndpointId, {
        limit,
        waitMs: waitSeconds * 1000,
        ackMs: ackSeconds * 1000,
        iterator: body.iterator ?? null,
        isGone: () => socket.destroyed,
      })
      return answerWith(polled, ({ deliveries, until, iterator, more }) => {
        const data = deliveries.map((delivery) => polledShape(delivery, until))
        return { status: 200, body: { data, iterator, done: !more } }
      })
    },
  })
}

function acknowledgeRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    path: '/v1/tenants/:tenant/endpoints/:endpoint/poll/ack',
    operationId: 'acknowledge',
    summary: 'Acknowledge fetched deliveries: they are delivered',
    body: Type.Object({ ids: Ids }, strict),
    answers: { 200: ToldSchema },
    async handle({ principal, params, body }) {
      const ids = body.ids as DeliveryId[]
      const { tenant, endpoint } = params
      const told = await recordFetched(
        context,
        principal,
        tenant as TenantId,
        endpoint as EndpointId,
        ids,
        acknowledged,
      )
      return told.ok ? success({ status: 200, body: toldBody(told.value) }) : told
    },
  })
}

function refuseRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    path: '/v1/tenants/:tenant/endpoints/:endpoint/poll/nack',
    operationId: 'refuse',
    summary: 'Refuse fetched deliveries: they are given again as the retry schedule says, or have failed',
    body: Type.Object(
      {
        ids: Ids,
        status: Type.Optional(
          Type.Integer({
            minimum: 300,
            maximum: 599,
            default: 500,
            description: 'The HTTP status with which a server would have refused them.',
          }),
        ),
        reason: Type.Optional(
          Type.String({ maxLength: limits.responseKeptCharsMax, description: 'Shown as the response of the attempt.' }),
        ),
      },
      strict,
    ),
    answers: { 200: ToldSchema },
    async handle({ principal, params, body: { ids, status = 500, reason = null } }) {
      const { tenant, endpoint } = params
      const told = await recordFetched(
        context,
        principal,
        tenant as TenantId,
        endpoint as EndpointId,
        ids as DeliveryId[],
        { outcome: { kind: 'rejected', status, retryAfterMs: null }, response: reason },
      )
      return told.ok ? success({ status: 200, body: toldBody(told.value) }) : told
    },
  })
}

function polledShape({ id, event, attempt, request }: PolledDelivery, until: number): object {
  const { headers, body } = request
  const of = { id, event: event.id, eventType: event.type, attempt }
  return { ...of, headers, body: body.toString(), acknowledgeBefore: time(until) }
}

function toldBody(told: readonly Told[]): object {
  return { data: told.map(({ id, recorded, status }) => ({ id, recorded, status })) }
}
