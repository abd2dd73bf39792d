// Polling endpoints: their consumers fetch deliveries, acknowledge and refuse them.

import type { DeliveryStatus } from '../domain/delivery.ts'
import { type Endpoint, isPolling } from '../domain/endpoint.ts'
import type { DeliveryId, EndpointId, FetchId, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { Principal } from '../domain/principal.ts'
import { failure, invalidField, type Result, success } from '../domain/problem.ts'
import { seesSecrets } from '../domain/scopes.ts'
import type { ConsumerResult, Polled, PolledDelivery } from '../engine/polls.ts'
import { type Context, tenantFor } from './context.ts'
import { endpointDisabled, endpointUnreadable } from './endpoint-problems.ts'
import { endpointOf } from './endpoints.ts'

export type { PolledDelivery }

export interface PollInput {
  readonly limit: number
  /** How long the poll waits if nothing is due. */
  readonly waitMs: number
  /** Within this time the consumer must acknowledge the deliveries. */
  readonly ackMs: number
  /** The `iterator` of an earlier answer, whose deliveries are acknowledged; null: nothing is acknowledged. */
  readonly iterator: string | null
  /** Whether the caller has closed its connection. */
  readonly isGone: () => boolean
}

/** The answer about a delivery whose result a consumer has reported. */
export interface Told {
  readonly id: DeliveryId
  /** Whether the result was recorded now. */
  readonly recorded: boolean
  /** Null: the endpoint has no such delivery. */
  readonly status: DeliveryStatus | null
}

export const acknowledged: ConsumerResult = { outcome: { kind: 'delivered', status: 200 }, response: null }

/** Names a fetch and its end. */
const iteratorForm = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(\d{1,15})$/

/**
 * Acknowledges the deliveries that the iterator names, then fetches. A poll that waits is refused if too many wait. The customer's own
 * headers are left out for callers that see no secrets.
 */
export async function pollEndpoint(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
  { limit, waitMs, ackMs, iterator, isGone }: PollInput,
): Promise<Result<Polled & { readonly iterator: string | null }>> {
  const { polls, waitingPolls } = context.engine
  const found = await polledEndpoint(context, principal, tenant, id)
  if (!found.ok) return found
  context.auditTrail.assertRoom()
  const { key: endpoint, enabled } = found.value
  if (!enabled) return failure(endpointDisabled)
  if (iterator !== null) {
    const [, fetch, dueAt] = iteratorForm.exec(iterator) ?? []
    if (fetch === undefined) return invalidField('iterator', 'format', 'must be the iterator of an earlier answer')
    await polls.record({ tenant, endpoint }, { fetch: fetch as FetchId, dueAt: Number(dueAt) }, acknowledged)
  }
  const caller = principal.key.id
  const refusal = waitMs === 0 ? null : waitingPolls.refuses(caller)
  const retryAfterSeconds = limits.unavailableRetrySeconds
  if (refusal === 'node') return failure({ kind: 'unavailable', retryAfterSeconds })
  if (refusal === 'caller') {
    const most = limits.waitingPollsPerCallerMax
    const detail = `At most ${most} polls of a key may wait on a node. Try again in ${retryAfterSeconds} s.`
    return failure({ kind: 'tooManyRequests', limit: most, retryAfterSeconds, detail })
  }
  // Not after an `await`: other polls may have begun to wait.
  const polled = await polls.poll({ tenant, endpoint, caller, rowsMax: limit, waitMs, ackMs, isGone })
  const deliveries = polled.deliveries.map((delivery) => shownTo(context, principal, delivery))
  return success({ ...polled, deliveries, iterator: polled.fetch === null ? null : `${polled.fetch}.${polled.until}` })
}

function shownTo({ auditTrail }: Context, principal: Principal, delivery: PolledDelivery): PolledDelivery {
  const { endpoint, request } = delivery
  if (Object.keys(endpoint.headers).length === 0) return delivery
  if (seesSecrets(principal)) {
    auditTrail.secretRead(principal, endpoint.tenant, endpoint)
    return delivery
  }
  const headers = Object.entries(request.headers).filter(([name, value]) => endpoint.headers[name] !== value)
  return { ...delivery, request: { ...request, headers: Object.fromEntries(headers) } }
}

/** Records one result for deliveries that a consumer has fetched. One entry for each id, in order. */
export async function recordFetched(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
  ids: readonly DeliveryId[],
  result: ConsumerResult,
): Promise<Result<readonly Told[]>> {
  const found = await polledEndpoint(context, principal, tenant, id)
  if (!found.ok) return found
  const endpoint = found.value.key
  const states = await context.engine.polls.record({ tenant, endpoint }, { ids }, result)
  const told: Told[] = []
  for (const each of ids) {
    const status = states.get(each) ?? (await statusOf(context, endpoint, each))
    told.push({ id: each, recorded: states.has(each), status })
  }
  return success(told)
}

async function statusOf({ store }: Context, endpoint: Endpoint['key'], id: DeliveryId): Promise<DeliveryStatus | null> {
  const found = await store.findDelivery(id)
  return found?.delivery.endpoint === endpoint ? found.delivery.status : null
}

async function polledEndpoint(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: EndpointId,
): Promise<Result<Endpoint>> {
  const cached = await tenantFor(context, principal, tenant)
  if (!cached.ok) return cached
  const endpoint = endpointOf(cached.value, id)
  if (!endpoint.ok) return endpoint
  if (!isPolling(endpoint.value)) {
    const detail = 'deliveries are sent to the URL of this endpoint; only an endpoint of the kind polling can be polled'
    return failure({ kind: 'conflict', code: 'endpoint_not_polling', detail })
  }
  return endpoint.value.unreadable ? failure(endpointUnreadable) : endpoint
}
