// Partoo's webhook API for its customers: paths, authentication, permission. Sources: README.md in this folder.

import { answerWith } from '../../http/answer.ts'
import type { FastifyRequest } from 'fastify'
import type { ApiKey } from '../../domain/api-key.ts'
import type { EndpointId, TenantId } from '../../domain/ids.ts'
import { failure, invalidField, type Result, success } from '../../domain/problem.ts'
import type { DialectFront } from '../../front/dialect-front.ts'
import { type AnyRoute, route } from '../../http/route.ts'
import { renderOnce } from '../../http/render.ts'
import type { Context } from '../../operations/context.ts'
import { deleteEndpoint, getEndpoint, listEndpoints } from '../../operations/endpoints.ts'
import { changeEndpoint } from '../../operations/change-endpoint.ts'
import { createEndpoints, type NewEndpoint } from '../../operations/create-endpoints.ts'
import { partooProblem } from './errors.ts'
import * as schemas from './schemas.ts'
import { tryout } from './tryout.ts'
import { eventTypes, partoo, resellerRole, webhookRoles } from './wire.ts'

const path = '/v2/webhooks'
const oneWebhook = `${path}/:webhook_id`
const pageSize = 30

export function partooFront(context: Context): DialectFront {
  return {
    dialect: partoo,
    prefixes: [path],
    routes: [...collectionRoutes(context), ...webhookRoutes(context)],
    refusalSchema: schemas.Refusal,
    openapi: {
      info: { title: 'Partoo Rest API: webhooks', version: 'v2' },
      components: { securitySchemes: { ApiKeyAuth: { type: 'apiKey', in: 'header', name: 'x-APIKey' } } },
      security: [{ ApiKeyAuth: [] }],
    },
    credential(request) {
      const key = request.headers['x-apikey']
      return typeof key === 'string' && /^\S+$/.test(key) ? key : null
    },
    permits: (key) => key.role !== null && webhookRoles.includes(key.role),
    tenantOf,
    answerProblem: partooProblem,
  }
}

/** The organization in `org_id`; default: the key's first one. A reseller's request must have `org_id`. */
function tenantOf(request: FastifyRequest, key: ApiKey): Result<TenantId> {
  const { org_id: given } = request.query as Readonly<Record<string, unknown>>
  if (given === undefined) {
    if (key.role === resellerRole) return invalidField('org_id', 'required', 'is required', 'query')
    return success(key.tenants[0] as TenantId)
  }
  const own = key.tenants.find((tenant) => tenant === given)
  return own === undefined ? failure({ kind: 'forbidden', needs: 'org_id' }) : success(own)
}

const shown = renderOnce(schemas.webhookItem)

const shared = { tag: 'Webhooks', needs: 'webhooks' } as const

function collectionRoutes(context: Context): AnyRoute[] {
  return [getWebhookListRoute(context), webhookRoute(context), getWebhookEventsRoute(), tryoutWebhookRoute(context)]
}

function getWebhookListRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'GET',
    path,
    operationId: 'getWebhookList',
    summary: 'Get a list of webhook configurations, newest first',
    access: 'read',
    query: schemas.OrgAndPage,
    answers: { 200: schemas.WebhookList },
    async handle({ principal, tenant, query }) {
      const endpoints = await listEndpoints(context, principal, tenant)
      if (!endpoints.ok) return endpoints
      const { page = 1, per_page: size = pageSize } = query
      const count = endpoints.value.length
      const items = endpoints.value.slice((page - 1) * size, page * size).map(schemas.webhookItem)
      return success({ status: 200, body: { page, max_page: Math.max(1, Math.ceil(count / size)), count, items } })
    },
  })
}

function webhookRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'POST',
    path,
    operationId: 'Webhook',
    summary: 'Create webhook configurations: all of them, or none',
    access: 'write',
    query: schemas.Org,
    body: schemas.CreateWebhooks,
    answers: { 200: schemas.CreatedWebhooks },
    async handle({ principal, tenant, body }) {
      const inputs = body.items.map(inputOf)
      const created = await createEndpoints(context, principal, tenant, inputs, null, itemField)
      return created.ok ? success({ status: 200, body: { items: created.value.map(schemas.webhookItem) } }) : created
    },
  })
}

function getWebhookEventsRoute(): AnyRoute {
  return route({
    ...shared,
    method: 'GET',
    path: `${path}/events`,
    operationId: 'getWebhookEvents',
    summary: 'List available webhook events',
    access: 'read',
    query: schemas.Org,
    answers: { 200: schemas.EventTypes },
    handle: () => success({ status: 200, body: eventTypes.map(({ name }) => name) }),
  })
}

function tryoutWebhookRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'POST',
    path: `${path}/tryout`,
    operationId: 'tryoutWebhook',
    summary: 'Send a test payload to a webhook configuration that need not exist',
    access: 'test',
    query: schemas.Org,
    body: schemas.Tryout,
    answers: { 200: schemas.TryoutResults },
    async handle({ principal, tenant, body }) {
      const [item] = body.items
      const tried = await tryout(context, principal, tenant, inputOf(item), (field) => itemField(0, field))
      if (!tried.ok) return tried
      const { success: arrived, statusCode } = tried.value
      const { url, event_type } = item
      return success({
        status: 200,
        body: { items: [{ url, event_type, success: arrived, status_code: statusCode }] },
      })
    },
  })
}

function webhookRoutes(context: Context): AnyRoute[] {
  const update = (method: 'PUT' | 'PATCH', operationId: string): AnyRoute =>
    route({
      ...shared,
      method,
      path: oneWebhook,
      operationId,
      summary: 'Update a webhook configuration: only the given fields change',
      access: 'write',
      params: schemas.WebhookPath,
      query: schemas.Org,
      body: schemas.UpdateWebhook,
      answers: { 200: schemas.WebhookItem },
      async handle({ principal, tenant, params, body: { url, custom_headers: headers } }) {
        const input = { ...(url !== undefined && { url }), ...(headers !== undefined && { headers }) }
        const changed = await changeEndpoint(context, principal, tenant, idOf(params), input)
        return changed.ok ? success({ status: 200, body: schemas.webhookItem(changed.value) }) : changed
      },
    })
  return [
    route({
      ...shared,
      method: 'GET',
      path: oneWebhook,
      operationId: 'getWebhook',
      summary: 'Get a webhook configuration',
      access: 'read',
      params: schemas.WebhookPath,
      query: schemas.Org,
      answers: { 200: schemas.WebhookItem },
      handle: ({ principal, tenant, params }) =>
        answerWith(getEndpoint(context, principal, tenant, idOf(params)), (endpoint) => ({
          status: 200,
          body: shown(endpoint),
        })),
    }),
    update('PUT', 'updateWebhook'),
    update('PATCH', 'patchWebhook'),
    route({
      ...shared,
      method: 'DELETE',
      path: oneWebhook,
      operationId: 'deleteWebhook',
      summary: 'Delete a webhook configuration, for good',
      access: 'write',
      params: schemas.WebhookPath,
      query: schemas.Org,
      answers: { 200: schemas.Deleted },
      handle: ({ principal, tenant, params }) =>
        answerWith(deleteEndpoint(context, principal, tenant, idOf(params)), () => ({
          status: 200,
          body: { id: params.webhook_id, status: 'success' },
        })),
    }),
  ]
}

function idOf({ webhook_id }: { readonly webhook_id: number }): EndpointId {
  return String(webhook_id) as EndpointId
}

function inputOf({ url, event_type, custom_headers: headers = {} }: schemas.NewWebhookInput): NewEndpoint {
  return { url, eventTypes: [event_type], headers }
}

function itemField(index: number, field: string): string {
  return `items.${index}.${field}`
}
