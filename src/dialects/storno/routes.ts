// Storno.ro's webhook API for its customers: endpoints. delivery-routes.ts has the deliveries. Sources: README.md.

import { answerWith } from '../../http/answer.ts'
import { Type } from 'typebox'
import type { EndpointStatus } from '../../domain/endpoint.ts'
import { limits } from '../../domain/limits.ts'
import { failure, invalidField, type Result, success } from '../../domain/problem.ts'
import type { DialectFront } from '../../front/dialect-front.ts'
import { type AnyRoute, route } from '../../http/route.ts'
import { renderOnce } from '../../http/render.ts'
import { type Context, tenantFor } from '../../operations/context.ts'
import type { EndpointInput } from '../../operations/endpoint-rules.ts'
import {
  deleteEndpoint,
  getEndpoint,
  listEndpoints,
  withNewestPending,
  withStatus,
} from '../../operations/endpoints.ts'
import { changeEndpoint, rotateSecret } from '../../operations/change-endpoint.ts'
import { createEndpoint } from '../../operations/create-endpoints.ts'
import { companyOf, credential, keyOfClaims, planWithWebhooks } from './access.ts'
import { idOf, path, StornoError, WebhookPath } from './api.ts'
import { deliveryRoutes } from './delivery-routes.ts'
import { stornoProblem } from './errors.ts'
import { eventTypesOfA, eventTypesOfB } from './event-types.ts'
import { Webhook, webhook, webhookDetail, WebhookDetail } from './shapes.ts'
import { isFamilyB, scopes, storno } from './wire.ts'

const { urlCharsMax, descriptionCharsMax } = storno.endpointRules

// This schema accepts any string as event type and any text as URL. The rules of endpoints check them afterwards,
// because the vendor answers 422, not 400, to a well-formed value that it does not accept.
const fields = {
  url: Type.String({
    format: 'url',
    minLength: 1,
    maxLength: urlCharsMax,
    description: 'HTTPS URL, publicly reachable.',
  }),
  events: Type.Array(Type.String(), {
    minItems: 1,
    maxItems: limits.eventTypesPerEndpointMax,
    description: 'Event types, or `*` for all, later ones included.',
  }),
  description: Type.Optional(Type.Union([Type.String({ maxLength: descriptionCharsMax }), Type.Null()])),
  isActive: Type.Optional(Type.Boolean({ default: true })),
}

const bearer = { Bearer: [] }

export function stornoFront(context: Context): DialectFront {
  return {
    dialect: storno,
    prefixes: [path],
    routes: [...webhookRoutes(context), ...deliveryRoutes(context)],
    refusalSchema: StornoError,
    openapi: {
      info: { title: 'Storno.ro API: webhooks', version: '1.0.0' },
      components: {
        securitySchemes: {
          Bearer: { type: 'http', scheme: 'bearer' },
          Company: { type: 'apiKey', in: 'header', name: 'X-Company' },
        },
      },
      security: [{ ...bearer, Company: [] }],
    },
    credential,
    keyOfClaims,
    permits: (key, needs) => key.scopes.includes(needs),
    tenantOf: companyOf,
    answerProblem: stornoProblem,
  }
}

const view = { tag: 'Webhooks', access: 'read', needs: scopes.view } as const
const manage = { tag: 'Webhooks', access: 'write', needs: scopes.manage } as const

function webhookRoutes(context: Context): AnyRoute[] {
  return [
    listWebhookEventsRoute(context),
    listWebhooksRoute(context),
    createWebhookRoute(context),
    getWebhookRoute(context),
    updateWebhookRoute(context),
    deleteWebhookRoute(context),
    regenerateWebhookSecretRoute(context),
  ]
}

function listWebhookEventsRoute(context: Context): AnyRoute {
  return route({
    tag: 'Webhooks',
    access: 'read',
    tenantless: true,
    security: [bearer],
    method: 'GET',
    path: `${path}/events`,
    operationId: 'listWebhookEvents',
    summary: 'List webhook event types',
    answers: {
      200: Type.Array(Type.Object({ name: Type.String(), description: Type.String(), category: Type.String() })),
    },
    // The request needs no company: without one, the first company of the key decides.
    async handle({ principal, request }) {
      const company = request.tenant ?? (principal.kind === 'customer' ? principal.key.tenants[0] : undefined)
      const found = company === undefined ? null : await tenantFor(context, principal, company)
      const isB = found?.ok === true && isFamilyB(found.value.tenant)
      return success({ status: 200, body: isB ? eventTypesOfB : eventTypesOfA })
    },
  })
}

