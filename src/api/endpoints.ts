import { Type } from 'typebox'
import { type Endpoint, type EndpointStatus, hasSecrets } from '../domain/endpoint.ts'
import type { EndpointId, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { andThenOk, type MaybePromise } from '../domain/maybe-promise.ts'
import { invalidField, type Result, success } from '../domain/problem.ts'
import { seesSecrets } from '../domain/scopes.ts'
import type { Dialect } from '../contracts/dialect.ts'
import { pageBody, pageRequest } from '../http/cursor.ts'
import { renderOnce } from '../http/render.ts'
import { type AnyRoute, route } from '../http/route.ts'
import { answerWith, type SuccessAnswer } from '../http/answer.ts'
import { type Context, dialectOf, tenantFor } from '../operations/context.ts'
import type { Principal } from '../domain/principal.ts'
import { replay } from '../operations/deliveries.ts'
import { sendExample, sendTest } from '../operations/test-endpoint.ts'
import { deleteEndpoint, withStatus, withStatuses, getEndpoint, listEndpoints } from '../operations/endpoints.ts'
import { changeEndpoint, rotateSecret } from '../operations/change-endpoint.ts'
import { createEndpoint } from '../operations/create-endpoints.ts'
import type { Page, PageRequest } from '../contracts/page.ts'
import { timeOf } from './events.ts'
import {
  EndpointSchema,
  endpointShape,
  FilterValue,
  Nullable,
  PageOf,
  PageQuery,
  Time,
  OverlapSeconds,
  TenantParameter,
} from './shapes.ts'

const detailsDescription =
  'Fields that only the product knows, by name. Those that a change does not name keep their values.'
const strict = { additionalProperties: false }
const TenantPath = Type.Object({ tenant: TenantParameter })
const EndpointPath = Type.Object({ tenant: TenantParameter, endpoint: Type.String() })

const fields = {
  url: Type.String({ format: 'url', maxLength: limits.urlCharsMax }),
  eventTypes: Type.Array(Type.String(), {
    maxItems: limits.eventTypesPerEndpointMax,
    description: 'Names, beginnings such as `order.*`, or `*` for every type.',
  }),
  filters: Type.Optional(
    Type.Record(Type.String(), FilterValue(limits.filterValuesMax), {
      maxProperties: limits.filtersPerEndpointMax,
      description: 'The values that the attributes of an event must have, by name. Several: one of them.',
    }),
  ),
  details: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: detailsDescription })),
  description: Type.Optional(Nullable(Type.String({ maxLength: limits.descriptionCharsMax }))),
  enabled: Type.Optional(Type.Boolean()),
  headers: Type.Optional(
    Type.Record(Type.String(), Type.String(), {
      maxProperties: limits.customHeadersMax,
      description: 'Sent with each delivery, by name.',
    }),
  ),
  writeOnlyHeaders: Type.Optional(
    Type.Array(Type.String(), {
      maxItems: limits.customHeadersMax,
      description: 'Names of headers whose values are never shown. A mark is removed only together with new headers.',
    }),
  ),
  // No receiver could verify deliveries without a secret.
  secrets: Type.Optional(
    Type.Array(Type.String(), {
      minItems: 1,
      maxItems: limits.secretsPerEndpointMax,
      description: 'The signing secrets, newest first. If a new endpoint has none, one is created.',
    }),
  ),
}

const urlOfNew = Type.String({ ...fields.url, description: 'Required, unless `kind` is `polling`.' })

const kind = Type.Optional(
  Type.Enum(['push', 'polling'], {
    default: 'push',
    description: 'A polling endpoint has no URL: its consumers fetch the deliveries.',
  }),
)

/** A part of a schema. */
const hasUrlUnlessPolled = {
  if: { required: ['kind'], properties: { kind: { const: 'polling' } } },
  else: { required: ['url'] },
}

const SecretsQuery = Type.Object(
  {
    secrets: Type.Optional(
      Type.Enum(['hidden'], { description: 'Without secrets and header values, and without an audit record.' }),
    ),
  },
  strict,
)

const shared = { tag: 'Endpoints', audience: 'customers' } as const

export function endpointRoutes(context: Context): AnyRoute[] {
  return [
    listEndpointsRoute(context),
    createEndpointRoute(context),
    getEndpointRoute(context),
    changeEndpointRoute(context),
    deleteEndpointRoute(context),
    rotateSecretRoute(context),
    sendTestRoute(context),
    replayRoute(context),
  ]
}

function listEndpointsRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'GET',
    path: '/v1/tenants/:tenant/endpoints',
    operationId: 'listEndpoints',
    summary: "List a tenant's endpoints, newest first, without secrets and header values",
    access: 'read',
    params: TenantPath,
    query: Type.Object(PageQuery, strict),
    answers: { 200: PageOf(EndpointSchema) },
    async handle({ principal, params, query }) {
      const request = pageRequest('endpoints', query)
      if (!request.ok) return request
      const tenant = params.tenant as TenantId
      const endpoints = await listEndpoints(context, principal, tenant)
      if (!endpoints.ok) return endpoints
      const { rows, next } = pageOf(endpoints.value, request.value)
      const found = await withStatuses(context, rows)
      const dialect = await dialectFor(context, principal, tenant)
      if (!dialect.ok) return dialect
      const body = pageBody('endpoints', { rows: found, next }, ({ endpoint, status }) =>
        endpointShape(endpoint, dialect.value, status, false),
      )
      return success({ status: 200, body })
    },
  })
}

function createEndpointRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'POST',
    path: '/v1/tenants/:tenant/endpoints',
    operationId: 'createEndpoint',
    audits: 'endpoint.create',
    summary: 'Register an endpoint',
    access: 'write',
    params: TenantPath,
    body: Type.Object(
      { ...fields, kind, url: Type.Optional(urlOfNew) },
      {
        ...strict,
        ...hasUrlUnlessPolled,
        examples: [{ url: 'https://example.com/webhooks', eventTypes: ['order.*'], description: 'Orders' }],
      },
    ),
    answers: { 201: EndpointSchema },
    handle({ principal, params, body }) {
      return answer(context, principal, createEndpoint(context, principal, params.tenant as TenantId, body), 201)
    },
  })
}

function getEndpointRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'GET',
    path: '/v1/tenants/:tenant/endpoints/:endpoint',
    operationId: 'getEndpoint',
    audits: 'secret.read',
    summary: 'Get an endpoint of any dialect, with its health; its secrets and header values need `admin` or `secrets`',
    access: 'read',
    params: EndpointPath,
    query: SecretsQuery,
    answers: { 200: EndpointSchema },
    handle({ principal, params, query }) {
      context.auditTrail.assertRoom()
      const { tenant, endpoint } = ids(params)
      return answer(context, principal, getEndpoint(context, principal, tenant, endpoint), 200, query)
    },
  })
}

function changeEndpointRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'PATCH',
    path: '/v1/tenants/:tenant/endpoints/:endpoint',
    operationId: 'changeEndpoint',
    audits: 'endpoint.change',
    summary: 'Change the given fields of an endpoint',
    access: 'write',
    params: EndpointPath,
    query: SecretsQuery,
    body: Type.Partial(Type.Object(fields), { ...strict, examples: [{ eventTypes: ['order.paid'], enabled: true }] }),
    answers: { 200: EndpointSchema },
    handle({ principal, params, query, body }) {
      const { tenant, endpoint } = ids(params)
      return answer(context, principal, changeEndpoint(context, principal, tenant, endpoint, body), 200, query)
    },
  })
}

function deleteEndpointRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'DELETE',
    path: '/v1/tenants/:tenant/endpoints/:endpoint',
    operationId: 'deleteEndpoint',
    audits: 'endpoint.delete',
    summary: 'Delete an endpoint; its pending deliveries are cancelled',
    access: 'write',
    params: EndpointPath,
    answers: { 204: Type.Null() },
    handle({ principal, params }) {
      const { tenant, endpoint } = ids(params)
      return answerWith(deleteEndpoint(context, principal, tenant, endpoint), () => ({ status: 204 }))
    },
  })
}

function rotateSecretRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'POST',
    path: '/v1/tenants/:tenant/endpoints/:endpoint/rotate-secret',
    operationId: 'rotateSecret',
    audits: 'secret.rotate',
    summary: 'Add a new signing secret in front; the old ones sign too for a while',
    access: 'write',
    params: EndpointPath,
    body: Type.Object({ overlapSeconds: OverlapSeconds }, { ...strict, examples: [{ overlapSeconds: 3600 }] }),
    answers: { 200: EndpointSchema },
    handle({ principal, params, body }) {
      const { tenant, endpoint } = ids(params)
      const overlapMs = body.overlapSeconds === undefined ? undefined : body.overlapSeconds * 1000
      return answer(context, principal, rotateSecret(context, principal, tenant, endpoint, overlapMs), 200)
    },
  })
}

function sendTestRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'POST',
    path: '/v1/tenants/:tenant/endpoints/:endpoint/test',
    operationId: 'sendTest',
    summary: 'Send a test event to the endpoint, of a type of the catalogue with its example if a type is given',
    access: 'test',
    params: EndpointPath,
    body: Type.Object(
      { eventType: Type.Optional(Type.String({ minLength: 1, maxLength: limits.eventTypeCharsMax })) },
      { ...strict, examples: [{}] },
    ),
    answers: { 202: Type.Object({ event: Type.String(), type: Type.String(), delivery: Type.String() }) },
    async handle({ principal, params, body: { eventType } }) {
      const { tenant, endpoint } = ids(params)
      const sent =
        eventType === undefined
          ? await sendTest(context, principal, tenant, endpoint)
          : await sendExample(context, principal, tenant, endpoint, eventType)
      if (!sent.ok) return sent
      const { event, delivery } = sent.value
      return success({ status: 202, body: { event: event.id, type: event.type, delivery } })
    },
  })
}

function replayRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'POST',
    path: '/v1/tenants/:tenant/endpoints/:endpoint/replay',
    operationId: 'replay',
    audits: 'endpoint.replay',
    summary: 'Send past deliveries again; failed and cancelled ones by default',
    access: 'write',
    params: EndpointPath,
    body: Type.Object(
      {
        since: { ...Time, description: 'Deliveries of events that were accepted at this time or later.' },
        until: Type.Optional({ ...Time, description: 'Accepted before this time; default: now.' }),
        status: Type.Optional(
          Type.Enum(['pending', 'delivered', 'failed', 'cancelled'], { description: 'Default: failed and cancelled.' }),
        ),
      },
      { ...strict, examples: [{ since: '2026-01-01T00:00:00Z', status: 'failed' }] },
    ),
    answers: { 202: Type.Object({ deliveries: Type.Integer() }) },
    async handle({ principal, params, body }) {
      const { tenant, endpoint } = ids(params)
      const since = timeOf(body.since) ?? 0
      const until = timeOf(body.until) ?? context.clock.now() + 1
      if (until <= since) return invalidField('until', 'range', 'must be later than since')
      const replayed = await replay(context, principal, tenant, endpoint, {
        since,
        until,
        ...(body.status && { statuses: [body.status] }),
      })
      return replayed.ok ? success({ status: 202, body: { deliveries: replayed.value } }) : replayed
    },
  })
}

/** @param endpoints all endpoints of the tenant, newest first */
function pageOf(endpoints: readonly Endpoint[], { limit, after }: PageRequest): Page<Endpoint> {
  const beyond = after === null ? 0 : endpoints.findIndex(({ key }) => key < Number(after))
  const start = beyond === -1 ? endpoints.length : beyond
  const rows = endpoints.slice(start, start + limit)
  return { rows, next: start + limit < endpoints.length ? String(rows.at(-1)?.key) : null }
}

function ids(params: { tenant: string; endpoint: string }): { tenant: TenantId; endpoint: EndpointId } {
  return { tenant: params.tenant as TenantId, endpoint: params.endpoint as EndpointId }
}

const withSecrets = renderOnce((endpoint, status: EndpointStatus, dialect: Dialect) =>
  endpointShape(endpoint, dialect, status, true),
)
const withoutSecrets = renderOnce((endpoint, status: EndpointStatus, dialect: Dialect) =>
  endpointShape(endpoint, dialect, status, false),
)

function answer(
  context: Context,
  principal: Principal,
  result: MaybePromise<Result<Endpoint>>,
  status: SuccessAnswer['status'],
  { secrets }: { readonly secrets?: 'hidden' } = {},
): MaybePromise<Result<SuccessAnswer>> {
  const sees = secrets !== 'hidden' && seesSecrets(principal)
  const shown = sees ? withSecrets : withoutSecrets
  return andThenOk(withStatus(context, result), ({ endpoint, status: recorded }) =>
    answerWith(dialectFor(context, principal, endpoint.tenant), (dialect) => {
      if (sees && hasSecrets(endpoint)) context.auditTrail.secretRead(principal, endpoint.tenant, endpoint)
      return { status, body: shown(endpoint, recorded, dialect) }
    }),
  )
}

/** The dialect of a tenant; a problem if another request has deleted the tenant meanwhile. */
function dialectFor(context: Context, principal: Principal, id: TenantId): MaybePromise<Result<Dialect>> {
  return andThenOk(tenantFor(context, principal, id), ({ tenant }) => success(dialectOf(context, tenant)))
}
