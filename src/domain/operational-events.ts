// Operational events: Posthorn tells its operator what happens to itself. They are events of the system tenant, and are
// delivered to its endpoints like all others.

import { describeOutcome, type Outcome } from './attempt.ts'
import type { EndReason } from './delivery.ts'
import type { DisabledReason } from './endpoint.ts'
import type { DeliveryId, EndpointKey, EventId, Incarnation, TenantId } from './ids.ts'
import type { Replay } from './replay.ts'

/** The tenant of operational events. No dialect that is shipped allows this id for another tenant. */
export const systemTenant = '~posthorn' as TenantId

/** The dialect of the system tenant. */
export const systemDialect = 'standard'

const endpoint = { tenant: 'acme', dialect: 'standard', endpoint: 'ep_7Q0Wzv1cQ4v8m2Kx9LrT' }
const delivery = '019aeb1c-6f00-7c3a-9d52-0f1e6a7b8c9d'

/** The event types, each with an example of its data. */
export const operationalEventTypes = {
  'endpoint.failing': {
    description: 'The attempts of an endpoint fail, as the health rule of its dialect says.',
    example: {
      ...endpoint,
      since: '2026-01-31T09:00:00.000Z',
      reason: 'nothing but failures since the last success',
      delivery,
      outcome: 'HTTP 503',
      leftOut: 0,
    },
  },
  'endpoint.recovered': {
    description: 'An endpoint that was reported as failing has had a success.',
    example: { ...endpoint, failedSince: '2026-01-31T09:00:00.000Z', delivery, leftOut: 0 },
  },
  'endpoint.disabled': {
    description: 'Posthorn has disabled or deleted an endpoint, because it kept failing or answered that it is gone.',
    example: { ...endpoint, reason: 'failing', deleted: false, delivery, outcome: 'HTTP 503', leftOut: 0 },
  },
  'delivery.exhausted': {
    description: 'A delivery has failed: there is no further attempt.',
    example: {
      ...endpoint,
      delivery,
      event: 'msg_0RkVZ1aB3dE5fG7hJ9kLmN2p',
      eventType: 'invoice.paid',
      attempts: 10,
      reason: 'retries exhausted',
      outcome: 'HTTP 503',
      leftOut: 0,
    },
  },
  'replay.finished': {
    description: 'A replay is done, was cancelled, or failed.',
    example: {
      tenant: 'acme',
      replay: 'rpl_0RkVZ1aB3dE5fG7hJ9kL',
      state: 'done',
      missing: false,
      total: 1200,
      done: 1198,
      skipped: 2,
      startedAt: '2026-01-31T09:00:00.000Z',
      endedAt: '2026-01-31T09:00:24.000Z',
      error: null,
    },
  },
  'node.lost': {
    description: 'A node ended without a stop, or was silent for too long. Its deliveries were taken over.',
    example: {
      node: 7,
      version: '1.0.0',
      role: 'all',
      startedAt: '2026-01-30T12:00:00.000Z',
      lastHeartbeatAt: '2026-01-31T09:00:00.000Z',
      takenOverBy: 8,
    },
  },
} as const

export type OperationalEventType = keyof typeof operationalEventTypes

type Data<Type extends OperationalEventType> = Readonly<
  Record<keyof (typeof operationalEventTypes)[Type]['example'], unknown>
>

/** A change of state that may become an operational event. */
export interface Telling {
  /** The same whenever the same change is told. */
  readonly id: EventId
  readonly type: OperationalEventType
  /** When the state changed. */
  readonly at: number
  /** Filters of endpoints are compared with these. */
  readonly attributes: Readonly<Record<string, string>>
  readonly data: Readonly<Record<string, unknown>>
}

/** A change of state that an attempt, or the end of a delivery, causes. */
export interface EndpointTelling extends Telling {
  readonly type: 'endpoint.failing' | 'endpoint.recovered' | 'endpoint.disabled' | 'delivery.exhausted'
  readonly endpoint: EndpointKey
  readonly delivery: DeliveryId
}

