// An endpoint as its customer sees it: the answer of the dialect's own API.

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

export function asDialectRoute({ context, views, pathOf }: AsDialectOptions): AnyRoute {
  return route({
    tag: 'Endpoints',
    method: 'GET',
    path: '/v1/tenants/:tenant/endpoints/:endpoint/as-dialect',
    operationId: 'getEndpointAsDialect',
    audits: 'secret.read',
    summary: "Get the answer that the dialect's own API gives to the customer; its secrets need the role `admin`",
    access: 'read',
    params: Type.Object({ tenant: TenantParameter, endpoint: Type.String() }),
    query: Type.Object(
      {
        secrets: Type.Optional(
          Type.Enum(['hidden'], { description: 'Without secrets and header values, and without an audit record.' }),
        ),
      },
      { additionalProperties: false },
    ),
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
      const view = await views.get({ path, host, tenant: id, dialect, seesSecrets: sees })
      if (sees && showsSecret(view.body, endpoint.value)) context.auditTrail.secretRead(principal, id, endpoint.value)
      return success({ status: 200, body: { request: { method: 'GET', path }, ...view } })
    },
  })
}

function showsSecret(body: string, { secrets, headers }: Endpoint): boolean {
  const values = [...secrets.map(({ value }) => value), ...Object.values(headers)]
  return values.some((value) => body.includes(JSON.stringify(value).slice(1, -1)))
}
