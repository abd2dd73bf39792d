// Which tenant a request is about, where a key may grant several.

import type { FastifyRequest } from 'fastify'
import type { ApiKey } from '../domain/api-key.ts'
import type { TenantId } from '../domain/ids.ts'
import { failure, type Problem, type Result, success } from '../domain/problem.ts'

export interface TenantChoice {
  readonly tenantOf: (request: FastifyRequest, key: ApiKey) => Result<TenantId>
  /** The security scheme of the OpenAPI document that stands for the header; absent: no header names the tenant. */
  readonly scheme?: { readonly name: string; readonly value: object }
}

export interface NamedTenant {
  /** The place of the tenant's id in the request: a query parameter, or a header. */
  readonly query?: string
  readonly header?: string
  /** Whether a request with this key must name a tenant; default: always. Other requests are about the first tenant. */
  readonly isRequired?: (key: ApiKey) => boolean
  /** The problem of a request that must name a tenant and does not. */
  readonly missing: Problem
  /** The problem of a request that names a tenant that its key does not grant. */
  readonly denied: Problem
}

export function namedTenant({ query, header, isRequired = () => true, missing, denied }: NamedTenant): TenantChoice {
  const given =
    query === undefined
      ? ({ headers }: FastifyRequest) => headers[(header ?? '').toLowerCase()] || undefined
      : (request: FastifyRequest) => (request.query as Readonly<Record<string, unknown>>)[query]
  return {
    ...(header !== undefined && {
      scheme: { name: header.replaceAll('-', ''), value: { type: 'apiKey', in: 'header', name: header } },
    }),
    tenantOf(request, key) {
      const name = given(request)
      if (name === undefined) return isRequired(key) ? failure(missing) : success(key.tenants[0] as TenantId)
      const text = typeof name === 'string' ? name : ''
      // Capitals do not make another UUID.
      const own = key.tenants.find((tenant) => tenant === text || (isUuid(tenant) && tenant === text.toLowerCase()))
      return own === undefined ? failure(denied) : success(own)
    },
  }
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
}