/** A change that the log reports as such: the end of a replay has a report of its own. */
export interface ReportedChange extends Telling {
  readonly type: Exclude<OperationalEventType, 'replay.finished'>
}

/** The facts that all tellings about an endpoint have. */
export interface Happened {
  readonly at: number
  readonly endpoint: EndpointKey
  readonly delivery: DeliveryId
  /** Ids of the endpoint, its tenant and its dialect. */
  readonly place: { readonly tenant: string; readonly dialect: string; readonly endpoint: string }
  /** The outcome of the attempt; null: nothing was sent. */
  readonly outcome: Outcome | null
}

const timeOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

function aboutEndpoint<Type extends EndpointTelling['type']>(
  type: Type,
  { at, endpoint: key, delivery: id, place }: Happened,
  data: Omit<Data<Type>, keyof typeof endpoint | 'delivery' | 'leftOut'>,
): EndpointTelling {
  // The ends of types differ, so that several tellings of one attempt have different ids.
  const name = `${type.split('.')[1]}_${id}_${at.toString(36)}` as EventId
  return {
    id: name,
    type,
    at,
    endpoint: key,
    delivery: id,
    attributes: place,
    data: { ...place, delivery: id, ...data },
  }
}

export function endpointFailing(happened: Happened, since: number | null, reason: string | null): EndpointTelling {
  return aboutEndpoint('endpoint.failing', happened, { since: timeOf(since), reason, outcome: outcomeOf(happened) })
}

export function endpointRecovered(happened: Happened, failedSince: number | null): EndpointTelling {
  return aboutEndpoint('endpoint.recovered', happened, { failedSince: timeOf(failedSince) })
}

export function endpointDisabled(happened: Happened, reason: DisabledReason, deleted: boolean): EndpointTelling {
  return aboutEndpoint('endpoint.disabled', happened, { reason, deleted, outcome: outcomeOf(happened) })
}

export function deliveryExhausted(
  happened: Happened,
  end: { readonly event: string; readonly eventType: string; readonly attempts: number; readonly reason: EndReason },
): EndpointTelling {
  return aboutEndpoint('delivery.exhausted', happened, { ...end, outcome: outcomeOf(happened) })
}

function outcomeOf({ outcome }: Happened): string | null {
  return outcome && describeOutcome(outcome)
}

/** Null: the replay has not begun, has not ended, or is one of the system tenant. */
export function replayFinished(replay: Replay): Telling | null {
  const { id, tenant, state, missing, count, startedAt, endedAt, error } = replay
  if (startedAt === null || endedAt === null || tenant === systemTenant) return null
  const { total, done, skipped } = count
  const times = { startedAt: timeOf(startedAt), endedAt: timeOf(endedAt) }
  const data: Data<'replay.finished'> = { tenant, replay: id, state, missing, total, done, skipped, ...times, error }
  return { id: `finished_${id}` as EventId, type: 'replay.finished', at: endedAt, attributes: { tenant }, data }
}

/** A node that another one, or its own next start, has taken over. */
export interface LostNode {
  readonly incarnation: Incarnation
  readonly startedAt: number
  /** Null: it is the only node of its database, or an older Posthorn that does not say it. */
  readonly version: string | null
  readonly role: string | null
  /** Null: the only node of its database sends no heartbeats. */
  readonly heartbeatAt: number | null
}

export function nodeLost(lost: LostNode, takenOverBy: Incarnation, at: number): ReportedChange {
  const { incarnation: node, startedAt, version, role, heartbeatAt } = lost
  const times = { startedAt: timeOf(startedAt), lastHeartbeatAt: timeOf(heartbeatAt) }
  const data: Data<'node.lost'> = { node, version, role, ...times, takenOverBy }
  return { id: `lost_node_${node}` as EventId, type: 'node.lost', at, attributes: {}, data }
}
