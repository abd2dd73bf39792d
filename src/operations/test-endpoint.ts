// Test events: sent to one endpoint, even if it does not want the event type.

import type { Attempt } from '../domain/attempt.ts'
import type { SendResult } from '../contracts/transport.ts'
import { type Endpoint, unstoredEndpoint } from '../domain/endpoint.ts'
import type { Event } from '../domain/event.ts'
import {
  type DeliveryId,
  type EndpointId,
  type EndpointKey,
  type EventId,
  type TenantId,
  uuidV7,
} from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import type { Dialect } from '../contracts/dialect.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { CachedTenant } from '../engine/tenant-cache.ts'
import { type Context, dialectOf, tenantFor } from './context.ts'
import { endpointDisabled } from './endpoint-problems.ts'
import { endpointOf } from './endpoints.ts'
import type { Principal } from '../domain/principal.ts'
import { detailsOf } from './endpoint-details.ts'
import type { NewEndpoint } from './create-endpoints.ts'
import { endpointFaults, eventTypesOf } from './endpoint-rules.ts'
import { eraseAtOf, eventTypeFault } from './publish-event.ts'

/** The content of a test event. `data` is JSON text. */
export interface TestEvent {
  readonly type: string
  readonly data: string
}

/**
 * Accepts a test event. It is stored, delivered, retried and recorded like other events.
 *
 * @param type the event type; default: that of the dialect's test event
 */
export async function sendTest(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
  type?: string,
): Promise<Result<{ readonly event: Event; readonly delivery: DeliveryId }>> {
  const found = await enabledEndpoint(context, principal, tenant, id)
  if (!found.ok) return found
  const { cached, dialect, endpoint } = found.value
  const test = dialect.testEvent(type === undefined ? endpoint : { ...endpoint, eventTypes: [type] })
  const event = eventOf(context, dialect, cached.tenant, type === undefined ? test : { ...test, type })
  return accepted(context, found.value, event)
}

/** Accepts a test event of a type of the catalogue. Its data is the dialect's example of the type if there is one. */
export async function sendExample(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
  type: string,
): ReturnType<typeof sendTest> {
  const found = await enabledEndpoint(context, principal, tenant, id)
  if (!found.ok) return found
  const { cached, dialect, endpoint } = found.value
  const fault = eventTypeFault(dialect, 'eventType', type)
  if (fault !== null) return failure(fault)
  const data = dialect.exampleOf(type, endpoint) ?? dialect.testEvent({ ...endpoint, eventTypes: [type] }).data
  return accepted(context, found.value, eventOf(context, dialect, cached.tenant, { type, data }))
}

async function accepted(
  context: Context,
  { cached, endpoint }: EnabledEndpoint,
  event: Event,
): ReturnType<typeof sendTest> {
  const [result] = await context.engine.accept([{ event, tenant: cached, only: endpoint.key }])
  const delivery = result?.deliveries[0]
  if (delivery !== undefined) return success({ event, delivery })
  // The event has no delivery: the endpoint was disabled or deleted after it was read.
  if (result?.kind === 'stored') return failure(endpointDisabled)
  if (result?.kind === 'absent') return failure({ kind: 'notFound', what: 'endpoint', id: endpoint.id })
  return failure({
    kind: 'unavailable',
    retryAfterSeconds: limits.unavailableRetrySeconds,
    ...(result?.kind === 'unknown' && { outcomeUnknown: true }),
  })
}

/**
 * Accepts a test event and waits until its first attempt is recorded. `attempt` is null if that takes longer than
 * `timeoutMs`, or if nothing was sent.
 *
 * @param test default: the dialect's test event
 */
export async function sendTestNow(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
  timeoutMs: number,
  test?: Partial<TestEvent>,
): Promise<Result<{ readonly event: Event; readonly delivery: DeliveryId; readonly attempt: Attempt | null }>> {
  const found = await enabledEndpoint(context, principal, tenant, id)
  if (!found.ok) return found
  const { cached, dialect, endpoint } = found.value
  const ofType = test?.type === undefined ? endpoint : { ...endpoint, eventTypes: [test.type] }
  const event = eventOf(context, dialect, cached.tenant, { ...dialect.testEvent(ofType), ...test })
  const draft = { event, tenant: cached, only: endpoint.key }
  const { delivery, attempt } = await context.engine.attemptNow(draft, timeoutMs)
  return success({ event, delivery, attempt })
}

/** Sends an event once to an endpoint that the request describes. Nothing is stored. */
export async function tryOutEndpoint(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  input: NewEndpoint,
  test: TestEvent,
): Promise<Result<SendResult>> {
  const cached = await tenantFor(context, principal, tenant)
  if (!cached.ok) return cached
  const dialect = dialectOf(context, cached.value.tenant)
  const faults = endpointFaults(context, dialect, input)
  if (faults.length > 0) return failure({ kind: 'invalid', where: 'body', fields: faults })
  const now = context.clock.now()
  const endpoint = unstoredEndpoint({
    key: 0 as EndpointKey,
    id: '' as EndpointId,
    tenant,
    url: input.url,
    eventTypes: eventTypesOf(dialect, input, null),
    details: detailsOf(dialect, input.details ?? {}, null),
    headers: input.headers ?? {},
    createdAt: now,
  })
  const event = eventOf(context, dialect, cached.value.tenant, test)
  const delivery = uuidV7(now, context.randomBytes) as DeliveryId
  const message = { tenant: cached.value.tenant, event, delivery, endpoint, trial: true }
  return success(await context.engine.tryOut(message, dialect))
}

interface EnabledEndpoint {
  readonly cached: CachedTenant
  readonly dialect: Dialect
  readonly endpoint: Endpoint
}

async function enabledEndpoint(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
): Promise<Result<EnabledEndpoint>> {
  const cached = await tenantFor(context, principal, tenant)
  if (!cached.ok) return cached
  const endpoint = endpointOf(cached.value, id)
  if (!endpoint.ok) return endpoint
  if (!endpoint.value.enabled) return failure(endpointDisabled)
  const dialect = dialectOf(context, cached.value.tenant)
  return success({ cached: cached.value, dialect, endpoint: endpoint.value })
}

function eventOf(context: Context, dialect: Dialect, tenant: Tenant, test: TestEvent): Event {
  const now = context.clock.now()
  const id = dialect.newEventId(now, context.randomBytes) as EventId
  const times = { occurredAt: now, acceptedAt: now, ...eraseAtOf(tenant, now) }
  return { ...test, id, tenant: tenant.id, attributes: null, ...times }
}
