import type { Endpoint, EndpointStatus } from '../domain/endpoint.ts'
import { newErasure } from '../domain/erasure.ts'
import type { EndpointId, TenantId } from '../domain/ids.ts'
import { andThen, andThenOk, type MaybePromise } from '../domain/maybe-promise.ts'
import type { Principal } from '../domain/principal.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import type { CachedTenant } from '../engine/tenant-cache.ts'
import { endpointChange } from '../domain/audited-changes.ts'
import { type Context, dialectOf, tenantFor } from './context.ts'
import { problemOfWrite } from './endpoint-problems.ts'
import { type IdempotentAnswer, sealAnswer } from './idempotent-answer.ts'

/** The endpoints of a tenant, newest first. */
export async function listEndpoints(
  context: Context,
  principal: Principal,
  tenant: TenantId,
): Promise<Result<readonly Endpoint[]>> {
  const found = await tenantFor(context, principal, tenant)
  return found.ok ? success(found.value.endpoints.map(({ endpoint }) => endpoint)) : found
}

/** The endpoint; without a promise if its tenant is in memory. */
export function getEndpoint(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
): MaybePromise<Result<Endpoint>> {
  return andThenOk(tenantFor(context, principal, tenant), (found) => endpointOf(found, id))
}

/** An endpoint with the results of its attempts. */
export interface EndpointWithStatus {
  readonly endpoint: Endpoint
  /** The same object until something is recorded about the endpoint. */
  readonly status: EndpointStatus
}

/** Adds to each endpoint its status. */
export async function withStatuses(
  context: Context,
  endpoints: readonly Endpoint[],
): Promise<readonly EndpointWithStatus[]> {
  const { recorded } = context.engine.statusCache
  return Promise.all(
    endpoints.map(async (endpoint) => {
      return { endpoint, status: recorded.peek(endpoint.key) ?? (await recorded.load(endpoint.key)) }
    }),
  )
}

/** Adds the status to the endpoint of a result; without a promise if both are in memory. */
export function withStatus(
  context: Context,
  result: MaybePromise<Result<Endpoint>>,
): MaybePromise<Result<EndpointWithStatus>> {
  const { recorded } = context.engine.statusCache
  return andThenOk(result, (endpoint) =>
    andThen(recorded.peek(endpoint.key) ?? recorded.load(endpoint.key), (status) => success({ endpoint, status })),
  )
}

/** Adds whether the newest delivery of the endpoint is pending; without a promise if all of it is in memory. */
export function withNewestPending(
  context: Context,
  result: MaybePromise<Result<EndpointWithStatus>>,
): MaybePromise<Result<EndpointWithStatus & { readonly newestPending: boolean }>> {
  const { newestPending: cached } = context.engine.statusCache
  return andThenOk(result, (found) => {
    const { key } = found.endpoint
    return andThen(cached.peek(key) ?? cached.load(key), (newestPending) => success({ ...found, newestPending }))
  })
}

/**
 * Deletes an endpoint. Attempts in flight end; all other pending deliveries are cancelled with a reason. In some dialects
 * all deliveries of the endpoint are erased.
 *
 * @param answer stores the response under the caller's Idempotency-Key; null: the request has no such key
 */
export async function deleteEndpoint(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
  answer: IdempotentAnswer<null> | null = null,
): Promise<Result<null>> {
  const found = await tenantFor(context, principal, tenant)
  if (!found.ok) return found
  const endpoint = endpointOf(found.value, id)
  if (!endpoint.ok) return endpoint
  const { deletesHistory } = dialectOf(context, found.value.tenant).endpointRules
  const erasure = deletesHistory ? newErasure(context.clock.now(), context.randomBytes) : null
  const change = endpointChange(endpoint.value, null)
  const { key } = endpoint.value
  const audit = context.auditTrail.recordOf(principal, {
    action: 'endpoint.delete',
    object: id,
    tenant,
    endpoint: key,
    change,
  })
  const envelope = { answer: sealAnswer(context, tenant, answer, null), audit: [audit] }
  const written = await context.writer.deleteEndpoint(endpoint.value, envelope, erasure)
  return written === 'written' ? success(null) : failure(problemOfWrite(written, 'endpoint', id))
}

export function endpointOf(tenant: CachedTenant, id: EndpointId): Result<Endpoint> {
  const found = tenant.byId.get(id)
  return found === undefined ? failure({ kind: 'notFound', what: 'endpoint', id }) : success(found.endpoint)
}
