// Ultravox's webhook API for its customers: paths, authentication, schemas. Sources: README.md in this folder.

import { Type } from 'typebox'
import type { EndpointId } from '../../domain/ids.ts'
import { failure, success } from '../../domain/problem.ts'
import type { DialectFront } from '../../front/dialect-front.ts'
import { type AnyRoute, route } from '../../http/route.ts'
import { answerWith, type SuccessAnswer } from '../../http/answer.ts'
import type { Context } from '../../operations/context.ts'
import {
  deleteEndpoint,
  type EndpointWithStatus,
  getEndpoint,
  listEndpoints,
  withStatus,
  withStatuses,
} from '../../operations/endpoints.ts'
import { changeEndpoint } from '../../operations/change-endpoint.ts'
import { createEndpoint } from '../../operations/create-endpoints.ts'
import { ultravoxProblem } from './errors.ts'
import { pageOf, pageSizeOf, readCursor } from './paging.ts'
import { Detail, fields, ListQuery, Messages, Webhook, WebhookList, WebhookPath } from './schemas.ts'
import { inputOf, linkTo, webhook, webhookText } from './shapes.ts'
import { newSecret, ultravox } from './wire.ts'

const path = '/api/webhooks'
/** The header of a key that web pages may send. They may not send `X-API-Key`. */
const unsafeKeyHeader = 'X-Unsafe-API-Key'

export function ultravoxFront(context: Context): DialectFront {
  return {
    dialect: ultravox,
    prefixes: [path],
    routes: ultravoxRoutes(context),
    refusalSchema: Detail,
    openapi: {
      info: { title: 'Ultravox: webhooks', version: '0.1.0', description: 'API for the Ultravox service.' },
      components: {
        securitySchemes: {
          apiKeyAuth: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
          unsafeApiKeyAuth: { type: 'apiKey', in: 'header', name: unsafeKeyHeader, description: 'For web pages.' },
        },
      },
      security: [{ apiKeyAuth: [] }, { unsafeApiKeyAuth: [] }],
    },
    credential: ({ headers }) => textOf(headers['x-api-key']) ?? textOf(headers[unsafeKeyHeader.toLowerCase()]),
    webPageHeaders: [unsafeKeyHeader, 'Content-Type'],
    permits: () => true,
    answerProblem: ultravoxProblem,
  }
}

function textOf(header: string | string[] | undefined): string | null {
  return typeof header === 'string' && header !== '' ? header : null
}

function ultravoxRoutes(context: Context): AnyRoute[] {
  return [
    webhooksListRoute(context),
    webhooksCreateRoute(context),
    webhooksRetrieveRoute(context),
    webhooksUpdateRoute(context),
    webhooksPartialUpdateRoute(context),
    webhooksDestroyRoute(context),
  ]
}

function webhooksListRoute(context: Context): AnyRoute {
  return route({
    tag: 'webhooks',
    method: 'GET',
    path,
    operationId: 'webhooks_list',
    summary: 'List webhooks, newest first',
    access: 'read',
    query: ListQuery,
    answers: { 200: WebhookList, 400: Messages },
    async handle({ principal, tenant, query, request }) {
      const cursor = query.cursor ? readCursor(query.cursor) : null
      if (query.cursor && cursor === null) return failure({ kind: 'notFound', what: 'page', id: query.cursor })
      const all = await listEndpoints(context, principal, tenant)
      if (!all.ok) return all
      const agentId = query.agentId?.toLowerCase()
      const matching = agentId ? all.value.filter(({ filters }) => filters['agentId'] === agentId) : all.value
      const { endpoints, next, previous } = pageOf(matching, cursor, pageSizeOf(query.pageSize))
      const found = await withStatuses(context, endpoints)
      const results = found.map((one) => webhook(context, one))
      const links = { next: linkTo(request, next), previous: linkTo(request, previous) }
      return success({ status: 200, body: { ...links, results, total: matching.length } })
    },
  })
}

function webhooksCreateRoute(context: Context): AnyRoute {
  return route({
    tag: 'webhooks',
    method: 'POST',
    path,
    operationId: 'webhooks_create',
    summary: 'Create a webhook',
    access: 'write',
    anyText: ['secrets'],
    body: Type.Object(fields),
    answers: { 201: Webhook, 400: Messages },
    handle({ principal, tenant, body }) {
      const input = { ...inputOf(body), url: body.url, eventTypes: body.events }
      return answerWith(withStatus(context, createEndpoint(context, principal, tenant, input)), (found) => ({
        body: webhookText(context, found),
        status: 201,
      }))
    },
  })
}

function webhooksRetrieveRoute(context: Context): AnyRoute {
  return route({
    tag: 'webhooks',
    method: 'GET',
    path: `${path}/:webhook_id`,
    operationId: 'webhooks_retrieve',
    summary: 'Get a webhook',
    access: 'read',
    params: WebhookPath,
    answers: { 200: Webhook },
    handle: ({ principal, tenant, params }) =>
      answerWith(withStatus(context, getEndpoint(context, principal, tenant, idOf(params))), shown(context)),
  })
}

function webhooksUpdateRoute(context: Context): AnyRoute {
  return route({
    tag: 'webhooks',
    method: 'PUT',
    path: `${path}/:webhook_id`,
    operationId: 'webhooks_update',
    summary: 'Replace a webhook: fields that are not given are as in a new webhook',
    access: 'write',
    params: WebhookPath,
    anyText: ['secrets'],
    body: Type.Object(fields),
    answers: { 200: Webhook, 400: Messages },
    handle({ principal, tenant, params, body }) {
      const input = inputOf({ agentId: null, secrets: [newSecret(context.randomBytes)], ...body })
      return answerWith(
        withStatus(context, changeEndpoint(context, principal, tenant, idOf(params), input)),
        shown(context),
      )
    },
  })
}

function webhooksPartialUpdateRoute(context: Context): AnyRoute {
  return route({
    tag: 'webhooks',
    method: 'PATCH',
    path: `${path}/:webhook_id`,
    operationId: 'webhooks_partial_update',
    summary: 'Update a webhook: only the given fields change',
    access: 'write',
    params: WebhookPath,
    anyText: ['secrets'],
    body: Type.Partial(Type.Object(fields)),
    answers: { 200: Webhook, 400: Messages },
    handle: ({ principal, tenant, params, body }) =>
      answerWith(
        withStatus(context, changeEndpoint(context, principal, tenant, idOf(params), inputOf(body))),
        shown(context),
      ),
  })
}

function webhooksDestroyRoute(context: Context): AnyRoute {
  return route({
    tag: 'webhooks',
    method: 'DELETE',
    path: `${path}/:webhook_id`,
    operationId: 'webhooks_destroy',
    summary: 'Delete a webhook, for good',
    access: 'write',
    params: WebhookPath,
    answers: { 204: Type.Null() },
    handle({ principal, tenant, params }) {
      return answerWith(deleteEndpoint(context, principal, tenant, idOf(params)), () => ({ status: 204 }))
    },
  })
}

function shown(context: Context): (found: EndpointWithStatus) => SuccessAnswer {
  return (found) => ({ status: 200, body: webhookText(context, found) })
}

/**
 * The id of a path in its stored form. The vendor writes ids in lower case, and a UUID in capitals is the same UUID.
 */
function idOf(params: { readonly webhook_id: string }): EndpointId {
  return params.webhook_id.toLowerCase() as EndpointId
}
