import type { Attempt } from '../domain/attempt.ts'
import type { DeliveryStatus } from '../domain/delivery.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { DeliveryId, EndpointId, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { failure, invalidField, type Result, success } from '../domain/problem.ts'
import type {
  AttemptFilter,
  AttemptRow,
  DeliveryFilter,
  DeliveryRow,
  NumberedPage,
  Page,
  PageRequest,
} from '../contracts/store.ts'
import { type Context, type Principal, tenantFor } from './context.ts'
import { endpointDisabled } from './test-endpoint.ts'

/** Makes a waiting delivery due now, or an ended one wait again with its schedule afresh. */
export async function retryDelivery(context: Context, principal: Principal, id: DeliveryId): Promise<Result<null>> {
  const found = await findDelivery(context, principal, id)
  if (!found.ok) return found
  const { delivery } = found.value
  const view = await context.directory.load(delivery.tenant)
  const endpoint = view?.byKey.get(delivery.endpoint)?.endpoint
  if (endpoint === undefined) {
    return failure({ kind: 'conflict', code: 'endpoint_deleted', detail: 'its endpoint was deleted' })
  }
  if (!endpoint.enabled) return failure(endpointDisabled)
  if (!(await context.store.rearmDelivery(id, context.clock.now()))) {
    return failure({ kind: 'conflict', code: 'delivery_in_flight', detail: 'the delivery is being attempted now' })
  }
  context.engine.statuses.drop(endpoint.key)
  context.engine.wake()
  return success(null)
}

export interface ReplayInput {
  /** Milliseconds since 1970; deliveries whose events were accepted in [since, until). */
  readonly since: number
  readonly until: number
  /** Default: what did not arrive, i.e. failed and cancelled ones. */
  readonly statuses?: readonly DeliveryStatus[]
}

/** Sends an endpoint's past deliveries again; gives how many. */
export async function replay(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
  { since, until, statuses = ['failed', 'cancelled'] }: ReplayInput,
): Promise<Result<number>> {
  const view = await tenantFor(context, principal, tenant)
  if (!view.ok) return view
  const endpoint = view.value.byId.get(id)?.endpoint
  if (endpoint === undefined) return failure({ kind: 'notFound', what: 'endpoint', id })
  if (!endpoint.enabled) return failure(endpointDisabled)
  const now = context.clock.now()
  const replayed = await context.replays.run(endpoint.key, async (after) => {
    const request = { endpoint: endpoint.key, since, until, statuses, now, rowsMax: limits.bulkStepRows, after }
    const step = await context.store.rearmDeliveries(request)
    context.engine.statuses.drop(endpoint.key)
    return step
  })
  if (replayed.ok) context.engine.wake()
  return replayed
}

/** Which deliveries to list; `endpoint` by its public id. */
export interface DeliveryQuery extends Omit<DeliveryFilter, 'endpoint'> {
  readonly endpoint: EndpointId | null
}

/** A customer sees the deliveries of its own tenants: of the one that it names, else of the first of its key. */
export async function listDeliveries(
  context: Context,
  principal: Principal,
  query: DeliveryQuery,
  page: PageRequest,
): Promise<Result<Page<DeliveryRow>>> {
  const tenant = query.tenant ?? (principal.kind === 'customer' ? (principal.key.tenants[0] ?? null) : null)
  if (tenant === null) {
    if (query.endpoint !== null) return invalidField('tenant', 'required', 'is required with endpoint', 'query')
    return success(await context.store.listDeliveries({ ...query, tenant, endpoint: null }, page))
  }
  const view = await tenantFor(context, principal, tenant)
  if (!view.ok) return view
  if (query.endpoint === null) {
    return success(await context.store.listDeliveries({ ...query, tenant, endpoint: null }, page))
  }
  const endpoint = view.value.byId.get(query.endpoint)?.endpoint
  if (endpoint === undefined) return failure({ kind: 'notFound', what: 'endpoint', id: query.endpoint })
  return success(await context.store.listDeliveries({ ...query, tenant, endpoint: endpoint.key }, page))
}

/** A delivery with its attempts, unless it is another tenant's. */
export async function findDelivery(
  context: Context,
  principal: Principal,
  id: DeliveryId,
): Promise<Result<{ readonly delivery: DeliveryRow; readonly attempts: readonly Attempt[] }>> {
  const found = await context.store.findDelivery(id)
  const allowed =
    found !== null && (principal.kind === 'operator' || principal.key.tenants.includes(found.delivery.tenant))
  return allowed ? success(found) : failure({ kind: 'notFound', what: 'delivery', id })
}

/** A delivery of an endpoint with the body that its receiver gets: made again, because it is the same every time. */
export async function showDelivery(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
  deliveryId: DeliveryId,
): Promise<
  Result<{
    readonly endpoint: Endpoint
    readonly delivery: DeliveryRow
    readonly attempts: readonly Attempt[]
    readonly body: string
  }>
> {
  const view = await tenantFor(context, principal, tenant)
  if (!view.ok) return view
  const endpoint = view.value.byId.get(id)?.endpoint
  if (endpoint === undefined) return failure({ kind: 'notFound', what: 'endpoint', id })
  const found = await context.store.findDelivery(deliveryId)
  const [event] =
    found?.delivery.endpoint === endpoint.key ? await context.store.findEvents(found.delivery.eventId, tenant) : []
  if (found === null || event === undefined) return failure({ kind: 'notFound', what: 'delivery', id: deliveryId })
  const message = { tenant: view.value.tenant, event, delivery: deliveryId, endpoint }
  return success({ ...found, endpoint, body: view.value.dialect.encode(message) })
}

/** The attempts of an endpoint, a row each; a page by its number. */
export async function listAttempts(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
  filter: Omit<AttemptFilter, 'endpoint'>,
  page: NumberedPage,
): Promise<Result<{ readonly rows: readonly AttemptRow[]; readonly total: number }>> {
  const view = await tenantFor(context, principal, tenant)
  if (!view.ok) return view
  const endpoint = view.value.byId.get(id)?.endpoint
  if (endpoint === undefined) return failure({ kind: 'notFound', what: 'endpoint', id })
  return success(await context.store.listAttempts({ ...filter, endpoint: endpoint.key }, page))
}
