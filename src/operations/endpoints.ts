import type { Endpoint, RecordedStatus, SigningSecret } from '../domain/endpoint.ts'
import type { EndpointId, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { failure, invalidField, type Problem, type Result, success } from '../domain/problem.ts'
import { ifOk, type Soon } from '../domain/maybe-promise.ts'
import type { Dialect } from '../contracts/dialect.ts'
import { charsOf, type TenantView } from '../engine/tenant-cache.ts'
import type { WriteResult } from '../contracts/store.ts'
import { type Context, type Principal, tenantFor } from './context.ts'
import { endpointFaults, type EndpointInput } from './endpoint-rules.ts'
import { answerToStore, idempotencyKeyTaken, type Remember } from './remember.ts'

/** The code of the conflict that tells that the dialect allows one such endpoint only. */
export const endpointDuplicate = 'endpoint_exists'

/** Newest first. */
export async function listEndpoints(
  context: Context,
  principal: Principal,
  tenant: TenantId,
): Promise<Result<readonly Endpoint[]>> {
  const view = await tenantFor(context, principal, tenant)
  return view.ok ? success(view.value.endpoints.map(({ endpoint }) => endpoint)) : view
}

export function getEndpoint(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
): Soon<Result<Endpoint>> {
  return ifOk(tenantFor(context, principal, tenant), (view) => find(view, id))
}

/** What real attempts have told about an endpoint: the same object as long as nothing has changed. */
export function endpointStatus(context: Context, endpoint: Endpoint): Soon<RecordedStatus> {
  return context.engine.statuses.of(endpoint.key)
}

export type NewEndpoint = EndpointInput & { readonly url: string; readonly eventTypes: readonly string[] }

export async function createEndpoint(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  input: NewEndpoint,
  remember: Remember<Endpoint> | null = null,
): Promise<Result<Endpoint>> {
  const render = remember && {
    ...remember,
    render: ([endpoint]: readonly Endpoint[]) => remember.render(endpoint as Endpoint),
  }
  const created = await createEndpoints(context, principal, tenant, [input], render)
  return created.ok ? success(created.value[0] as Endpoint) : created
}

/**
 * Registers all of them, or none.
 *
 * @param fieldOf puts the index of an input before the fields of its faults, where the API has a list of them
 */
export async function createEndpoints(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  inputs: readonly NewEndpoint[],
  remember: Remember<readonly Endpoint[]> | null = null,
  fieldOf: (index: number, field: string) => string = (_index, field) => field,
): Promise<Result<readonly Endpoint[]>> {
  const view = await tenantFor(context, principal, tenant)
  if (!view.ok) return view
  const { dialect } = view.value
  const faults = inputs.flatMap((input, index) =>
    endpointFaults(context, dialect, input).map((fault) => ({ ...fault, field: fieldOf(index, fault.field) })),
  )
  if (faults.length > 0) return failure({ kind: 'invalid', where: 'body', fields: faults })
  if (view.value.endpoints.length + inputs.length > limits.endpointsPerTenantMax) {
    const detail = `a tenant has at most ${limits.endpointsPerTenantMax} endpoints`
    return failure({ kind: 'conflict', code: 'too_many_endpoints', detail })
  }
  const endpoints: Endpoint[] = []
  for (const input of inputs) endpoints.push(await newEndpoint(context, dialect, tenant, input))
  if (growsTooLarge(view.value, null, endpoints)) return failure(endpointsTooLarge)
  const written = await context.store.createEndpoints(
    endpoints.map((endpoint) => context.directory.seal(endpoint, dialect)),
    answerToStore(context, remember, endpoints),
  )
  context.directory.drop(tenant)
  return written === 'written' ? success(endpoints) : failure(problemOf(written, 'tenant', tenant))
}

async function newEndpoint(
  context: Context,
  dialect: Dialect,
  tenant: TenantId,
  input: NewEndpoint,
): Promise<Endpoint> {
  const key = await context.store.nextEndpointKey()
  const now = context.clock.now()
  const { randomBytes } = context
  const secrets = input.secrets ?? [dialect.endpointRules.newSecret?.(randomBytes)].filter((one) => one !== undefined)
  const enabled = input.enabled ?? true
  return {
    key,
    id: dialect.newEndpointId(key, randomBytes) as EndpointId,
    tenant,
    url: input.url,
    eventTypes: eventTypesOf(dialect, input.eventTypes),
    filters: input.filters ?? {},
    description: input.description ?? null,
    enabled,
    disabledReason: enabled ? null : 'requested',
    headers: input.headers ?? {},
    secrets: secrets.map((value) => ({ value, createdAt: now, expiresAt: null })),
    createdAt: now,
    updatedAt: now,
  }
}

/** Changes the fields that are given; the others stay. A changed URL or secret applies to the next attempt. */
export async function changeEndpoint(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
  input: EndpointInput,
  remember: Remember<Endpoint> | null = null,
): Promise<Result<Endpoint>> {
  const apply = (before: Endpoint, now: number, dialect: Dialect): Endpoint => ({
    ...before,
    url: input.url ?? before.url,
    eventTypes: input.eventTypes === undefined ? before.eventTypes : eventTypesOf(dialect, input.eventTypes),
    filters: input.filters ?? before.filters,
    description: input.description === undefined ? before.description : input.description,
    enabled: input.enabled ?? before.enabled,
    disabledReason: (input.enabled ?? before.enabled) ? null : (before.disabledReason ?? 'requested'),
    headers: input.headers ?? before.headers,
    secrets: input.secrets?.map((value) => ({ value, createdAt: now, expiresAt: null })) ?? before.secrets,
  })
  return update(context, principal, tenant, id, apply, remember, input)
}

/**
 * Puts a new secret first. The old one signs along for `overlapMs` (default a day, at most seven), so that receivers
 * can change over; 0: it ends at once.
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
  const view = await tenantFor(context, principal, tenant)
  if (!view.ok) return view
  const { newSecret } = view.value.dialect.endpointRules
  if (newSecret === null) {
    const detail = `${view.value.dialect.name} signs without a secret of the endpoint`
    return failure({ kind: 'conflict', code: 'no_secret_to_rotate', detail })
  }
  const apply = (before: Endpoint, now: number): Endpoint => {
    const fresh: SigningSecret = { value: newSecret(context.randomBytes), createdAt: now, expiresAt: null }
    const old = before.secrets
      .map((secret) => ({ ...secret, expiresAt: Math.min(secret.expiresAt ?? Infinity, now + overlapMs) }))
      .filter((secret) => secret.expiresAt > now)
    return { ...before, secrets: [fresh, ...old].slice(0, limits.secretsPerEndpointMax) }
  }
  return update(context, principal, tenant, id, apply, null, {})
}

/** From the answer on nothing more is sent to it; what waits for it is cancelled and says so. */
export async function deleteEndpoint(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
  remember: Remember<null> | null = null,
): Promise<Result<null>> {
  const view = await tenantFor(context, principal, tenant)
  if (!view.ok) return view
  const found = find(view.value, id)
  if (!found.ok) return found
  const { key } = found.value
  const answer = answerToStore(context, remember, null)
  const written = await context.store.deleteEndpoint(tenant, key, context.clock.now(), answer)
  context.engine.endpointChanged(tenant, { endpoint: key, deleted: true })
  return written === 'written' ? success(null) : failure(problemOf(written, 'endpoint', id))
}

/** Reads, changes and writes; begins again where somebody else was quicker. */
async function update(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
  apply: (before: Endpoint, now: number, dialect: Dialect) => Endpoint,
  remember: Remember<Endpoint> | null,
  input: EndpointInput,
): Promise<Result<Endpoint>> {
  for (let tries = 0; ; tries++) {
    const view = await tenantFor(context, principal, tenant)
    if (!view.ok) return view
    const before = find(view.value, id)
    if (!before.ok) return before
    if (before.value.unreadable) return failure(endpointUnreadable)
    const faults = endpointFaults(context, view.value.dialect, input)
    if (faults.length > 0) return failure({ kind: 'invalid', where: 'body', fields: faults })

    const updatedAt = Math.max(context.clock.now(), before.value.updatedAt + 1)
    const after = { ...apply(before.value, updatedAt, view.value.dialect), updatedAt }
    if (growsTooLarge(view.value, before.value, [after])) return failure(endpointsTooLarge)
    const written = await context.store.updateEndpoint(
      context.directory.seal(after, view.value.dialect),
      before.value.updatedAt,
      answerToStore(context, remember, after),
    )
    // Switched on again, it has forgotten its failures and what waited.
    context.engine.statuses.drop(after.key)
    const off = written === 'written' && !after.enabled ? { endpoint: after.key, deleted: false } : null
    context.engine.endpointChanged(tenant, off)
    if (written === 'written') return success(after)
    if (written !== 'stale' || tries === limits.updateTriesMax) return failure(problemOf(written, 'endpoint', id))
  }
}

const endpointsTooLarge = {
  kind: 'conflict',
  code: 'endpoints_too_large',
  detail: `the endpoints of a tenant have at most ${limits.endpointCharsPerTenantMax} characters in all, as JSON`,
} as const

/** What was larger before, as after a migration, may still become smaller. */
function growsTooLarge(view: TenantView, before: Endpoint | null, after: readonly Endpoint[]): boolean {
  const grownBy = after.reduce((sum, endpoint) => sum + charsOf(endpoint), 0) - (before === null ? 0 : charsOf(before))
  return grownBy > 0 && view.chars + grownBy > limits.endpointCharsPerTenantMax
}

/** A change would be based on what is not known, and write over it. */
const endpointUnreadable = {
  kind: 'conflict',
  code: 'endpoint_unreadable',
  detail: 'part of what is stored of the endpoint cannot be read; delete it and register it anew',
} as const

function eventTypesOf(dialect: Dialect, given: readonly string[]): readonly string[] {
  return dialect.endpointRules.eventTypesAsWritten === true ? given : [...new Set(given)]
}

function find(view: TenantView, id: EndpointId): Result<Endpoint> {
  const found = view.byId.get(id)
  return found === undefined ? failure({ kind: 'notFound', what: 'endpoint', id }) : success(found.endpoint)
}

function problemOf(written: Exclude<WriteResult, 'written'>, what: 'endpoint' | 'tenant', id: string): Problem {
  switch (written) {
    case 'absent':
      return { kind: 'notFound', what, id }
    case 'stale':
      return { kind: 'conflict', code: 'changed_meanwhile', detail: 'the endpoint was changed by another request' }
    case 'duplicate':
      return { kind: 'conflict', code: endpointDuplicate, detail: 'the tenant has such an endpoint already' }
    case 'taken':
      return { kind: 'conflict', code: idempotencyKeyTaken, detail: 'another request with this key was first' }
  }
}