function listWebhooksRoute(context: Context): AnyRoute {
  return route({
    ...view,
    method: 'GET',
    path,
    operationId: 'listWebhooks',
    summary: 'List webhooks, newest first',
    answers: { 200: Type.Array(Webhook) },
    handle: ({ principal, tenant }) =>
      answerWith(listEndpoints(context, principal, tenant), (endpoints) => ({
        status: 200,
        body: endpoints.map((endpoint) => webhook(endpoint, false)),
      })),
  })
}

function createWebhookRoute(context: Context): AnyRoute {
  return route({
    ...manage,
    method: 'POST',
    path,
    operationId: 'createWebhook',
    summary: 'Create webhook',
    body: Type.Object(fields),
    answers: { 201: Webhook, 402: StornoError },
    async handle({ principal, tenant, body }) {
      const company = await tenantFor(context, principal, tenant)
      if (!company.ok) return company
      if (company.value.tenant.settings['plan'] === 'none')
        return failure({ kind: 'forbidden', needs: planWithWebhooks })
      const { url, events, description = null, isActive = true } = body
      const input = { url, eventTypes: events, description, enabled: isActive }
      const created = await createEndpoint(context, principal, tenant, input)
      return created.ok ? success({ status: 201, body: webhook(created.value, true) }) : created
    },
  })
}

function getWebhookRoute(context: Context): AnyRoute {
  return route({
    ...view,
    method: 'GET',
    path: `${path}/:uuid`,
    operationId: 'getWebhook',
    summary: 'Get webhook',
    params: WebhookPath,
    answers: { 200: WebhookDetail },
    handle: ({ principal, tenant, params }) =>
      answerWith(
        withNewestPending(context, withStatus(context, getEndpoint(context, principal, tenant, idOf(params.uuid)))),
        ({ endpoint, status, newestPending }) => ({
          status: 200,
          body: newestPending ? shownPending(endpoint, status) : shownEnded(endpoint, status),
        }),
      ),
  })
}

function updateWebhookRoute(context: Context): AnyRoute {
  return route({
    ...manage,
    method: 'PATCH',
    path: `${path}/:uuid`,
    operationId: 'updateWebhook',
    summary: 'Update webhook: only the given fields change',
    params: WebhookPath,
    body: Type.Partial(Type.Object(fields)),
    answers: { 200: Webhook },
    async handle({ principal, tenant, params, body }) {
      const change = changeOf(body)
      if (!change.ok) return change
      const changed = await changeEndpoint(context, principal, tenant, idOf(params.uuid), change.value)
      return changed.ok ? success({ status: 200, body: webhook(changed.value, false) }) : changed
    },
  })
}

function deleteWebhookRoute(context: Context): AnyRoute {
  return route({
    ...manage,
    method: 'DELETE',
    path: `${path}/:uuid`,
    operationId: 'deleteWebhook',
    summary: 'Delete webhook and its delivery history, for good',
    params: WebhookPath,
    answers: { 204: Type.Null() },
    handle: ({ principal, tenant, params }) =>
      answerWith(deleteEndpoint(context, principal, tenant, idOf(params.uuid)), () => ({ status: 204 })),
  })
}

function regenerateWebhookSecretRoute(context: Context): AnyRoute {
  return route({
    ...manage,
    method: 'POST',
    path: `${path}/:uuid/regenerate-secret`,
    operationId: 'regenerateWebhookSecret',
    summary: 'Regenerate secret: the old one ends at once',
    params: WebhookPath,
    answers: { 200: Webhook },
    handle: ({ principal, tenant, params }) =>
      answerWith(rotateSecret(context, principal, tenant, idOf(params.uuid), 0), (rotated) => ({
        status: 200,
        body: webhook(rotated, true),
      })),
  })
}

const shownPending = renderOnce((endpoint, status: EndpointStatus) => webhookDetail(endpoint, status, true))
const shownEnded = renderOnce((endpoint, status: EndpointStatus) => webhookDetail(endpoint, status, false))

interface WebhookChange {
  readonly url?: string
  readonly events?: readonly string[]
  readonly description?: string | null
  readonly isActive?: boolean
}

function changeOf({ url, events, description, isActive }: WebhookChange): Result<EndpointInput> {
  const input: EndpointInput = {
    ...(url !== undefined && { url }),
    ...(events !== undefined && { eventTypes: events }),
    ...(description !== undefined && { description }),
    ...(isActive !== undefined && { enabled: isActive }),
  }
  if (Object.keys(input).length > 0) return success(input)
  return invalidField('body', 'format', 'must have at least one of url, events, description and isActive')
}
