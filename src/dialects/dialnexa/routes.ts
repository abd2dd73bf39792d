// DialNexa's webhook API for its customers: paths, authentication, shapes. Sources: README.md in this folder.

import { answerWith } from '../../http/answer.ts'
import { Type } from 'typebox'
import type { Endpoint } from '../../domain/endpoint.ts'
import type { EndpointId } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import { success } from '../../domain/problem.ts'
import type { DialectFront } from '../../front/dialect-front.ts'
import { type AnyRoute, route } from '../../http/route.ts'
import { renderOnce } from '../../http/render.ts'
import type { Context } from '../../operations/context.ts'
import type { EndpointInput } from '../../operations/endpoint-rules.ts'
import { deleteEndpoint, getEndpoint, listEndpoints } from '../../operations/endpoints.ts'
import { changeEndpoint } from '../../operations/change-endpoint.ts'
import { createEndpoint } from '../../operations/create-endpoints.ts'
import { dialnexaProblem } from './errors.ts'
import { dialnexa, scopes, secretCharsMax } from './wire.ts'

const webhookFields = {
  id: Type.String({ description: 'The webhook ID, for example whk_c9v3nz8rq4pm.' }),
  url: Type.String(),
  events: Type.Array(Type.String()),
  is_active: Type.Boolean(),
}
const createdAt = { created_at: Type.String({ format: 'date-time' }) }
const Webhook = Type.Object({ ...webhookFields, ...createdAt })
const secret = Type.String({ minLength: 1, maxLength: secretCharsMax, description: 'Deliveries are signed with it.' })
const CreatedWebhook = Type.Object({ ...webhookFields, secret, ...createdAt })

const ApiError = Type.Object({
  statusCode: Type.Integer(),
  message: Type.Union([Type.String(), Type.Array(Type.String())]),
  error: Type.String(),
})
const Meta = Type.Object({
  page: Type.Integer(),
  limit: Type.Integer(),
  total: Type.Integer(),
  totalPages: Type.Integer(),
})

const fields = {
  url: Type.String({
    format: 'url',
    maxLength: limits.urlCharsMax,
    description: 'HTTPS URL, publicly reachable.',
  }),
  events: Type.Array(Type.String({ minLength: 1, maxLength: limits.eventTypeCharsMax }), {
    minItems: 1,
    maxItems: limits.eventTypesPerEndpointMax,
    description: 'Names of events; one that is not in the catalogue is taken too.',
  }),
  secret,
  is_active: Type.Boolean({ description: 'Whether the webhook receives events.' }),
}

const pageSizeDefault = 20
const pageSizeMax = 100
const ListQuery = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, default: 1 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: pageSizeMax, default: pageSizeDefault })),
  is_active: Type.Optional(Type.Boolean()),
})

const path = '/v1/user-webhooks'
const WebhookPath = Type.Object({ id: Type.String() })

