import { Type } from 'typebox'
import type { Outcome } from '../domain/attempt.ts'
import type { DeliveryId, EndpointId, TenantId } from '../domain/ids.ts'
import { failure, success } from '../domain/problem.ts'
import type { AttemptedFilter } from '../contracts/history-store.ts'
import { pageRequest } from '../http/cursor.ts'
import { type AnyRoute, route } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { findDelivery, retryDelivery, searchDeliveries } from '../operations/deliveries.ts'
import { timeOf } from './events.ts'
import {
  AttemptSchema,
  attemptShape,
  DeliverySchema,
  deliveryShape,
  OneOrMore,
  outcomeKinds,
  PageQuery,
  searchedBody,
  SearchedPageOf,
  Time,
  valuesOf,
} from './shapes.ts'

const strict = { additionalProperties: false }
const DeliveryPath = Type.Object({ delivery: Type.String() })

const attemptText = 'One attempt of the delivery meets this and all other conditions on attempts.'

const shared = { tag: 'Deliveries', audience: 'customers' } as const

export function deliveryRoutes(context: Context): AnyRoute[] {
  return [listDeliveriesRoute(context), getDeliveryRoute(context), retryDeliveryRoute(context)]
}

function listDeliveriesRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'GET',
    path: '/v1/deliveries',
    operationId: 'listDeliveries',
    summary: 'List deliveries, newest first',
    access: 'read',
    query: Type.Object(
      {
        ...PageQuery,
        tenant: Type.Optional(Type.String()),
        endpoint: Type.Optional(Type.String({ description: 'Needs tenant, unless the id is known to one only.' })),
        status: Type.Optional(OneOrMore(Type.Enum(['pending', 'delivered', 'failed', 'cancelled']))),
        failing: Type.Optional(Type.Boolean({ description: 'true: only pending deliveries that were attempted.' })),
        eventType: Type.Optional(Type.String()),
        dialect: Type.Optional(Type.String()),
        from: Type.Optional({ ...Time, description: 'The event was accepted at this time or later.' }),
        to: Type.Optional({ ...Time, description: 'The event was accepted before this time.' }),
        outcome: Type.Optional(Type.Enum(outcomeKinds, { description: attemptText })),
        httpStatus: Type.Optional(Type.Integer({ minimum: 100, maximum: 599, description: attemptText })),
        attemptedFrom: Type.Optional({ ...Time, description: `Started at this time or later. ${attemptText}` }),
        attemptedTo: Type.Optional({ ...Time, description: `Started before this time. ${attemptText}` }),
      },
      strict,
    ),
    answers: { 200: SearchedPageOf(DeliverySchema) },
    async handle({ principal, query }) {
      const page = pageRequest('deliveries', query)
      if (!page.ok) return page
      const wanted = {
        tenant: (query.tenant as TenantId | undefined) ?? null,
        endpoint: (query.endpoint as EndpointId | undefined) ?? null,
        statuses: valuesOf(query.status),
        eventType: query.eventType ?? null,
        from: timeOf(query.from),
        to: timeOf(query.to),
        dialect: query.dialect ?? null,
        failing: query.failing ?? false,
        attempted: attemptedOf(query),
      }
      const found = await searchDeliveries(context, principal, wanted, page.value)
      if (!found.ok) return found
      const body = searchedBody('deliveries', found.value, (row) => deliveryShape(row, principal))
      return success({ status: 200, body })
    },
  })
}

function attemptedOf({
  outcome,
  httpStatus,
  attemptedFrom,
  attemptedTo,
}: {
  readonly outcome?: Outcome['kind']
  readonly httpStatus?: number
  readonly attemptedFrom?: string
  readonly attemptedTo?: string
}): AttemptedFilter | null {
  const given = [outcome, httpStatus, attemptedFrom, attemptedTo]
  if (given.every((value) => value === undefined)) return null
  return {
    outcomes: outcome === undefined ? null : [outcome],
    httpStatus: httpStatus ?? null,
    from: timeOf(attemptedFrom),
    to: timeOf(attemptedTo),
  }
}

function getDeliveryRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'GET',
    path: '/v1/deliveries/:delivery',
    operationId: 'getDelivery',
    summary: 'Get a delivery with its attempts',
    access: 'read',
    params: DeliveryPath,
    answers: { 200: Type.Intersect([DeliverySchema, Type.Object({ history: Type.Array(AttemptSchema) })]) },
    async handle({ principal, params }) {
      const found = await findDelivery(context, principal, params.delivery as DeliveryId)
      if (!found.ok) return found
      const { delivery, attempts } = found.value
      const history = attempts.map((attempt) => attemptShape(attempt, principal))
      return success({ status: 200, body: { ...deliveryShape(delivery, principal), history } })
    },
  })
}

function retryDeliveryRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'POST',
    path: '/v1/deliveries/:delivery/retry',
    operationId: 'retryDelivery',
    audits: 'delivery.retry',
    summary: 'Attempt a delivery now; an ended delivery starts its retry schedule again',
    access: 'write',
    params: DeliveryPath,
    answers: { 202: DeliverySchema },
    async handle({ principal, params }) {
      const id = params.delivery as DeliveryId
      const retried = await retryDelivery(context, principal, id)
      if (!retried.ok) return retried
      const found = await findDelivery(context, principal, id)
      if (!found.ok) return failure(found.problem)
      return success({ status: 202, body: deliveryShape(found.value.delivery, principal) })
    },
  })
}
