import type { Event } from '../domain/event.ts'
import { type DeliveryId, type EndpointKey, type Incarnation, type RandomBytes, uuidV7 } from '../domain/ids.ts'
import { endpointMatches } from '../domain/matching.ts'
import type { TenantView } from './tenant-cache.ts'
import type { Work } from './lanes.ts'

/**
 * The deliveries of an event: one per endpoint of its tenant that wants it. Their ids carry the event's time.
 *
 * @param node who is to hold them
 * @param only the one endpoint that gets it, whatever it wants: a test event
 */
export function fanOut(
  event: Event,
  view: TenantView,
  node: Incarnation,
  random: RandomBytes,
  only?: EndpointKey,
): Work[] {
  const works: Work[] = []
  for (const { endpoint, off } of view.endpoints) {
    const wanted = only === undefined ? endpointMatches(endpoint, event.type, event.attributes) : only === endpoint.key
    if (off !== null || !wanted) continue
    const id = uuidV7(event.acceptedAt, random) as DeliveryId
    works.push({ id, endpoint: endpoint.key, event, node, attempts: 0, attemptsBefore: 0 })
  }
  return works
}
