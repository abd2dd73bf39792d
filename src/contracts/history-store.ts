// Events, deliveries and attempts in the database: lists for the APIs, and retries and replays of deliveries.

import type { Attempt, Outcome } from '../domain/attempt.ts'
import type { NewAuditRecord } from '../domain/audit.ts'
import type { Delivery, DeliveryStatus } from '../domain/delivery.ts'
import type { Event } from '../domain/event.ts'
import type { DeliveryId, EndpointId, EndpointKey, EventId, TenantId } from '../domain/ids.ts'
import type { Page, PageRequest, SearchedPage } from './page.ts'

/** Conditions of a list of events; null: no condition. Times are Unix milliseconds. */
export interface EventFilter {
  readonly tenant: TenantId | null
  readonly type: string | null
  /** Events accepted at or after this time. */
  readonly from: number | null
  /** Events accepted before this time. */
  readonly to: number | null
}

/** Conditions of a list of deliveries; null: no condition. `from` and `to` limit the time of acceptance. */
export interface DeliveryFilter {
  readonly tenant: TenantId | null
  readonly endpoint: EndpointKey | null
  /** The delivery has one of these statuses. */
  readonly statuses: readonly DeliveryStatus[] | null
  readonly eventType: string | null
  readonly from: number | null
  readonly to: number | null
  /** Its tenant speaks this dialect. */
  readonly dialect: string | null
  /** True: only pending deliveries that were attempted before. */
  readonly failing: boolean
  /** It has an attempt that meets all of these conditions. */
  readonly attempted: AttemptedFilter | null
}

/** Conditions of one attempt; null: no condition. */
export interface AttemptedFilter {
  readonly outcomes: readonly Outcome['kind'][] | null
  /** The status of the response. */
  readonly httpStatus: number | null
  /** The attempt started at or after this time. */
  readonly from: number | null
  /** The attempt started before this time. */
  readonly to: number | null
}

/** The filter that every delivery passes. */
export const everyDelivery: DeliveryFilter = {
  tenant: null,
  endpoint: null,
  statuses: null,
  eventType: null,
  from: null,
  to: null,
  dialect: null,
  failing: false,
  attempted: null,
}

/** A delivery with the public ids of its event and endpoint, and its last attempt. */
export interface DeliveryRow extends Delivery {
  readonly tenant: TenantId
  readonly eventId: EventId
  readonly eventType: string
  readonly endpointId: EndpointId
  /** The URL of the endpoint as it is now; empty: it is polled. */
  readonly endpointUrl: string
  /** The dialect of its tenant. */
  readonly dialect: string
  /** Null: it was not attempted yet. */
  readonly lastAttempt: Pick<Attempt, 'startedAt' | 'durationMs' | 'outcome'> | null
}

/** Conditions of a list of attempts; null: no condition. */
export interface AttemptFilter {
  readonly endpoint: EndpointKey
  readonly succeeded: boolean | null
  readonly eventType: string | null
  /** The event was accepted at or after this time. */
  readonly from: number | null
  /** The event was accepted before this time. */
  readonly to: number | null
}

/** A page by its number, from 1, for vendors that number their pages. */
export interface NumberedPage {
  readonly page: number
  readonly limit: number
}

/** An attempt with its delivery. */
export interface AttemptRow extends Attempt {
  readonly delivery: DeliveryRow
}

/** A failed attempt of an endpoint. `response` is its beginning. */
export interface FailedAttempt extends Pick<Attempt, 'number' | 'startedAt' | 'outcome' | 'response'> {
  readonly delivery: DeliveryId
}

/** The bounds of a read of failed attempts. */
export interface FailureBounds {
  readonly deliveriesMax: number
  readonly attemptsMax: number
  /** Characters of each response. */
  readonly charsMax: number
}

/** One step of a replay of an endpoint's deliveries. */
export interface RearmRequest {
  readonly endpoint: EndpointKey
  /** Deliveries whose event was accepted in [since, until). */
  readonly since: number
  readonly until: number
  readonly statuses: readonly DeliveryStatus[]
  readonly now: number
  readonly rowsMax: number
  /** The last delivery of the previous step; null: this is the first step. */
  readonly after: DeliveryId | null
  /** Written in the transaction of the step. */
  readonly audit?: readonly NewAuditRecord[]
}

/** Reads of events, deliveries and attempts. */
export interface HistoryReads {
  /** A page ends with the event whose data reaches `limits.eventPageBytesMax`. */
  listEvents(filter: EventFilter, page: PageRequest): Promise<Page<Event>>
  /** Returns events with this id, at most `limits.foundMax`: event ids are unique only within a tenant. */
  findEvents(id: EventId, tenant: TenantId | null): Promise<readonly Event[]>
  deliveriesOfEvent(event: Pick<Event, 'tenant' | 'id'>): Promise<readonly DeliveryRow[]>
  listDeliveries(filter: DeliveryFilter, page: PageRequest): Promise<SearchedPage<DeliveryRow>>
  findDelivery(
    id: DeliveryId,
  ): Promise<{ readonly delivery: DeliveryRow; readonly attempts: readonly Attempt[] } | null>
  /** Attempts of an endpoint, one row each, those of the newest deliveries first. */
  listAttempts(
    filter: AttemptFilter,
    page: NumberedPage,
  ): Promise<{ readonly rows: readonly AttemptRow[]; readonly total: number }>
  /**
   * Failed attempts of the newest deliveries of an endpoint, those of the newest delivery first. `searchedTo` is the time of
   * the oldest delivery that was read; null: all were.
   */
  newestFailures(
    endpoint: EndpointKey,
    bounds: FailureBounds,
  ): Promise<{ readonly rows: readonly FailedAttempt[]; readonly searchedTo: number | null }>
}

/** Retries and replays of deliveries. */
export interface HistoryWrites {
  /**
   * Makes a waiting delivery due now. An ended delivery waits again, due now, with a restarted schedule. False: the
   * delivery does not exist or is leased.
   */
  rearmDelivery(id: DeliveryId, now: number, audit?: readonly NewAuditRecord[]): Promise<boolean>
  /**
   * Adds a delivery of the same event to the same endpoint, which is due now. False: the first delivery does not exist.
   *
   * @param id of the new delivery; its time must be that of the first one, because an event's deliveries are found by it
   */
  repeatDelivery(first: DeliveryId, id: DeliveryId, now: number, audit?: readonly NewAuditRecord[]): Promise<boolean>
  /** One bounded step of `rearmDelivery` for many deliveries. `last` is the `after` of the next step; null: done. */
  rearmDeliveries(request: RearmRequest): Promise<{ readonly count: number; readonly last: DeliveryId | null }>
}
