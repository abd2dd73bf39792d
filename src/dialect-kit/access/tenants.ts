// Which tenant a request is about, where a key may grant several.

import type { FastifyRequest } from 'fastify'
import type { ApiKey } from '../../domain/api-key.ts'
import type { TenantId } from '../../domain/ids.ts'
import { failure, type Problem, type Result, success } from '../../domain/problem.ts'
import type { Presented } from './authentication.ts'

export interface TenantChoice {
  /** How a caller names a tenant. */
  readonly present: (tenant: string) => Presented
  readonly tenantOf: (request: FastifyRequest, key: ApiKey) => Result<TenantId>
  /** The parameter of the query that names the tenant; absent: there is none. */
  readonly query?: string
  /** The security scheme of the OpenAPI document that stands for the header; absent: no header names the tenant. */
  readonly scheme?: { readonly name: string; readonly value: object }
}

export interface NamedTenant {
  /** The place of the tenant's id in the request: a query parameter, or a header. */
  readonly query?: string
  readonly header?: string
  /** Whether a request with this key must name a tenant; default: always. Other requests are about the first tenant. */
  readonly isRequired?: (key: ApiKey) => boolean
}

/**
 * The tenant that the request names. A request that must name one and does not is refused: without the parameter it is
 * not valid, without the header it is forbidden and needs that header. A request that names a tenant that its key does
 * not grant is forbidden and needs `access to <name>`.
 */
export function namedTenant({ query, header = '', isRequired = () => true }: NamedTenant): TenantChoice {
  const name = query ?? header
  const missing: Problem =
    query === undefined
      ? { kind: 'forbidden', needs: name }
      : {
          kind: 'invalid',
          where: 'query',
          fields: [{ field: name, rule: 'required', message: 'is required' }],
        }
  const denied: Problem = { kind: 'forbidden', needs: `access to ${name}` }
  const given =
    query === undefined
      ? ({ headers }: FastifyRequest) => headers[name.toLowerCase()] || undefined
      : (request: FastifyRequest) => (request.query as Readonly<Record<string, unknown>>)[query]
  return {
    present: (tenant) => (query === undefined ? { headers: { [name]: tenant } } : { query: { [name]: tenant } }),
    ...(query !== undefined && { query }),
    ...(query === undefined && {
      scheme: { name: header.replaceAll('-', ''), value: { type: 'apiKey', in: 'header', name: header } },
    }),
    tenantOf(request, key) {
      const named = given(request)
      if (named === undefined) return isRequired(key) ? failure(missing) : success(key.tenants[0] as TenantId)
      const text = typeof named === 'string' ? named : ''
      // Capitals do not make another UUID.
      const own = key.tenants.find((tenant) => tenant === text || (isUuid(tenant) && tenant === text.toLowerCase()))
      return own === undefined ? failure(denied) : success(own)
    },
  }
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
}
