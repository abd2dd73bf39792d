// Allo's webhook API for its customers: paths, authentication, shapes. Sources: README.md in this folder.

import { answerWith } from '../../http/answer.ts'
import { Type } from 'typebox'
import type { Endpoint } from '../../domain/endpoint.ts'
import type { EndpointId } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import { success } from '../../domain/problem.ts'
import { isoSeconds } from '../../domain/time.ts'
import type { DialectFront } from '../../front/dialect-front.ts'
import { type AnyRoute, route } from '../../http/route.ts'
import { idempotently } from '../../front/idempotency.ts'
import { renderOnce } from '../../http/render.ts'
import type { Context } from '../../operations/context.ts'
import type { EndpointInput } from '../../operations/endpoint-rules.ts'
import { deleteEndpoint, getEndpoint, listEndpoints } from '../../operations/endpoints.ts'
import { changeEndpoint } from '../../operations/change-endpoint.ts'
import { createEndpoint } from '../../operations/create-endpoints.ts'
import { alloProblem } from './errors.ts'
import { allo, scope, topics } from './wire.ts'

const Topic = Type.String({ enum: topics.map((topic) => topic.name) })

const Webhook = Type.Object({
  id: Type.String({ description: 'Unique id of the webhook endpoint.' }),
  url: Type.String({ format: 'uri' }),
  topics: Type.Array(Topic),
  description: Type.Union([Type.String(), Type.Null()]),
  enabled: Type.Boolean(),
  signing_secret: Type.Optional(
    Type.Union([Type.String(), Type.Null()], { description: 'Only on create and on get.' }),
  ),
  created_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
})

const ApiError = Type.Object({
  error: Type.Object({
    type: Type.String(),
    code: Type.String(),
    message: Type.String(),
    retryable: Type.Boolean(),
    request_id: Type.String(),
    doc_url: Type.Optional(Type.String()),
    param: Type.Optional(Type.String()),
    errors: Type.Optional(
      Type.Array(Type.Object({ field: Type.String(), code: Type.String(), message: Type.String() })),
    ),
    retry_after_seconds: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  }),
})

const fields = {
  url: Type.String({ format: 'uri', description: 'HTTPS URL, publicly reachable.' }),
  topics: Type.Array(Topic, {
    minItems: 1,
    maxItems: limits.eventTypesPerEndpointMax,
    description: 'At least one topic.',
  }),
  description: Type.Optional(Type.Union([Type.String({ maxLength: limits.descriptionCharsMax }), Type.Null()])),
}

const path = '/v2/api/webhooks'
const WebhookPath = Type.Object({ webhook_id: Type.String({ description: 'The webhook endpoint id.' }) })
const One = Type.Object({ data: Webhook })

export function alloFront(context: Context): DialectFront {
  return {
    dialect: allo,
    prefixes: ['/v2/api'],
    routes: alloRoutes(context),
    refusalSchema: ApiError,
    openapi: {
      info: { title: 'Allo API: webhooks', version: '1.0.0' },
      components: { securitySchemes: { ApiKeyAuth: { type: 'apiKey', in: 'header', name: 'Authorization' } } },
      security: [{ ApiKeyAuth: [] }],
    },
    // `Api-Key <key>` or the bare key. A header with another scheme has no API key.
    credential: (request) => /^(?:Api-Key +)?(\S+)$/i.exec((request.headers.authorization ?? '').trim())?.[1] ?? null,
    permits: (key, needs) => key.scopes.includes(needs),
    quotaHeaders: ({ limit, remaining, resetsAtSeconds }) => ({
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-reset': String(resetsAtSeconds),
    }),
    answerProblem: alloProblem,
  }
}

const shared = { tag: 'Webhooks', needs: scope } as const

function alloRoutes(context: Context): AnyRoute[] {
  return [
    listWebhookEventTypesRoute(),
    listWebhooksRoute(context),
    createWebhookRoute(context),
    getWebhookRoute(context),
    updateWebhookRoute(context),
    deleteWebhookRoute(context),
  ]
}

