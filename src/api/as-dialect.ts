// An endpoint as its customer sees it, and the answers to the customer's changes of it: those of the dialect's own API.

import { Type } from 'typebox'
import type { Endpoint } from '../domain/endpoint.ts'
import type { EndpointId, TenantId } from '../domain/ids.ts'
import { failure, success } from '../domain/problem.ts'
import { seesSecrets } from '../domain/scopes.ts'
import type { CustomerViews } from '../front/customer-views.ts'
import { type AnyRoute, route } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { getEndpoint } from '../operations/endpoints.ts'
import { tenantFor } from '../operations/context.ts'
import { CustomersViewSchema } from './answer-shapes.ts'
import { TenantParameter } from './shapes.ts'

export interface AsDialectOptions {
  readonly context: Context
  readonly views: CustomerViews
  /** The path at which customers of a dialect get an endpoint; null: their API has no such route. */
  readonly pathOf: (dialect: string, endpoint: Endpoint) => string | null
}

const SecretsChoice = Type.Enum(['hidden'], {
  description: 'Without secrets and header values, and without an audit record.',
})

export function asDialectRoutes(options: AsDialectOptions): AnyRoute[] {
  return [getRoute(options), rehearseRoute(options)]
}

function getRoute({ context, views, pathOf }: AsDialectOptions): AnyRoute {
  return route({
    tag: 'Endpoints',
    method: 'GET',
    path: '/v1/tenants/:tenant/endpoints/:endpoint/as-dialect',
    operationId: 'getEndpointAsDialect',
    audits: 'secret.read',
    summary: "Get the answer that the dialect's own API gives to the customer; its secrets need the role `admin`",
    access: 'read',
    params: Type.Object({ tenant: TenantParameter, endpoint: Type.String() }),
    query: Type.Object({ secrets: Type.Optional(SecretsChoice) }, { additionalProperties: false }),
    answers: { 200: CustomersViewSchema },
    async handle({ principal, params, query, request }) {
      context.auditTrail.assertRoom()
      const id = params.tenant as TenantId
      const found = await tenantFor(context, principal, id)
      if (!found.ok) return found
      const endpoint = await getEndpoint(context, principal, id, params.endpoint as EndpointId)
      if (!endpoint.ok) return endpoint
      const { dialect } = found.value.tenant
      const path = context.dialects.has(dialect) ? pathOf(dialect, endpoint.value) : null
      if (path === null) {
        const detail = `the API of ${dialect} is not served, or shows no single webhook`
        return failure({ kind: 'conflict', code: 'no_route_in_dialect', detail })
      }
      const host = request.headers.host ?? 'localhost'
      const sees = query.secrets !== 'hidden' && seesSecrets(principal)
      const asked = { method: 'GET', path, host, tenant: id, dialect } as const
      const view = await views.answer({ ...asked, seesSecrets: sees, isDone: false })
      if (!view.ok) return view
      const { body } = view.value
      if (sees && showsSecret(body, endpoint.value)) context.auditTrail.secretRead(principal, id, endpoint.value)
      return success({ status: 200, body: { request: { method: 'GET', path }, ...view.value } })
    },
  })
}

function rehearseRoute({ context, views }: Pick<AsDialectOptions, 'context' | 'views'>): AnyRoute {
  return route({
    tag: 'Endpoints',
    method: 'POST',
    path: '/v1/tenants/:tenant/as-dialect',
    operationId: 'rehearseAsDialect',
    audits: 'secret.read',
    summary:
      "Get the answer that the dialect's own API would give to a customer's change of an endpoint; its secrets need the role `admin`",
    description:
      'Nothing changes. The request needs no key of the customer, and counts against no quota. A route of the dialect that changes no endpoint cannot be rehearsed: `route_not_rehearsed`.',
    access: 'read',
    params: Type.Object({ tenant: TenantParameter }),
    body: Type.Object(
      {
        method: Type.Enum(['POST', 'PUT', 'PATCH', 'DELETE']),
        path: Type.String({ pattern: '^/', maxLength: 4096, description: 'With its query.' }),
        body: Type.Optional(Type.Unknown({ description: 'The body of the request, JSON.' })),
        done: Type.Optional(
          Type.Boolean({
            description:
              'Whether the change is made already: the answer then shows the endpoint as it is stored. Default: false, which shows it as it would be, without the values of secrets and headers.',
          }),
        ),
        secrets: Type.Optional(SecretsChoice),
      },
      { additionalProperties: false },
    ),
    answers: { 200: CustomersViewSchema },
    async handle({ principal, params, body: { method, path, body, done: isDone = false, secrets }, request }) {
      context.auditTrail.assertRoom()
      const id = params.tenant as TenantId
      const found = await tenantFor(context, principal, id)
      if (!found.ok) return found
      const { endpoints, tenant } = found.value
      const sees = isDone && secrets !== 'hidden' && seesSecrets(principal)
      const asked = { method, path, body, host: request.headers.host ?? 'localhost' }
      const view = await views.answer({ ...asked, tenant: id, dialect: tenant.dialect, seesSecrets: sees, isDone })
      if (!view.ok) return view
      const shown = sees ? endpoints.find(({ endpoint }) => showsSecret(view.value.body, endpoint)) : undefined
      if (shown !== undefined) context.auditTrail.secretRead(principal, id, shown.endpoint)
      return success({ status: 200, body: { request: { method, path }, ...view.value } })
    },
  })
}

function showsSecret(body: string, { secrets, headers }: Endpoint): boolean {
  const values = [...secrets.map(({ value }) => value), ...Object.values(headers)]
  return values.some((value) => body.includes(JSON.stringify(value).slice(1, -1)))
}
