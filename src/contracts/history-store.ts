// Events, deliveries and attempts in the database, as the APIs list them and send them again.

import type { Attempt } from '../domain/attempt.ts'
import type { Delivery, DeliveryStatus } from '../domain/delivery.ts'
import type { Event } from '../domain/event.ts'
import type { DeliveryId, EndpointId, EndpointKey, EventId, TenantId } from '../domain/ids.ts'
import type { Page, PageRequest } from './page.ts'

export interface EventFilter {
  readonly tenant: TenantId | null
  readonly type: string | null
  /** Accepted at or after. */
  readonly from: number | null
  /** Accepted before. */
  readonly to: number | null
}

export interface DeliveryFilter {
  readonly tenant: TenantId | null
  readonly endpoint: EndpointKey | null
  readonly status: DeliveryStatus | null
  readonly eventType: string | null
  readonly from: number | null
  readonly to: number | null
}

/** A delivery with what names its event and endpoint to people. */
export interface DeliveryRow extends Delivery {
  readonly tenant: TenantId
  readonly eventId: EventId
  readonly eventType: string
  readonly endpointId: EndpointId
}

export interface AttemptFilter {
  readonly endpoint: EndpointKey
  readonly succeeded: boolean | null
  readonly eventType: string | null
  /** Event accepted at or after. */
  readonly from: number | null
  /** Event accepted before. */
  readonly to: number | null
}

/** Pages as some vendors number them, from 1. */
export interface NumberedPage {
  readonly page: number
  readonly limit: number
}

export interface AttemptRow extends Attempt {
  readonly delivery: DeliveryRow
}

export interface RearmRequest {
  readonly endpoint: EndpointKey
  /** Deliveries whose event was accepted in [since, until). */
  readonly since: number
  readonly until: number
  readonly statuses: readonly DeliveryStatus[]
  readonly now: number
  readonly rowsMax: number
  readonly after: DeliveryId | null
}

export interface HistoryReads {
  listEvents(filter: EventFilter, page: PageRequest): Promise<Page<Event>>
  /** Every event of that id: ids are unique within a tenant only. */
  findEvents(id: EventId, tenant: TenantId | null): Promise<readonly Event[]>
  deliveriesOfEvent(event: Pick<Event, 'tenant' | 'id'>): Promise<readonly DeliveryRow[]>
  listDeliveries(filter: DeliveryFilter, page: PageRequest): Promise<Page<DeliveryRow>>
  findDelivery(
    id: DeliveryId,
  ): Promise<{ readonly delivery: DeliveryRow; readonly attempts: readonly Attempt[] } | null>
  /** Attempts of an endpoint, one row each, those of the newest deliveries first. */
  listAttempts(
    filter: AttemptFilter,
    page: NumberedPage,
  ): Promise<{ readonly rows: readonly AttemptRow[]; readonly total: number }>
}

/** Sending again. */
export interface HistoryWrites {
  /** Makes a waiting delivery due now, or an ended one wait again with its schedule afresh. False: none, or in flight. */
  rearmDelivery(id: DeliveryId, now: number): Promise<boolean>
  /** One bounded step of the same for many. `last` continues; null: done. */
  rearmDeliveries(request: RearmRequest): Promise<{ readonly count: number; readonly last: DeliveryId | null }>
}
