// Storno.ro's webhook API: test deliveries and the delivery history. Sources: README.md in this folder.

import { Type } from 'typebox'
import type { TenantId } from '../../domain/ids.ts'
import type { Principal } from '../../domain/principal.ts'
import { failure, type Result, success } from '../../domain/problem.ts'
import { type AnyRoute, route } from '../../http/route.ts'
import type { Context } from '../../operations/context.ts'
import { listAttempts, listDeliveries, showDelivery } from '../../operations/deliveries.ts'
import { sendTestNow } from '../../operations/test-endpoint.ts'
import { uuidOf } from './access.ts'
import { idOf, path, WebhookPath } from './api.ts'
import { aboveDeliveryOf, attemptNumber } from './attempt-ids.ts'
import {
  attemptSummary,
  DeliveryDetail,
  attemptDetailText,
  DeliveryList,
  TestResult,
  testResultText,
} from './delivery-shapes.ts'
import { scopes, storno, testData } from './wire.ts'

/**
 * How long a test waits for its outcome: the timeout of the attempt, and 2 s in which the attempt starts and is
 * recorded.
 */
const testWaitMs = storno.timeoutMs + 2000

const dayMs = 24 * 60 * 60 * 1000
const pageMax = 1_000_000

/** Any name with the letters of event types: a delivery carries the name in a header. */
const EventTypeName = Type.String({ pattern: '^[A-Za-z0-9_.-]{1,128}$' })
const Day = Type.String({ format: 'date', description: 'YYYY-MM-DD, in UTC.' })

const view = { tag: 'Deliveries', access: 'read', needs: scopes.view } as const

export function deliveryRoutes(context: Context): AnyRoute[] {
  return [testWebhookRoute(context), listWebhookDeliveriesRoute(context), getWebhookDeliveryRoute(context)]
}

function testWebhookRoute(context: Context): AnyRoute {
  return route({
    tag: 'Deliveries',
    access: 'test',
    needs: scopes.manage,
    method: 'POST',
    path: `${path}/:uuid/test`,
    operationId: 'testWebhook',
    summary: 'Test webhook: send an event now, and tell how it went',
    params: WebhookPath,
    body: Type.Object({ eventType: Type.Optional(EventTypeName) }),
    answers: { 200: TestResult },
    async handle({ principal, tenant, params, body: { eventType } }) {
      const id = idOf(params.uuid)
      const test = eventType === undefined ? undefined : { type: eventType, data: testData(id) }
      const sent = await sendTestNow(context, principal, tenant, id, testWaitMs, test)
      if (!sent.ok) return sent
      const found = await showDelivery(context, principal, tenant, id, sent.value.delivery)
      return found.ok ? success({ status: 200, body: testResultText(found.value) }) : found
    },
  })
}

function listWebhookDeliveriesRoute(context: Context): AnyRoute {
  return route({
    ...view,
    method: 'GET',
    path: `${path}/:uuid/deliveries`,
    operationId: 'listWebhookDeliveries',
    summary: 'List deliveries, one record per attempt, newest first',
    params: WebhookPath,
    query: Type.Object({
      page: Type.Optional(Type.Integer({ minimum: 1, maximum: pageMax, default: 1 })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
      status: Type.Optional(Type.Enum(['success', 'failed'])),
      eventType: Type.Optional(EventTypeName),
      from: Type.Optional(Day),
      to: Type.Optional(Day),
    }),
    answers: { 200: DeliveryList },
    async handle({ principal, tenant, params, query }) {
      const { page = 1, limit = 20, status, eventType = null, from, to } = query
      const filter = {
        succeeded: status === undefined ? null : status === 'success',
        eventType,
        from: from === undefined ? null : Date.parse(from),
        // The last day counts in full.
        to: to === undefined ? null : Date.parse(to) + dayMs,
      }
      const found = await listAttempts(context, principal, tenant, idOf(params.uuid), filter, { page, limit })
      if (!found.ok) return found
      const { rows, total } = found.value
      const pages = Math.ceil(total / limit)
      return success({ status: 200, body: { data: rows.map(attemptSummary), total, page, limit, pages } })
    },
  })
}

function getWebhookDeliveryRoute(context: Context): AnyRoute {
  return route({
    ...view,
    method: 'GET',
    path: `${path}/:uuid/deliveries/:deliveryUuid`,
    operationId: 'getWebhookDelivery',
    summary: 'Get delivery: one attempt, with request and response',
    params: Type.Object({ uuid: Type.String(), deliveryUuid: Type.String() }),
    answers: { 200: DeliveryDetail },
    async handle({ principal, tenant, params }) {
      const found = await showAttempt(context, principal, tenant, params)
      return found.ok ? success({ status: 200, body: found.value }) : found
    },
  })
}

async function showAttempt(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  params: { readonly uuid: string; readonly deliveryUuid: string },
): Promise<Result<string>> {
  const uuid = uuidOf(params.deliveryUuid)
  const notFound = failure({ kind: 'notFound', what: 'delivery', id: params.deliveryUuid })
  const query = { tenant, endpoint: idOf(params.uuid), status: null, eventType: null, from: null, to: null }
  const after = uuid === null ? '' : aboveDeliveryOf(uuid)
  const newest = await listDeliveries(context, principal, query, { limit: 1, after })
  if (!newest.ok) return newest
  const [row] = newest.value.rows
  const number = row === undefined || uuid === null ? null : attemptNumber(uuid, row.id)
  if (row === undefined || number === null) return notFound
  const found = await showDelivery(context, principal, tenant, query.endpoint, row.id)
  if (!found.ok) return found
  const made = found.value.attempts.at(-1)?.number ?? 0
  const isNext = number === made + 1 && (made === 0 || found.value.delivery.status === 'pending')
  return number <= made || isNext ? success(attemptDetailText(found.value, number)) : notFound
}
