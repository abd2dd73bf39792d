// Ultravox's webhook API as its customers see it: paths, authentication, schemas. Sources: README.md beside this file.

import { Type } from 'typebox'
import type { Endpoint } from '../../domain/endpoint.ts'
import type { EndpointId } from '../../domain/ids.ts'
import { type Result, success } from '../../domain/problem.ts'
import { ifOk, once, type Soon } from '../../domain/maybe-promise.ts'
import type { DialectFront } from '../../front/dialect-front.ts'
import { type AnyRoute, type Answer, route } from '../../http/front.ts'
import type { Context } from '../../operations/context.ts'
import {
  changeEndpoint,
  createEndpoint,
  deleteEndpoint,
  getEndpoint,
  listEndpoints,
} from '../../operations/endpoints.ts'
import { detail, ultravoxProblem } from './errors.ts'
import { pageOf, pageSizeOf, readCursor } from './paging.ts'
import { Detail, fields, ListQuery, Messages, Webhook, WebhookList, WebhookPath } from './schemas.ts'
import { inputOf, linkTo, webhook, webhookText } from './shapes.ts'
import { ultravox } from './wire.ts'

const path = '/api/webhooks'
const refusals = { 403: Detail, 429: Detail }

export function ultravoxFront(context: Context): DialectFront {
  return {
    dialect: ultravox,
    prefixes: [path],
    routes: ultravoxRoutes(context),
    openapi: {
      info: { title: 'Ultravox: webhooks', version: '0.1.0', description: 'API for the Ultravox service.' },
      components: { securitySchemes: { apiKeyAuth: { type: 'apiKey', in: 'header', name: 'X-API-Key' } } },
      security: [{ apiKeyAuth: [] }],
    },
    credential: ({ headers }) => textOf(headers['x-api-key']) ?? textOf(headers['x-unsafe-api-key']),
    permits: () => true,
    answerProblem: ultravoxProblem,
  }
}

function textOf(header: string | string[] | undefined): string | null {
  return typeof header === 'string' && header !== '' ? header : null
}

function ultravoxRoutes(context: Context): AnyRoute[] {
  return [
    route({
      tag: 'webhooks',
      method: 'GET',
      path,
      operationId: 'webhooks_list',
      summary: 'List webhooks, newest first',
      access: 'read',
      query: ListQuery,
      answers: { 200: WebhookList, 400: Messages, 404: Detail, ...refusals },
      async handle({ principal, tenant, query, request }) {
        const cursor = query.cursor ? readCursor(query.cursor) : null
        if (query.cursor && cursor === null) return success(detail(404, 'Invalid cursor'))
        const all = await listEndpoints(context, principal, tenant)
        if (!all.ok) return all
        const agentId = query.agentId?.toLowerCase()
        const matching = agentId ? all.value.filter(({ filters }) => filters['agentId'] === agentId) : all.value
        const { endpoints, next, previous } = pageOf(matching, cursor, pageSizeOf(query.pageSize))
        const results = await Promise.all(endpoints.map((endpoint) => webhook(context, endpoint)))
        const links = { next: linkTo(request, next), previous: linkTo(request, previous) }
        return success({ status: 200, body: { ...links, results, total: matching.length } })
      },
    }),
    route({
      tag: 'webhooks',
      method: 'POST',
      path,
      operationId: 'webhooks_create',
      summary: 'Create a webhook',
      access: 'write',
      body: Type.Object(fields),
      answers: { 201: Webhook, 400: Messages, 415: Detail, ...refusals },
      handle({ principal, tenant, body }) {
        const input = { ...inputOf(body), url: body.url, eventTypes: body.events }
        return answer(201, createEndpoint(context, principal, tenant, input))
      },
    }),
    route({
      tag: 'webhooks',
      method: 'GET',
      path: `${path}/:webhook_id`,
      operationId: 'webhooks_retrieve',
      summary: 'Get a webhook',
      access: 'read',
      params: WebhookPath,
      answers: { 200: Webhook, 404: Detail, ...refusals },
      handle: ({ principal, tenant, params }) => answer(200, getEndpoint(context, principal, tenant, idOf(params))),
    }),
    route({
      tag: 'webhooks',
      method: 'PUT',
      path: `${path}/:webhook_id`,
      operationId: 'webhooks_update',
      summary: 'Update a webhook: agentId and secrets stay as they are unless given',
      access: 'write',
      params: WebhookPath,
      body: Type.Object(fields),
      answers: { 200: Webhook, 400: Messages, 404: Detail, 415: Detail, ...refusals },
      handle: ({ principal, tenant, params, body }) =>
        answer(200, changeEndpoint(context, principal, tenant, idOf(params), inputOf(body))),
    }),
    route({
      tag: 'webhooks',
      method: 'PATCH',
      path: `${path}/:webhook_id`,
      operationId: 'webhooks_partial_update',
      summary: 'Update a webhook: only the given fields change',
      access: 'write',
      params: WebhookPath,
      body: Type.Partial(Type.Object(fields)),
      answers: { 200: Webhook, 400: Messages, 404: Detail, 415: Detail, ...refusals },
      handle: ({ principal, tenant, params, body }) =>
        answer(200, changeEndpoint(context, principal, tenant, idOf(params), inputOf(body))),
    }),
    route({
      tag: 'webhooks',
      method: 'DELETE',
      path: `${path}/:webhook_id`,
      operationId: 'webhooks_destroy',
      summary: 'Delete a webhook, for good',
      access: 'write',
      params: WebhookPath,
      answers: { 204: Type.Null(), 404: Detail, ...refusals },
      async handle({ principal, tenant, params }) {
        const deleted = await deleteEndpoint(context, principal, tenant, idOf(params))
        return deleted.ok ? success({ status: 204 }) : deleted
      },
    }),
  ]

  function answer(status: number, result: Soon<Result<Endpoint>>): Soon<Result<Answer>> {
    return ifOk(result, (endpoint) => once(webhookText(context, endpoint), (body) => success({ status, body })))
  }
}

/** Ids are kept in lower case, as the vendor writes them; a UUID is the same in either. */
function idOf(params: { readonly webhook_id: string }): EndpointId {
  return params.webhook_id.toLowerCase() as EndpointId
}
