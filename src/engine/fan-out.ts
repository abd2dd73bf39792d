import type { Trace } from '../contracts/tracer.ts'
import type { Event } from '../domain/event.ts'
import { type DeliveryId, type EndpointKey, type Incarnation, type RandomBytes, uuidV7 } from '../domain/ids.ts'
import { never } from '../domain/time.ts'
import type { HeldDelivery } from './lanes.ts'
import type { CachedTenant } from './tenant-cache.ts'

/**
 * The deliveries of an event: one for each enabled endpoint of its tenant that wants the event. Their ids begin with
 * the time at which the event was accepted.
 *
 * @param node the incarnation that will hold the deliveries
 * @param only the only endpoint that gets the event, even if it does not want the event type: for test events
 */
export function fanOut(
  event: Event,
  tenant: CachedTenant,
  node: Incarnation,
  random: RandomBytes,
  only?: EndpointKey,
  trace?: Trace,
): HeldDelivery[] {
  const deliveries: HeldDelivery[] = []
  const { matchedAttributes } = tenant.dialect
  let { attributes } = event
  if (matchedAttributes !== undefined && tenant.hasFilters) attributes = matchedAttributes(event)
  for (const { endpoint, disabledReason, pausedUntil, wants } of tenant.endpoints) {
    const wanted = only === undefined ? wants(event, attributes) : only === endpoint.key
    if (disabledReason !== null || !wanted) continue
    const id = uuidV7(event.acceptedAt, random) as DeliveryId
    const { key } = endpoint
    const delivery: HeldDelivery =
      trace === undefined
        ? { id, endpoint: key, event, node, attempts: 0, attemptsBefore: 0 }
        : { id, endpoint: key, event, node, attempts: 0, attemptsBefore: 0, trace }
    // A test event does not wait for the end of a pause, but the deliveries of a polling endpoint always wait.
    const waits = pausedUntil !== null && (only === undefined || pausedUntil === never)
    deliveries.push(waits ? { ...delivery, pausedUntil } : delivery)
  }
  return deliveries
}
