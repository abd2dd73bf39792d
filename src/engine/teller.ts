// Telling: finds the changes of state that follow from the result of a delivery. record.ts reports them to the log once
// they are durable, and gives those that an endpoint of the system tenant may want to the group commit. The store decides
// which of them become events (`CommitBatch.tellings`).

import type { Outcome } from '../domain/attempt.ts'
import {
  deliveryExhausted,
  endpointDisabled,
  endpointFailing,
  endpointRecovered,
  type EndpointTelling,
  type Happened,
  systemTenant,
} from '../domain/operational-events.ts'
import { patternMatches } from '../domain/matching.ts'
import type { AttemptSummary } from '../contracts/commit-store.ts'
import type { DeliveryDialect } from '../contracts/delivery-dialect.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import type { Finished, Receiving } from './finished.ts'
import type { HeldDelivery } from './lanes.ts'
import type { TenantCache } from './tenant-cache.ts'

export interface TellerOptions {
  readonly tenantCache: TenantCache
  readonly observer: EngineObserver
}

const nothing: readonly EndpointTelling[] = []

export class Teller {
  readonly #options: TellerOptions

  constructor(options: TellerOptions) {
    this.#options = options
  }

  /** The changes of state, as far as this node knows. Most results change nothing. */
  changesOf(finished: Finished, at: number): readonly EndpointTelling[] {
    const { move, summary } = finished
    if (move.to !== 'failed' && summary?.health === undefined && summary?.disable === undefined) return nothing
    const { delivery, attempt, sentTo } = finished
    const place = sentTo ?? this.#placeOf(delivery)
    if (place === null) return nothing
    const happened = happenedAt(at, delivery, place, attempt?.outcome ?? null)
    const changes: EndpointTelling[] = []
    if (move.to === 'failed') {
      const { id: event, type: eventType } = delivery.event
      const attempts = attempt?.number ?? delivery.attempts
      changes.push(deliveryExhausted(happened, { event, eventType, attempts, reason: move.reason }))
    }
    if (summary?.disable !== undefined) {
      changes.push(endpointDisabled(happened, summary.disable, summary.delete !== undefined))
    } else if (summary?.health !== undefined) {
      const change = this.#healthChange(happened, summary, place.tenant.dialect)
      if (change !== null) changes.push(change)
    }
    return changes
  }

  /** The changes that may become events; null: none, or no endpoint of the system tenant names their types. */
  wanted(changes: readonly EndpointTelling[]): readonly EndpointTelling[] | null {
    const others = changes.filter(({ attributes }) => attributes['tenant'] !== systemTenant)
    if (others.length === 0) return null
    const { tenantCache } = this.#options
    const system = tenantCache.peekSystem()
    if (system === undefined) {
      // The store decides meanwhile.
      void tenantCache.load(systemTenant).catch(() => {})
      return others
    }
    const types = (system?.endpoints ?? [])
      .filter(({ disabledReason }) => disabledReason === null)
      .flatMap(({ endpoint }) => endpoint.eventTypes)
    const wanted = others.filter((change) => isNamed(change, types))
    return wanted.length === 0 ? null : wanted
  }

  #placeOf({ event, endpoint: key }: HeldDelivery): Receiving | null {
    const tenant = this.#options.tenantCache.peek(event.tenant)
    const endpoint = tenant?.byKey.get(key)
    return tenant === undefined || endpoint === undefined ? null : { tenant, endpoint }
  }

  /** If the dialect's code throws, nothing is told. */
  #healthChange(
    happened: Happened,
    { expectedHealth, health = null }: AttemptSummary,
    dialect: DeliveryDialect,
  ): EndpointTelling | null {
    try {
      const [before, after] = [dialect.healthReport(expectedHealth), dialect.healthReport(health)]
      if (before.status === after.status) return null
      if (after.status === 'healthy') return endpointRecovered(happened, before.since)
      return endpointFailing(happened, after.since, after.reason)
    } catch (error) {
      this.#options.observer.failed('a change of health could not be told', error)
      return null
    }
  }
}

const healthTypes = ['endpoint.failing', 'endpoint.recovered']

/** The store must know of both changes of health to tell one of them. */
function isNamed({ type }: EndpointTelling, patterns: readonly string[]): boolean {
  const types = healthTypes.includes(type) ? healthTypes : [type]
  return types.some((one) => patterns.some((pattern) => patternMatches(pattern, one)))
}

function happenedAt(
  at: number,
  delivery: HeldDelivery,
  { tenant: { tenant }, endpoint: { endpoint } }: Receiving,
  outcome: Outcome | null,
): Happened {
  const place = { tenant: tenant.id, dialect: tenant.dialect, endpoint: endpoint.id }
  return { at, endpoint: endpoint.key, delivery: delivery.id, place, outcome }
}
