import { answerWith } from '../http/answer.ts'
import { Type } from 'typebox'
import type { TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { success } from '../domain/problem.ts'
import { pageRequest } from '../http/cursor.ts'
import { type AnyRoute, route } from '../http/route.ts'
import { type Context, tenantFor } from '../operations/context.ts'
import { changeTenant, createTenant, deleteTenant, listTenants } from '../operations/tenants.ts'
import {
  ErasureSchema,
  erasureShape,
  Nullable,
  PageQuery,
  searchedBody,
  SearchedPageOf,
  SearchText,
  Seconds,
  StringMap,
  TenantSchema,
  tenantShape,
  TenantParameter,
} from './shapes.ts'

const Name = Nullable(Type.String({ maxLength: limits.nameCharsMax }))
const strict = { additionalProperties: false }
const Retention = {
  retainSeconds: Type.Optional(
    Nullable({
      ...Seconds,
      description:
        'Events, deliveries and attempts are removed after this time, if it is shorter than POSTHORN_RETENTION_DAYS.',
    }),
  ),
  retainDataSeconds: Type.Optional(
    Nullable({ ...Seconds, description: 'The data of events that are posted from now on is erased after this time.' }),
  ),
}
const TenantPath = Type.Object({ tenant: TenantParameter })

const tag = 'Tenants'

export function tenantRoutes(context: Context): AnyRoute[] {
  return [
    createTenantRoute(context),
    listTenantsRoute(context),
    getTenantRoute(context),
    changeTenantRoute(context),
    deleteTenantRoute(context),
  ]
}

function createTenantRoute(context: Context): AnyRoute {
  const dialects = [...context.dialects.keys()]
  return route({
    method: 'POST',
    path: '/v1/tenants',
    operationId: 'createTenant',
    audits: 'tenant.create',
    summary: 'Create a tenant',
    tag,
    access: 'write',
    body: Type.Object(
      {
        id: Type.Optional(Type.String()),
        dialect: Type.String({ enum: dialects, 'x-extensible-enum': dialects }),
        name: Type.Optional(Name),
        settings: Type.Optional(StringMap),
        ...Retention,
      },
      { ...strict, examples: [{ id: 'globex', dialect: dialects[0], name: 'Globex' }] },
    ),
    answers: { 201: TenantSchema },
    handle: ({ principal, body }) =>
      answerWith(createTenant(context, principal, body), (tenant) => ({ status: 201, body: tenantShape(tenant) })),
  })
}

function listTenantsRoute(context: Context): AnyRoute {
  return route({
    method: 'GET',
    path: '/v1/tenants',
    operationId: 'listTenants',
    summary: 'List tenants, newest first',
    tag,
    access: 'read',
    query: Type.Object(
      {
        ...PageQuery,
        dialect: Type.Optional(Type.String()),
        q: Type.Optional({ ...SearchText, description: 'The beginning of an id or a name.' }),
      },
      strict,
    ),
    answers: { 200: SearchedPageOf(TenantSchema) },
    async handle({ query }) {
      const page = pageRequest('tenants', query)
      if (!page.ok) return page
      const tenants = await listTenants(context, page.value, query.dialect ?? null, query.q ?? null)
      return success({ status: 200, body: searchedBody('tenants', tenants, tenantShape) })
    },
  })
}

function getTenantRoute(context: Context): AnyRoute {
  return route({
    method: 'GET',
    path: '/v1/tenants/:tenant',
    operationId: 'getTenant',
    summary: 'Get a tenant',
    tag,
    access: 'read',
    params: TenantPath,
    answers: { 200: TenantSchema },
    handle: ({ principal, params }) =>
      answerWith(tenantFor(context, principal, params.tenant as TenantId), (view) => ({
        status: 200,
        body: tenantShape(view.tenant),
      })),
  })
}

function changeTenantRoute(context: Context): AnyRoute {
  return route({
    method: 'PATCH',
    path: '/v1/tenants/:tenant',
    operationId: 'changeTenant',
    audits: 'tenant.change',
    summary: "Change a tenant's name, settings or retention",
    tag,
    access: 'write',
    params: TenantPath,
    body: Type.Object(
      { name: Type.Optional(Name), settings: Type.Optional(StringMap), ...Retention },
      { ...strict, examples: [{ name: 'Globex Inc.' }] },
    ),
    answers: { 200: TenantSchema },
    handle: ({ principal, params, body }) =>
      answerWith(changeTenant(context, principal, params.tenant as TenantId, body), (tenant) => ({
        status: 200,
        body: tenantShape(tenant),
      })),
  })
}

function deleteTenantRoute(context: Context): AnyRoute {
  return route({
    method: 'DELETE',
    path: '/v1/tenants/:tenant',
    operationId: 'deleteTenant',
    audits: 'tenant.delete',
    summary: 'Delete a tenant and erase all that it has; the erasure says when that is done',
    tag,
    access: 'write',
    params: TenantPath,
    answers: { 202: ErasureSchema },
    handle: ({ principal, params }) =>
      answerWith(deleteTenant(context, principal, params.tenant as TenantId), (erasure) => ({
        status: 202,
        body: erasureShape(erasure),
      })),
  })
}
