// The failures of an endpoint, in groups.

import { Type } from 'typebox'
import type { EndpointId, TenantId } from '../domain/ids.ts'
import { answerWith } from '../http/answer.ts'
import { type AnyRoute, route } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { listFailures } from '../operations/failures.ts'
import { FailuresSchema } from './answer-shapes.ts'
import { TenantParameter, time } from './shapes.ts'

export function failureRoutes(context: Context): AnyRoute[] {
  return [
    route({
      tag: 'Endpoints',
      audience: 'customers',
      method: 'GET',
      path: '/v1/tenants/:tenant/endpoints/:endpoint/failures',
      operationId: 'listFailures',
      summary: 'List the failures among the newest attempts of an endpoint, in groups of the same kind',
      access: 'read',
      params: Type.Object({ tenant: TenantParameter, endpoint: Type.String() }),
      answers: { 200: FailuresSchema },
      handle({ principal, params }) {
        const [tenant, endpoint] = [params.tenant as TenantId, params.endpoint as EndpointId]
        return answerWith(listFailures(context, principal, tenant, endpoint), ({ groups, searchedTo }) => {
          const data = groups.map(({ firstAt, lastAt, ...group }) => ({
            ...group,
            firstAt: time(firstAt),
            lastAt: time(lastAt),
          }))
          return { status: 200, body: { data, searchedTo: searchedTo === null ? null : time(searchedTo) } }
        })
      },
    }),
  ]
}
