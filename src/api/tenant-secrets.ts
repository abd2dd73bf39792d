import { Type } from 'typebox'
import type { SigningSecret } from '../domain/endpoint.ts'
import type { TenantId } from '../domain/ids.ts'
import { answerWith } from '../http/answer.ts'
import { type AnyRoute, route } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { rotateTenantSecret, tenantSecrets } from '../operations/tenant-secrets.ts'
import { TenantSecretsSchema } from './answer-shapes.ts'
import { OverlapSeconds, TenantParameter, time } from './shapes.ts'

// No operator key but `admin` sees secrets.
const shared = { tag: 'Tenants', params: Type.Object({ tenant: TenantParameter }), operators: [] } as const

export function tenantSecretRoutes(context: Context): AnyRoute[] {
  return [
    route({
      ...shared,
      method: 'GET',
      path: '/v1/tenants/:tenant/secrets',
      operationId: 'getTenantSecrets',
      summary: 'The signing secrets of a tenant, where its dialect signs with them',
      access: 'read',
      audits: 'secret.read',
      answers: { 200: TenantSecretsSchema },
      handle: ({ principal, params }) =>
        answerWith(tenantSecrets(context, principal, params.tenant as TenantId), (secrets) => ({
          status: 200,
          body: secretsBody(secrets),
        })),
    }),
    route({
      ...shared,
      method: 'POST',
      path: '/v1/tenants/:tenant/rotate-secret',
      operationId: 'rotateTenantSecret',
      summary: 'Add a new signing secret of the tenant in front; the old ones sign too for a while',
      access: 'write',
      audits: 'tenant_secret.rotate',
      body: Type.Object(
        { overlapSeconds: OverlapSeconds },
        { additionalProperties: false, examples: [{ overlapSeconds: 86_400 }] },
      ),
      answers: { 200: TenantSecretsSchema },
      handle({ principal, params, body }) {
        const overlapMs = body.overlapSeconds === undefined ? undefined : body.overlapSeconds * 1000
        return answerWith(rotateTenantSecret(context, principal, params.tenant as TenantId, overlapMs), (secrets) => ({
          status: 200,
          body: secretsBody(secrets),
        }))
      },
    }),
  ]
}

function secretsBody(secrets: readonly SigningSecret[]): unknown {
  return {
    data: secrets.map(({ value, createdAt, expiresAt }) => ({
      value,
      createdAt: time(createdAt),
      expiresAt: expiresAt === null ? null : time(expiresAt),
    })),
  }
}
