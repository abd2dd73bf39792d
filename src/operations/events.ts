import type { Event } from '../domain/event.ts'
import type { EventId, TenantId } from '../domain/ids.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import type { DeliveryRow, EventFilter } from '../contracts/history-store.ts'
import type { Page, PageRequest } from '../contracts/page.ts'
import type { Context } from './context.ts'

/** Events, newest first. */
export function listEvents(context: Context, filter: EventFilter, page: PageRequest): Promise<Page<Event>> {
  return context.store.listEvents(filter, page)
}

/**
 * An event with its deliveries. Ids are unique within a tenant only: `tenant` is required if several tenants have the
 * id.
 */
export async function findEvent(
  context: Context,
  id: EventId,
  tenant: TenantId | null,
): Promise<Result<{ readonly event: Event; readonly deliveries: readonly DeliveryRow[] }>> {
  const [event, another] = await context.store.findEvents(id, tenant)
  if (event === undefined) return failure({ kind: 'notFound', what: 'event', id })
  if (another !== undefined) {
    const detail = 'several tenants have an event of this id: say which by ?tenant='
    return failure({ kind: 'conflict', code: 'event_ambiguous', detail })
  }
  return success({ event, deliveries: await context.store.deliveriesOfEvent(event) })
}
