import { type Attempt, kindsShownAs } from '../domain/attempt.ts'
import type { DeliveryStatus } from '../domain/delivery.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import { type DeliveryId, type EndpointId, type EventId, type TenantId, uuidV7, uuidV7Time } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { failure, invalidField, type Result, success } from '../domain/problem.ts'
import type {
  AttemptFilter,
  AttemptRow,
  DeliveryFilter,
  DeliveryRow,
  NumberedPage,
} from '../contracts/history-store.ts'
import { minute } from '../domain/time.ts'
import type { Page, PageRequest, SearchedPage } from '../contracts/page.ts'
import type { RequestMethod } from '../contracts/transport.ts'
import { type Context, tenantFor } from './context.ts'
import type { Principal } from '../domain/principal.ts'
import { endpointDisabled } from './endpoint-problems.ts'
import { endpointOf, getEndpoint } from './endpoints.ts'

/** Makes a waiting delivery due now. A delivery that has ended becomes due now too, and its retry schedule restarts. */
export async function retryDelivery(context: Context, principal: Principal, id: DeliveryId): Promise<Result<null>> {
  const found = await findDelivery(context, principal, id)
  if (!found.ok) return found
  const { delivery } = found.value
  const tenant = await context.tenantCache.load(delivery.tenant)
  const endpoint = tenant?.byKey.get(delivery.endpoint)?.endpoint
  if (endpoint === undefined) {
    return failure({ kind: 'conflict', code: 'endpoint_deleted', detail: 'its endpoint was deleted' })
  }
  if (!endpoint.enabled) return failure(endpointDisabled)
  const audit = context.auditTrail.recordOf(principal, {
    action: 'delivery.retry',
    object: id,
    tenant: delivery.tenant,
  })
  if (!(await context.writer.rearmDelivery(id, endpoint.key, audit))) {
    return failure({ kind: 'conflict', code: 'delivery_in_flight', detail: 'the delivery is being attempted now' })
  }
  return success(null)
}

/**
 * Sends the event of a past delivery to the same endpoint again, as a new delivery. The result is the id of the new one.
 *
 * @param first a delivery of this endpoint
 */
export async function repeatDelivery(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
  first: DeliveryId,
): Promise<Result<DeliveryId>> {
  const endpoint = await getEndpoint(context, principal, tenant, id)
  if (!endpoint.ok) return endpoint
  const found = await context.store.findDelivery(first)
  const { key, enabled } = endpoint.value
  if (found?.delivery.endpoint !== key) return failure({ kind: 'notFound', what: 'delivery', id: first })
  if (!enabled) return failure(endpointDisabled)
  const added = uuidV7(uuidV7Time(first), context.randomBytes) as DeliveryId
  const audit = context.auditTrail.recordOf(principal, { action: 'delivery.retry', object: first, tenant })
  if (await context.writer.repeatDelivery(first, added, key, audit)) return success(added)
  return failure({ kind: 'notFound', what: 'delivery', id: first })
}

/**
 * Sends an event again to endpoints that it was sent to before, as new deliveries. The result is their ids.
 *
 * @param ids the endpoints; null: all of the event's endpoints that are enabled
 */
export async function resendEvent(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  event: EventId,
  ids: readonly EndpointId[] | null,
): Promise<Result<readonly DeliveryId[]>> {
  const cached = await tenantFor(context, principal, tenant)
  if (!cached.ok) return cached
  const [found] = await context.store.findEvents(event, tenant)
  if (found === undefined || found.erasedAt !== undefined)
    return failure({ kind: 'notFound', what: 'event', id: event })
  const deliveries = new Map(
    (await context.store.deliveriesOfEvent(found)).map((delivery) => [delivery.endpointId, delivery.id]),
  )
  const wanted = ids ?? [...deliveries.keys()].filter((id) => cached.value.byId.get(id)?.endpoint.enabled === true)
  // All of them are checked before the first one is sent.
  for (const id of wanted) {
    const endpoint = endpointOf(cached.value, id)
    if (!endpoint.ok) return endpoint
    if (!endpoint.value.enabled) return failure(endpointDisabled)
    if (!deliveries.has(id)) return failure({ kind: 'notFound', what: 'delivery', id })
  }
  const added: DeliveryId[] = []
  for (const id of wanted) {
    const sent = await repeatDelivery(context, principal, tenant, id, deliveries.get(id) as DeliveryId)
    if (!sent.ok) return sent
    added.push(sent.value)
  }
  return success(added)
}

export interface ReplayInput {
  /** The deliveries of events that were accepted in [since, until), in milliseconds since 1970. */
  readonly since: number
  readonly until: number
  /** Default: failed and cancelled. */
  readonly statuses?: readonly DeliveryStatus[]
}