export function dialnexaFront(context: Context): DialectFront {
  return {
    dialect: dialnexa,
    prefixes: [path],
    routes: dialnexaRoutes(context),
    refusalSchema: ApiError,
    openapi: {
      info: { title: 'DialNexa API: webhooks', version: '1.0.0' },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
    // The whole `key_id:secret` is the token.
    credential: (request) => /^Bearer +(\S+)$/i.exec((request.headers.authorization ?? '').trim())?.[1] ?? null,
    permits: (key, needs) => key.scopes.includes(needs),
    quotaHeaders: ({ limit, remaining, resetsAtSeconds }) => ({
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-reset': String(resetsAtSeconds),
    }),
    answerProblem: dialnexaProblem,
  }
}

const read = { tag: 'Webhooks', access: 'read', needs: scopes.read } as const
const manage = { tag: 'Webhooks', access: 'write', needs: scopes.manage } as const

function dialnexaRoutes(context: Context): AnyRoute[] {
  return [
    createWebhookRoute(context),
    listWebhooksRoute(context),
    getWebhookRoute(context),
    updateWebhookRoute(context),
    deleteWebhookRoute(context),
  ]
}

function createWebhookRoute(context: Context): AnyRoute {
  return route({
    ...manage,
    method: 'POST',
    path,
    operationId: 'createWebhook',
    summary: 'Create a webhook',
    anyText: ['secret'],
    body: Type.Object({ ...fields, is_active: Type.Optional(fields.is_active) }),
    answers: { 201: CreatedWebhook },
    async handle({ principal, tenant, body }) {
      const input = { ...inputOf(body), url: body.url, eventTypes: body.events }
      const created = await createEndpoint(context, principal, tenant, input)
      if (!created.ok) return created
      return success({ status: 201, body: { ...webhook(created.value), secret: body.secret } })
    },
  })
}

function listWebhooksRoute(context: Context): AnyRoute {
  return route({
    ...read,
    method: 'GET',
    path,
    operationId: 'listWebhooks',
    summary: 'List webhooks, newest first',
    query: ListQuery,
    answers: { 200: Type.Object({ data: Type.Array(Webhook), meta: Meta }) },
    async handle({ principal, tenant, query }) {
      const all = await listEndpoints(context, principal, tenant)
      if (!all.ok) return all
      const { page = 1, limit = pageSizeDefault, is_active } = query
      const wanted = is_active === undefined ? all.value : all.value.filter(({ enabled }) => enabled === is_active)
      const total = wanted.length
      const data = wanted.slice((page - 1) * limit, page * limit).map(webhook)
      const meta = { page, limit, total, totalPages: Math.ceil(total / limit) }
      return success({ status: 200, body: { data, meta } })
    },
  })
}

function getWebhookRoute(context: Context): AnyRoute {
  return route({
    ...read,
    method: 'GET',
    path: `${path}/:id`,
    operationId: 'getWebhook',
    summary: 'Get a webhook',
    params: WebhookPath,
    answers: { 200: Webhook },
    handle: ({ principal, tenant, params }) =>
      answerWith(getEndpoint(context, principal, tenant, params.id as EndpointId), (endpoint) => ({
        status: 200,
        body: shown(endpoint),
      })),
  })
}

function updateWebhookRoute(context: Context): AnyRoute {
  return route({
    ...manage,
    method: 'PATCH',
    path: `${path}/:id`,
    operationId: 'updateWebhook',
    summary: 'Update a webhook: only the given fields change',
    params: WebhookPath,
    anyText: ['secret'],
    body: Type.Partial(Type.Object(fields)),
    answers: { 200: Webhook },
    handle: ({ principal, tenant, params, body }) =>
      answerWith(changeEndpoint(context, principal, tenant, params.id as EndpointId, inputOf(body)), (changed) => ({
        status: 200,
        body: webhook(changed),
      })),
  })
}

function deleteWebhookRoute(context: Context): AnyRoute {
  return route({
    ...manage,
    method: 'DELETE',
    path: `${path}/:id`,
    operationId: 'deleteWebhook',
    summary: 'Delete a webhook, for good',
    params: WebhookPath,
    answers: { 200: Type.Object({ message: Type.String() }) },
    handle: ({ principal, tenant, params }) =>
      answerWith(deleteEndpoint(context, principal, tenant, params.id as EndpointId), () => ({
        status: 200,
        body: { message: 'Webhook deleted.' },
      })),
  })
}

interface WebhookInput {
  readonly url?: string
  readonly events?: readonly string[]
  readonly secret?: string
  readonly is_active?: boolean
}

/** A new secret replaces the old one at once: the vendor has no overlap. */
function inputOf({ url, events, secret: text, is_active: enabled }: WebhookInput): EndpointInput {
  return {
    ...(url !== undefined && { url }),
    ...(events !== undefined && { eventTypes: events }),
    ...(text !== undefined && { secrets: [text] }),
    ...(enabled !== undefined && { enabled }),
  }
}

const shown = renderOnce(webhook)

/** The webhook without its secret, which only the answer to create has. */
function webhook({ id, url, eventTypes, enabled, createdAt: at }: Endpoint): object {
  return { id, url, events: eventTypes, is_active: enabled, created_at: new Date(at).toISOString() }
}