function listWebhookEventTypesRoute(): AnyRoute {
  return route({
    ...shared,
    method: 'GET',
    path: `${path}/event_types`,
    operationId: 'listWebhookEventTypes',
    summary: 'List webhook event types',
    access: 'read',
    answers: {
      200: Type.Object({ data: Type.Array(Type.Object({ name: Type.String(), description: Type.String() })) }),
    },
    handle: () => success({ status: 200, body: { data: topics } }),
  })
}

function listWebhooksRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'GET',
    path,
    operationId: 'listWebhooks',
    summary: 'List webhooks',
    access: 'read',
    answers: { 200: Type.Object({ data: Type.Array(Webhook) }) },
    handle: ({ principal, tenant }) =>
      answerWith(listEndpoints(context, principal, tenant), (endpoints) => ({
        status: 200,
        body: { data: endpoints.map((endpoint) => webhook(endpoint, false)) },
      })),
  })
}

function createWebhookRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'POST',
    path,
    operationId: 'createWebhook',
    summary: 'Create webhook',
    access: 'write',
    body: Type.Object(fields),
    answers: { 201: One },
    handle: ({ principal, tenant, body, request }) =>
      idempotently(
        context,
        principal,
        request,
        (answer) =>
          createEndpoint(
            context,
            principal,
            tenant,
            { url: body.url, eventTypes: body.topics, description: body.description ?? null },
            answer,
          ),
        (endpoint: Endpoint) => ({ status: 201, body: { data: webhook(endpoint, true) } }),
      ),
  })
}

function getWebhookRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'GET',
    path: `${path}/:webhook_id`,
    operationId: 'getWebhook',
    summary: 'Get webhook',
    access: 'read',
    params: WebhookPath,
    answers: { 200: One },
    handle: ({ principal, tenant, params }) =>
      answerWith(getEndpoint(context, principal, tenant, params.webhook_id as EndpointId), (endpoint) => ({
        status: 200,
        body: shown(endpoint),
      })),
  })
}

function updateWebhookRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'PUT',
    path: `${path}/:webhook_id`,
    operationId: 'updateWebhook',
    summary: 'Update webhook: only the given fields change',
    access: 'write',
    params: WebhookPath,
    body: Type.Partial(Type.Object({ ...fields, enabled: Type.Boolean() })),
    answers: { 200: One },
    handle({ principal, tenant, params, body, request }) {
      const { topics: eventTypes, url, description, enabled } = body
      const input: EndpointInput = {
        ...(url !== undefined && { url }),
        ...(eventTypes !== undefined && { eventTypes }),
        ...(description !== undefined && { description }),
        ...(enabled !== undefined && { enabled }),
      }
      const id = params.webhook_id as EndpointId
      return idempotently(
        context,
        principal,
        request,
        (answer) => changeEndpoint(context, principal, tenant, id, input, answer),
        (endpoint: Endpoint) => ({ status: 200, body: { data: webhook(endpoint, false) } }),
      )
    },
  })
}

function deleteWebhookRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'DELETE',
    path: `${path}/:webhook_id`,
    operationId: 'deleteWebhook',
    summary: 'Delete webhook, for good',
    access: 'write',
    params: WebhookPath,
    answers: { 204: Type.Null() },
    handle({ principal, tenant, params, request }) {
      const id = params.webhook_id as EndpointId
      return idempotently(
        context,
        principal,
        request,
        (answer) => deleteEndpoint(context, principal, tenant, id, answer),
        () => ({ status: 204 }),
      )
    },
  })
}

const shown = renderOnce((endpoint) => ({ data: webhook(endpoint, true) }))

function webhook(endpoint: Endpoint, withSecret: boolean): unknown {
  return {
    id: endpoint.id,
    url: endpoint.url,
    topics: endpoint.eventTypes,
    description: endpoint.description,
    enabled: endpoint.enabled,
    ...(withSecret && { signing_secret: endpoint.secrets[0]?.value ?? null }),
    created_at: isoSeconds(endpoint.createdAt),
  }
}