/** Sends past deliveries of an endpoint again. The result is their number. */
export async function replay(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
  { since, until, statuses = ['failed', 'cancelled'] }: ReplayInput,
): Promise<Result<number>> {
  const endpoint = await getEndpoint(context, principal, tenant, id)
  if (!endpoint.ok) return endpoint
  const { key, enabled } = endpoint.value
  if (!enabled) return failure(endpointDisabled)
  const now = context.clock.now()
  const asked = { since: new Date(since).toISOString(), until: new Date(until).toISOString(), statuses }
  const change = { before: null, after: asked }
  const audit = context.auditTrail.recordOf(principal, {
    action: 'endpoint.replay',
    object: id,
    tenant,
    endpoint: key,
    change,
  })
  const request = { endpoint: key, since, until, statuses, now, rowsMax: limits.bulkStepRows }
  return context.replays.run(endpoint.value, (after) =>
    context.writer.rearmDeliveries({ ...request, after, ...(after === null && { audit: [audit] }) }),
  )
}

/** The deliveries to list; `endpoint` is the public id. */
export interface DeliveryQuery extends Omit<DeliveryFilter, 'endpoint'> {
  readonly endpoint: EndpointId | null
}

/**
 * Searches deliveries. A customer gets the deliveries of one of its tenants: the tenant in the query, or by default the
 * first tenant of its key. The operator gets those of all tenants by default.
 */
export async function searchDeliveries(
  context: Context,
  principal: Principal,
  query: DeliveryQuery,
  page: PageRequest,
): Promise<Result<SearchedPage<DeliveryRow>>> {
  const tenant = query.tenant ?? (principal.kind === 'customer' ? (principal.key.tenants[0] ?? null) : null)
  const filter = { ...query, ...attemptedBy(principal, query) }
  if (tenant === null) {
    if (query.endpoint !== null) return invalidField('tenant', 'required', 'is required with endpoint', 'query')
    return success(await context.store.listDeliveries({ ...filter, tenant, endpoint: null }, page))
  }
  const found = await tenantFor(context, principal, tenant)
  if (!found.ok) return found
  const endpoint = query.endpoint === null ? null : endpointOf(found.value, query.endpoint)
  if (endpoint?.ok === false) return endpoint
  return success(await context.store.listDeliveries({ ...filter, tenant, endpoint: endpoint?.value.key ?? null }, page))
}

/** The clock of the node that attempts a delivery may be so much behind the clock of the node that accepted its event. */
const clocksApartMs = minute

/**
 * The conditions on attempts. An event is accepted before its attempts, so those after the wanted time are not searched.
 * Customers find outcomes by the kind that they see.
 */
function attemptedBy({ kind }: Principal, { attempted, to }: DeliveryQuery): Pick<DeliveryFilter, 'attempted' | 'to'> {
  if (attempted === null) return { attempted, to }
  const until = attempted.to === null ? to : Math.min(to ?? Infinity, attempted.to + clocksApartMs)
  const outcomes = kind === 'customer' ? (attempted.outcomes?.flatMap(kindsShownAs) ?? null) : attempted.outcomes
  return { attempted: { ...attempted, outcomes }, to: until }
}

/** As `searchDeliveries`, but only the last page has fewer rows than requested. */
export async function listDeliveries(
  context: Context,
  principal: Principal,
  query: DeliveryQuery,
  { limit, after }: PageRequest,
): Promise<Result<Page<DeliveryRow>>> {
  const rows: DeliveryRow[] = []
  for (let next = after; ;) {
    const found = await searchDeliveries(context, principal, query, { limit: limit - rows.length, after: next })
    if (!found.ok) return found
    rows.push(...found.value.rows)
    next = found.value.next
    if (next === null || rows.length === limit) return success({ rows, next })
  }
}

/** A delivery with its attempts, if the principal may access its tenant. */
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

/**
 * A delivery of an endpoint, with the body that its receiver gets. The body is not stored: it is encoded again, which
 * gives the same bytes every time. Null: bodies of this dialect differ between attempts.
 */
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
    readonly method: RequestMethod
    readonly body: string | null
  }>
> {
  const cached = await tenantFor(context, principal, tenant)
  if (!cached.ok) return cached
  const endpoint = endpointOf(cached.value, id)
  if (!endpoint.ok) return endpoint
  const found = await context.store.findDelivery(deliveryId)
  const isOfEndpoint = found?.delivery.endpoint === endpoint.value.key
  const [event] = isOfEndpoint ? await context.store.findEvents(found.delivery.eventId, tenant) : []
  if (found === null || event === undefined) return failure({ kind: 'notFound', what: 'delivery', id: deliveryId })
  const message = { tenant: cached.value.tenant, event, delivery: deliveryId, endpoint: endpoint.value }
  const { dialect } = cached.value
  const body = dialect.bodyPerAttempt ? null : dialect.encode(message)
  return success({ ...found, endpoint: endpoint.value, method: dialect.method?.(message) ?? 'POST', body })
}

/** The attempts of an endpoint, one row per attempt, by number of the page. */
export async function listAttempts(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
  filter: Omit<AttemptFilter, 'endpoint'>,
  page: NumberedPage,
): Promise<Result<{ readonly rows: readonly AttemptRow[]; readonly total: number }>> {
  const endpoint = await getEndpoint(context, principal, tenant, id)
  if (!endpoint.ok) return endpoint
  return success(await context.store.listAttempts({ ...filter, endpoint: endpoint.value.key }, page))
}
