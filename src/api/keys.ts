import { answerWith } from '../http/answer.ts'
import { Type } from 'typebox'
import type { ApiKeyId, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { success } from '../domain/problem.ts'
import { pageBody, pageRequest } from '../http/cursor.ts'
import { type AnyRoute, route } from '../http/route.ts'
import { type Context } from '../operations/context.ts'
import { createApiKey, listApiKeys, revokeApiKey } from '../operations/api-keys.ts'
import { ApiKeySchema, apiKeyShape } from './key-shapes.ts'
import { Nullable, PageOf, PageQuery } from './shapes.ts'

const Name = Nullable(Type.String({ maxLength: limits.nameCharsMax }))
const Scope = Type.String({
  pattern: `^[\\x21-\\x7e]{1,${limits.scopeCharsMax}}$`,
  errorMessage: `must be 1 to ${limits.scopeCharsMax} visible ASCII characters`,
  description: 'A scope of the product: one that the dialect lists, or another.',
})
const strict = { additionalProperties: false }

const tag = 'API keys'

export function keyRoutes(context: Context): AnyRoute[] {
  return [createKeyRoute(context), listKeysRoute(context), revokeKeyRoute(context)]
}

function createKeyRoute(context: Context): AnyRoute {
  return route({
    method: 'POST',
    path: '/v1/keys',
    operationId: 'createKey',
    audits: 'key.create',
    summary: 'Create an API key; the answer is the only place that shows it',
    tag,
    access: 'write',
    body: Type.Object(
      {
        tenants: Type.Array(Type.String(), { minItems: 1, maxItems: limits.keyTenantsMax }),
        scopes: Type.Optional(Type.Array(Scope, { maxItems: 100, description: 'Default: those of the dialect.' })),
        role: Type.Optional(Type.String()),
        name: Type.Optional(Name),
      },
      { ...strict, examples: [{ tenants: ['globex'], name: 'Production' }] },
    ),
    answers: { 201: ApiKeySchema },
    async handle({ principal, body }) {
      const created = await createApiKey(context, principal, body)
      if (!created.ok) return created
      const { apiKey, text } = created.value
      return success({ status: 201, body: { ...apiKeyShape(apiKey), key: text } })
    },
  })
}

function listKeysRoute(context: Context): AnyRoute {
  return route({
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
  })
}

function revokeKeyRoute(context: Context): AnyRoute {
  return route({
    method: 'DELETE',
    path: '/v1/keys/:key',
    operationId: 'revokeKey',
    audits: 'key.revoke',
    summary: 'Revoke an API key, at once',
    tag,
    access: 'write',
    params: Type.Object({ key: Type.String() }),
    answers: { 204: Type.Null() },
    handle: ({ principal, params }) =>
      answerWith(revokeApiKey(context, principal, params.key as ApiKeyId), () => ({ status: 204 })),
  })
}
