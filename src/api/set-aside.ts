import { Type } from 'typebox'
import type { OutboxKey } from '../domain/ids.ts'
import { success } from '../domain/problem.ts'
import type { SetAsideEvent } from '../contracts/outbox-store.ts'
import { answerWith } from '../http/answer.ts'
import { pageBody, pageRequest } from '../http/cursor.ts'
import { type AnyRoute, route } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { deleteSetAside, listSetAside, retrySetAside } from '../operations/set-aside.ts'
import { Nullable, PageOf, PageQuery, time, Time, timeOrNull } from './shapes.ts'

const path = '/v1/outbox/set-aside'
const tag = 'Outbox'
const NumberPath = Type.Object({ number: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) })

export const SetAsideSchema = Type.Object({
  number: Type.Integer({ description: 'Its place in the outbox: the column `key` of the table.' }),
  tenant: Type.String(),
  type: Type.String(),
  id: Nullable(Type.String()),
  occurredAt: Nullable(Time),
  publishedAt: Time,
  problem: Type.String({ description: 'Why the event cannot be accepted.' }),
})

export function setAsideRoutes(context: Context): AnyRoute[] {
  return [listRoute(context), retryRoute(context), deleteRoute(context)]
}

function listRoute(context: Context): AnyRoute {
  return route({
    method: 'GET',
    path,
    operationId: 'listSetAside',
    summary: 'List the events that were published in a transaction and cannot be accepted, the last published first',
    tag,
    access: 'read',
    query: Type.Object(PageQuery, { additionalProperties: false }),
    answers: { 200: PageOf(SetAsideSchema) },
    async handle({ query }) {
      const page = pageRequest('set-aside', query)
      if (!page.ok) return page
      const body = pageBody('set-aside', await listSetAside(context, page.value), setAsideShape)
      return success({ status: 200, body })
    },
  })
}

function retryRoute(context: Context): AnyRoute {
  return route({
    method: 'POST',
    path: `${path}/:number/retry`,
    operationId: 'retrySetAside',
    audits: 'set_aside.retry',
    summary: 'Try an event again that was set aside; it is set aside again if it still cannot be accepted',
    tag,
    access: 'write',
    params: NumberPath,
    answers: { 204: Type.Null() },
    handle: ({ principal, params }) =>
      answerWith(retrySetAside(context, principal, params.number as OutboxKey), () => ({ status: 204 })),
  })
}

function deleteRoute(context: Context): AnyRoute {
  return route({
    method: 'DELETE',
    path: `${path}/:number`,
    operationId: 'deleteSetAside',
    audits: 'set_aside.delete',
    summary: 'Delete an event that was set aside',
    tag,
    access: 'write',
    params: NumberPath,
    answers: { 204: Type.Null() },
    handle: ({ principal, params }) =>
      answerWith(deleteSetAside(context, principal, params.number as OutboxKey), () => ({ status: 204 })),
  })
}

function setAsideShape({ key, tenant, type, id, occurredAt, publishedAt, problem }: SetAsideEvent): object {
  const times = { occurredAt: timeOrNull(occurredAt), publishedAt: time(publishedAt) }
  return { number: key, tenant, type, id, ...times, problem }
}
