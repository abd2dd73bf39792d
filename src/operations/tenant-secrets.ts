// The signing secrets of a tenant, for dialects that sign with them.

import type { SigningSecret } from '../domain/endpoint.ts'
import type { TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { Principal } from '../domain/principal.ts'
import { failure, invalidField, type Result, success } from '../domain/problem.ts'
import type { CachedTenant } from '../engine/tenant-cache.ts'
import { type Context, dialectOf, tenantFor } from './context.ts'

/** The secrets of a tenant, the newest first; empty: its dialect signs without them. */
export async function tenantSecrets(
  context: Context,
  principal: Principal,
  tenant: TenantId,
): Promise<Result<readonly SigningSecret[]>> {
  context.auditTrail.assertRoom()
  const found = await tenantFor(context, principal, tenant)
  if (!found.ok) return found
  // An API key is shown only when it is created.
  if (found.value.dialect.signsWithApiKeys) return success([])
  const read = readSecrets(found.value)
  if (read.ok && read.value.length > 0) context.auditTrail.secretRead(principal, tenant, null)
  return read
}

function readSecrets({ tenant, secrets }: CachedTenant): Result<readonly SigningSecret[]> {
  if (secrets !== 'unreadable') return success(secrets)
  const detail = `the stored secrets of tenant ${tenant.id} are damaged`
  return failure({ kind: 'conflict', code: 'secrets_unreadable', detail })
}

/** Adds a new secret in front; the old ones sign too for `overlapMs`. */
export async function rotateTenantSecret(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  overlapMs: number = limits.secretOverlapMsDefault,
): Promise<Result<readonly SigningSecret[]>> {
  if (overlapMs < 0 || overlapMs > limits.secretOverlapMsMax) {
    return invalidField('overlapSeconds', 'range', `must be 0 to ${limits.secretOverlapMsMax / 1000}`)
  }
  for (let tries = 0; tries < limits.updateTriesMax; tries++) {
    const found = await tenantFor(context, principal, tenant)
    if (!found.ok) return found
    const { name, newTenantSecret } = dialectOf(context, found.value.tenant)
    if (newTenantSecret === undefined) {
      const detail = `${name} signs without a secret of the tenant`
      return failure({ kind: 'conflict', code: 'no_secret_to_rotate', detail })
    }
    const before = readSecrets(found.value)
    if (!before.ok) return before
    const now = context.clock.now()
    const after = rotated(before.value, newTenantSecret(context.randomBytes), now, overlapMs)
    const audit = context.auditTrail.recordOf(principal, { action: 'tenant_secret.rotate', object: tenant, tenant })
    if ((await context.writer.replaceTenantSecrets(found.value, after, audit)) === 'written') return success(after)
  }
  return failure({ kind: 'conflict', code: 'changed_meanwhile', detail: 'other requests kept changing the tenant' })
}

function rotated(
  secrets: readonly SigningSecret[],
  value: string,
  now: number,
  overlapMs: number,
): readonly SigningSecret[] {
  const old = secrets
    .map((secret) => ({ ...secret, expiresAt: Math.min(secret.expiresAt ?? Infinity, now + overlapMs) }))
    .filter((secret) => secret.expiresAt > now)
  return [{ value, createdAt: now, expiresAt: null }, ...old].slice(0, limits.secretsPerEndpointMax)
}
