// Searches of the operator over all tenants: any object, and endpoints.

import { Type } from 'typebox'
import type { TenantId } from '../domain/ids.ts'
import { success } from '../domain/problem.ts'
import { pageRequest } from '../http/cursor.ts'
import { type AnyRoute, route } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { find } from '../operations/find.ts'
import { type ListedEndpoint, searchEndpoints } from '../operations/search-endpoints.ts'
import { FoundSchema, ListedEndpointSchema } from './answer-shapes.ts'
import { endpointShape, PageQuery, searchedBody, SearchedPageOf, SearchText, time } from './shapes.ts'

const strict = { additionalProperties: false }

export function findRoutes(context: Context): AnyRoute[] {
  return [findRoute(context), searchEndpointsRoute(context)]
}

function findRoute(context: Context): AnyRoute {
  return route({
    method: 'GET',
    path: '/v1/find',
    operationId: 'find',
    summary: 'Find an object of any kind by its id, or by the beginning of its name or host',
    tag: 'Find',
    access: 'read',
    query: Type.Object({ q: SearchText }, strict),
    answers: {
      200: FoundSchema,
    },
    async handle({ query }) {
      return success({ status: 200, body: { data: await find(context, query.q) } })
    },
  })
}

function searchEndpointsRoute(context: Context): AnyRoute {
  return route({
    method: 'GET',
    path: '/v1/endpoints',
    operationId: 'searchEndpoints',
    summary: 'List endpoints of all tenants, newest first, without secrets and header values',
    tag: 'Find',
    access: 'read',
    query: Type.Object(
      {
        ...PageQuery,
        q: Type.Optional({ ...SearchText, description: 'An id, or the beginning of a URL or of its host.' }),
        tenant: Type.Optional(Type.String()),
        dialect: Type.Optional(Type.String()),
        health: Type.Optional(
          Type.Enum(['failing', 'disabled', 'paused'], {
            description: 'paused: the receiver has asked for a pause, which has not ended.',
          }),
        ),
      },
      strict,
    ),
    answers: { 200: SearchedPageOf(ListedEndpointSchema) },
    async handle({ query }) {
      const page = pageRequest('all-endpoints', query)
      if (!page.ok) return page
      const filter = {
        tenant: (query.tenant as TenantId | undefined) ?? null,
        dialect: query.dialect ?? null,
        text: query.q ?? null,
        health: query.health ?? null,
      }
      const found = await searchEndpoints(context, filter, page.value)
      return success({ status: 200, body: searchedBody('all-endpoints', found, listedShape) })
    },
  })
}

function listedShape({ endpoint, dialect, status, pausedUntil }: ListedEndpoint): object {
  return {
    ...endpointShape(endpoint, dialect, status, false),
    dialect: dialect.name,
    pausedUntil: pausedUntil === null ? null : time(pausedUntil),
  }
}
