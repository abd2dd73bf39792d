import { answerWith } from '../http/answer.ts'
import { Type } from 'typebox'
import type { DeliveryId, ErasureId, EventId, TenantId } from '../domain/ids.ts'
import { type AnyRoute, route } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { erasePayload, eraseResponse, findErasure } from '../operations/erasures.ts'
import { ErasureSchema, erasureShape } from './shapes.ts'

const strict = { additionalProperties: false }
const tag = 'Erasures'

export function erasureRoutes(context: Context): AnyRoute[] {
  return [getErasureRoute(context), erasePayloadRoute(context), eraseResponseRoute(context)]
}

function getErasureRoute(context: Context): AnyRoute {
  return route({
    method: 'GET',
    path: '/v1/erasures/:erasure',
    operationId: 'getErasure',
    summary: 'Get an erasure; it is done once endedAt is a time',
    tag,
    access: 'read',
    params: Type.Object({ erasure: Type.String() }),
    answers: { 200: ErasureSchema },
    handle: ({ params }) =>
      answerWith(findErasure(context, params.erasure as ErasureId), (erasure) => ({
        status: 200,
        body: erasureShape(erasure),
      })),
  })
}

function erasePayloadRoute(context: Context): AnyRoute {
  return route({
    method: 'DELETE',
    path: '/v1/events/:event/data',
    operationId: 'erasePayload',
    audits: 'payload.erase',
    summary: 'Erase the data and attributes of an event, and cancel its pending deliveries',
    tag,
    access: 'write',
    params: Type.Object({ event: Type.String() }),
    query: Type.Object({ tenant: Type.Optional(Type.String()) }, strict),
    answers: { 202: ErasureSchema },
    handle: ({ principal, params, query }) =>
      answerWith(
        erasePayload(context, principal, params.event as EventId, (query.tenant as TenantId | undefined) ?? null),
        (erasure) => ({ status: 202, body: erasureShape(erasure) }),
      ),
  })
}

function eraseResponseRoute(context: Context): AnyRoute {
  return route({
    method: 'DELETE',
    path: '/v1/deliveries/:delivery/attempts/:number/response',
    operationId: 'eraseResponse',
    audits: 'response.erase',
    summary: 'Erase the response that an attempt has recorded',
    tag,
    access: 'write',
    params: Type.Object({ delivery: Type.String(), number: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }) }),
    answers: { 202: ErasureSchema },
    handle: ({ principal, params }) =>
      answerWith(eraseResponse(context, principal, params.delivery as DeliveryId, params.number), (erasure) => ({
        status: 202,
        body: erasureShape(erasure),
      })),
  })
}
