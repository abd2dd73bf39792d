import type { Endpoint, SigningSecret } from '../domain/endpoint.ts'
import type { EndpointId, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { Principal } from '../domain/principal.ts'
import { failure, invalidField, type Result, success } from '../domain/problem.ts'
import type { Dialect } from '../contracts/dialect.ts'
import { endpointChange } from '../domain/audited-changes.ts'
import { type Context, dialectOf, tenantFor } from './context.ts'
import { endpointsTooLarge, endpointUnreadable, growsTooLarge, problemOfWrite } from './endpoint-problems.ts'
import { detailsOf } from './endpoint-details.ts'
import { endpointFaults, type EndpointInput, eventTypesOf, filtersOf, writeOnlyHeadersOf } from './endpoint-rules.ts'
import { endpointOf } from './endpoints.ts'
import { type IdempotentAnswer, sealAnswer } from './idempotent-answer.ts'

/**
 * Changes the given fields and keeps the others. A changed URL or secret applies to the next attempt.
 *
 * @param given the fields, or a function that gives them for the endpoint as it is when it is written
 * @param answer stores the response under the caller's Idempotency-Key; null: the request has no such key
 */
export async function changeEndpoint(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
  given: EndpointInput | ((before: Endpoint) => EndpointInput),
  answer: IdempotentAnswer<Endpoint> | null = null,
): Promise<Result<Endpoint>> {
  const inputFor = typeof given === 'function' ? given : () => given
  const apply: Change['apply'] = (before, input, now, dialect) => ({
    ...before,
    url: input.url ?? before.url,
    eventTypes: eventTypesOf(dialect, input, before),
    filters: filtersOf(dialect, input, before),
    details: detailsOf(dialect, input.details ?? {}, before),
    description: input.description === undefined ? before.description : input.description,
    enabled: input.enabled ?? before.enabled,
    disabledReason: (input.enabled ?? before.enabled) ? null : (before.disabledReason ?? 'requested'),
    headers: input.headers ?? before.headers,
    writeOnlyHeaders: writeOnlyHeadersOf(input, before),
    secrets: input.secrets?.map((value) => ({ value, createdAt: now, expiresAt: null })) ?? before.secrets,
  })
  return update(context, principal, tenant, id, { action: 'endpoint.change', inputFor, apply, answer })
}

/**
 * Adds a new signing secret as the first one. The old secrets also sign for `overlapMs` (default: one day; at most
 * seven days), so that receivers can switch. 0: the old secrets end at once.
 */
export async function rotateSecret(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
  overlapMs: number = limits.secretOverlapMsDefault,
): Promise<Result<Endpoint>> {
  if (overlapMs < 0 || overlapMs > limits.secretOverlapMsMax) {
    return invalidField('overlapSeconds', 'range', `must be 0 to ${limits.secretOverlapMsMax / 1000}`)
  }
  const found = await tenantFor(context, principal, tenant)
  if (!found.ok) return found
  const { name, endpointRules } = dialectOf(context, found.value.tenant)
  const { newSecret } = endpointRules
  if (newSecret === null) {
    const detail = `${name} signs without a secret of the endpoint`
    return failure({ kind: 'conflict', code: 'no_secret_to_rotate', detail })
  }
  const apply: Change['apply'] = (before, _input, now) => {
    const fresh: SigningSecret = { value: newSecret(context.randomBytes), createdAt: now, expiresAt: null }
    const old = before.secrets
      .map((secret) => ({ ...secret, expiresAt: Math.min(secret.expiresAt ?? Infinity, now + overlapMs) }))
      .filter((secret) => secret.expiresAt > now)
    return { ...before, secrets: [fresh, ...old].slice(0, limits.secretsPerEndpointMax) }
  }
  return update(context, principal, tenant, id, { action: 'secret.rotate', inputFor: () => ({}), apply, answer: null })
}

interface Change {
  readonly action: 'endpoint.change' | 'secret.rotate'
  /** The fields to check. */
  readonly inputFor: (before: Endpoint) => EndpointInput
  /** Makes the changed endpoint. */
  readonly apply: (before: Endpoint, input: EndpointInput, now: number, dialect: Dialect) => Endpoint
  readonly answer: IdempotentAnswer<Endpoint> | null
}

/**
 * Reads the endpoint, changes it and writes it. If another request changes the endpoint in between, it starts again, at
 * most `limits.updateTriesMax` times.
 */
async function update(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
  { action, inputFor, apply, answer }: Change,
): Promise<Result<Endpoint>> {
  for (let tries = 0; ; tries++) {
    const found = await tenantFor(context, principal, tenant)
    if (!found.ok) return found
    const before = endpointOf(found.value, id)
    if (!before.ok) return before
    if (before.value.unreadable) return failure(endpointUnreadable)
    const dialect = dialectOf(context, found.value.tenant)
    const input = inputFor(before.value)
    const faults = endpointFaults(context, dialect, input, before.value)
    if (faults.length > 0) return failure({ kind: 'invalid', where: 'body', fields: faults })

    const version = before.value.updatedAt
    const updatedAt = Math.max(context.clock.now(), version + 1)
    const after = { ...apply(before.value, input, updatedAt, dialect), updatedAt }
    if (growsTooLarge(found.value, before.value, [after])) return failure(endpointsTooLarge)
    const change = endpointChange(before.value, after)
    const audit = context.auditTrail.recordOf(principal, { action, object: id, tenant, endpoint: after.key, change })
    const envelope = { answer: sealAnswer(context, tenant, answer, after), audit: [audit] }
    const written = await context.writer.updateEndpoint(after, version, dialect, envelope)
    if (written === 'written') return success(context.rehearsal?.shown(after) ?? after)
    if (written !== 'stale' || tries === limits.updateTriesMax) return failure(problemOfWrite(written, 'endpoint', id))
  }
}
