import { Type } from 'typebox'
import type { ApiKeyId, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { success } from '../domain/problem.ts'
import { pageBody, pageRequest } from '../http/cursor.ts'
import { type AnyRoute, route } from '../http/front.ts'
import { type Context, tenantFor } from '../operations/context.ts'
import {
  changeTenant,
  createApiKey,
  createTenant,
  deleteTenant,
  listApiKeys,
  listTenants,
  revokeApiKey,
} from '../operations/tenants.ts'
import {
  ApiKeySchema,
  apiKeyShape,
  Nullable,
  PageOf,
  PageQuery,
  StringMap,
  TenantSchema,
  tenantShape,
} from './shapes.ts'

const Name = Nullable(Type.String({ maxLength: limits.nameCharsMax }))
const strict = { additionalProperties: false }
const TenantPath = Type.Object({ tenant: Type.String() })

export function tenantRoutes(context: Context): AnyRoute[] {
  const tag = 'Tenants'
  return [
    route({
      method: 'POST',
      path: '/v1/tenants',
      operationId: 'createTenant',
      summary: 'Create a tenant',
      tag,
      access: 'write',
      body: Type.Object(
        {
          id: Type.Optional(Type.String()),
          dialect: Type.String(),
          name: Type.Optional(Name),
          settings: Type.Optional(StringMap),
        },
        strict,
      ),
      answers: { 201: TenantSchema },
      async handle({ body }) {
        const tenant = await createTenant(context, body)
        return tenant.ok ? success({ status: 201, body: tenantShape(tenant.value) }) : tenant
      },
    }),
    route({
      method: 'GET',
      path: '/v1/tenants',
      operationId: 'listTenants',
      summary: 'List tenants, newest first',
      tag,
      access: 'read',
      query: Type.Object({ ...PageQuery, dialect: Type.Optional(Type.String()) }, strict),
      answers: { 200: PageOf(TenantSchema) },
      async handle({ query }) {
        const page = pageRequest('tenants', query)
        if (!page.ok) return page
        const tenants = await listTenants(context, page.value, query.dialect ?? null)
        return success({ status: 200, body: pageBody('tenants', tenants, tenantShape) })
      },
    }),
    route({
      method: 'GET',
      path: '/v1/tenants/:tenant',
      operationId: 'getTenant',
      summary: 'Get a tenant',
      tag,
      access: 'read',
      params: TenantPath,
      answers: { 200: TenantSchema },
      async handle({ principal, params }) {
        const view = await tenantFor(context, principal, params.tenant as TenantId)
        return view.ok ? success({ status: 200, body: tenantShape(view.value.tenant) }) : view
      },
    }),
    route({
      method: 'PATCH',
      path: '/v1/tenants/:tenant',
      operationId: 'changeTenant',
      summary: "Change a tenant's name or settings",
      tag,
      access: 'write',
      params: TenantPath,
      body: Type.Object({ name: Type.Optional(Name), settings: Type.Optional(StringMap) }, strict),
      answers: { 200: TenantSchema },
      async handle({ params, body }) {
        const tenant = await changeTenant(context, params.tenant as TenantId, body)
        return tenant.ok ? success({ status: 200, body: tenantShape(tenant.value) }) : tenant
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/tenants/:tenant',
      operationId: 'deleteTenant',
      summary: 'Delete a tenant with its keys, endpoints and pending deliveries',
      tag,
      access: 'write',
      params: TenantPath,
      answers: { 204: Type.Null() },
      async handle({ params }) {
        const deleted = await deleteTenant(context, params.tenant as TenantId)
        return deleted.ok ? success({ status: 204 }) : deleted
      },
    }),
  ]
}

export function keyRoutes(context: Context): AnyRoute[] {
  const tag = 'API keys'
  return [
    route({
      method: 'POST',
      path: '/v1/keys',
      operationId: 'createKey',
      summary: 'Create an API key; the answer is the only place that shows it',
      tag,
      access: 'write',
      body: Type.Object(
        {
          tenants: Type.Array(Type.String(), { minItems: 1, maxItems: limits.keyTenantsMax }),
          scopes: Type.Optional(Type.Array(Type.String(), { maxItems: 100 })),
          role: Type.Optional(Type.String()),
          name: Type.Optional(Name),
        },
        strict,
      ),
      answers: { 201: ApiKeySchema },
      async handle({ body }) {
        const created = await createApiKey(context, body)
        if (!created.ok) return created
        const { apiKey, text } = created.value
        return success({ status: 201, body: { ...apiKeyShape(apiKey), key: text } })
      },
    }),
    route({
      method: 'GET',
      path: '/v1/keys',
      operationId: 'listKeys',
      summary: 'List API keys, newest first',
      tag,
      access: 'read',
      query: Type.Object({ ...PageQuery, tenant: Type.Optional(Type.String()) }, strict),
      answers: { 200: PageOf(ApiKeySchema) },
      async handle({ query }) {
        const page = pageRequest('keys', query)
        if (!page.ok) return page
        const keys = await listApiKeys(context, page.value, (query.tenant as TenantId | undefined) ?? null)
        return success({ status: 200, body: pageBody('keys', keys, apiKeyShape) })
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/keys/:key',
      operationId: 'revokeKey',
      summary: 'Revoke an API key, at once',
      tag,
      access: 'write',
      params: Type.Object({ key: Type.String() }),
      answers: { 204: Type.Null() },
      async handle({ params }) {
        const revoked = await revokeApiKey(context, params.key as ApiKeyId)
        return revoked.ok ? success({ status: 204 }) : revoked
      },
    }),
  ]
}
