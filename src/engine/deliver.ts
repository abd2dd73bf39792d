// Delivering: one attempt of one delivery, started by lanes.ts. The deliverer checks the current state of the endpoint,
// encodes and signs the event, and sends the request. It asks the dialect for a verdict on the outcome, and gives the
// resulting move to record.ts.

import { LRUCache } from 'lru-cache'
import type { Attempt, Outcome } from '../domain/attempt.ts'
import { type NewAuditRecord, noAddress, ownActor } from '../domain/audit.ts'
import { endpointChange } from '../domain/audited-changes.ts'
import type { Clock } from '../domain/clock.ts'
import type { EndReason } from '../domain/delivery.ts'
import type { DisabledReason, Endpoint } from '../domain/endpoint.ts'
import type { Event } from '../domain/event.ts'
import { type AuditId, type EventId, type RandomBytes, type TenantId, uuidV7 } from '../domain/ids.ts'
import { newErasure } from '../domain/erasure.ts'
import { limits } from '../domain/limits.ts'
import { retryAt, type Verdict } from '../domain/retry.ts'
import { Unavailable } from '../domain/unavailable.ts'
import type {
  DeliveryDialect,
  EarlierAttempts,
  HealthChange,
  HealthFact,
  Message,
} from '../contracts/delivery-dialect.ts'
import type { ErasedEvent } from '../contracts/erase-store.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import type { AttemptSummary, Move } from '../contracts/commit-store.ts'
import type { FetchedDelivery } from '../contracts/poll-store.ts'
import type { HistoryReads } from '../contracts/history-store.ts'
import type { AttemptSpan, Tracer } from '../contracts/tracer.ts'
import type { NotSent, Sender, SendRequest, SendResult } from '../contracts/transport.ts'
import type { Finished, Receiving } from './finished.ts'
import type { HeldDelivery } from './lanes.ts'
import type { Membership } from './membership.ts'
import { isPaused, pauseOf } from './pauses.ts'
import { ProxyWaits } from './proxy-waits.ts'
import { requestOf } from './request-of.ts'
import { cancelReason, type Recorder } from './record.ts'
import type { CachedEndpoint, CachedTenant, TenantCache } from './tenant-cache.ts'

export interface DelivererOptions {
  readonly store: Pick<HistoryReads, 'findDelivery'>
  readonly membership: Membership
  readonly tenantCache: TenantCache
  readonly recorder: Recorder
  readonly sender: Sender
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  /** A number in [0, 1), for jitter. */
  readonly random: () => number
  /** Multiplies the waits between attempts (POSTHORN_RETRY_SCALE). */
  readonly retryScale: number
  /** The value of the header by which the installation recognises its own deliveries. */
  readonly marker: string
  readonly observer: EngineObserver
  /** Null: there is no tracing. */
  readonly tracer: Tracer | null
}

/** An attempt: a request, or a fetch of a consumer. */
interface Started extends Receiving {
  readonly delivery: HeldDelivery
  readonly startedAt: number
}

/** A request in flight. */
interface Sent extends Started {
  readonly request: SendRequest
  /** By `Clock.elapsed`, which measures the duration: the wall clock may be set during the attempt. */
  readonly startedElapsed: number
  /** Null: there is no tracing, or its trace is not sampled. */
  readonly span: AttemptSpan | null
}

export class Deliverer {
  readonly #options: DelivererOptions
  /**
   * When a failed read of an endpoint was last reported, by `Clock.elapsed`. Every delivery that waits for the endpoint
   * fails to read it, so reports are limited to one per `limits.repeatedFailureMs`.
   */
  #unreadReportedAt = -Infinity
  readonly #proxyWaits = new ProxyWaits()
  /** Events whose data was erased while this node may have held deliveries of them. */
  readonly #erased = new LRUCache<string, true>({ max: limits.erasedEventsMax })

  constructor(options: DelivererOptions) {
    this.#options = options
  }

  /** The data of an event was erased: nothing more of it is sent. */
  erased({ tenant, event, acceptedAt }: ErasedEvent): void {
    this.#erased.set(placeOf(tenant, event, acceptedAt), true)
    this.#options.recorder.cancelErased(
      ({ tenant: owner, id, acceptedAt: at }) => id === event && owner === tenant && at === acceptedAt,
    )
  }

  start(delivery: HeldDelivery): void {
    const { membership, tenantCache, recorder } = this.#options
    // A node that is not trusted may have lost the delivery to another node, and its cache may be out of date.
    if (membership.cacheEpoch() === null) return recorder.postponed(delivery)
    const tenant = tenantCache.peek(delivery.event.tenant)
    if (tenant === undefined || recalls(delivery, tenant)) void this.#loadAndStart(delivery)
    else this.#send(delivery, tenant)
  }

  async #loadAndStart(delivery: HeldDelivery): Promise<void> {
    const { membership, tenantCache, recorder } = this.#options
    let tenant: CachedTenant | null
    let earlier: EarlierAttempts | undefined
    try {
      tenant = await tenantCache.load(delivery.event.tenant)
      if (tenant !== null && recalls(delivery, tenant)) {
        earlier = await this.#earlierOf(delivery)
        // It may have changed during the read.
        tenant = await tenantCache.load(delivery.event.tenant)
      }
    } catch (error) {
      if (!(error instanceof Unavailable)) return this.#faulted(delivery, 'internal error', error)
      this.#reportUnread(error)
      return recorder.postponed(delivery)
    }
    // The incarnation may have been lost during the read, and the next one may have joined.
    if (membership.cacheEpoch() === null || !membership.holds(delivery)) recorder.postponed(delivery)
    else this.#send(delivery, tenant, earlier)
  }

  /** @throws Unavailable */
  async #earlierOf({ id }: HeldDelivery): Promise<EarlierAttempts | undefined> {
    const attempts = (await this.#options.store.findDelivery(id))?.attempts ?? []
    const [first, last] = [attempts[0], attempts.at(-1)]
    return first && last && { firstStartedAt: first.startedAt, lastOutcome: last.outcome }
  }

  #reportUnread(error: Unavailable): void {
    const now = this.#options.clock.elapsed()
    if (now - this.#unreadReportedAt < limits.repeatedFailureMs) return
    this.#unreadReportedAt = now
    this.#options.observer.failed('an endpoint could not be read', error)
  }

  #send(delivery: HeldDelivery, tenant: CachedTenant | null, earlier?: EarlierAttempts): void {
    const endpoint = tenant?.byKey.get(delivery.endpoint)
    if (tenant === null || endpoint === undefined)
      return this.#end(delivery, { to: 'cancelled', reason: 'endpoint deleted' })
    if (endpoint.disabledReason !== null) {
      return this.#end(delivery, { to: 'cancelled', reason: cancelReason(endpoint.disabledReason) })
    }
    const { event } = delivery
    if (this.#isErased(event)) return this.#end(delivery, { to: 'cancelled', reason: 'payload erased' })
    const { clock, sender, tracer, marker } = this.#options
    const startedAt = clock.now()
    if (isPaused(endpoint, startedAt)) {
      return this.#end(delivery, { to: 'waiting', dueAt: endpoint.pausedUntil })
    }
    if (event.unreadable) {
      return this.#faulted(delivery, 'event unreadable', new Error(`the attributes of ${event.id} cannot be read`))
    }

    const startedElapsed = clock.elapsed()
    const waitMs = this.#proxyWaits.left(delivery.endpoint, startedElapsed)
    if (waitMs > 0) return this.#options.recorder.unsent(delivery, waitMs)
    const message: Message = {
      tenant: tenant.tenant,
      event,
      delivery: delivery.id,
      endpoint: endpoint.endpoint,
      attempt: delivery.attempts + 1,
      ...(earlier !== undefined && { earlier }),
    }
    let request: SendRequest
    try {
      request = requestOf(message, tenant.dialect, endpoint.signingKeys(startedAt), startedAt, marker)
    } catch (error) {
      return this.#faulted(delivery, endpoint.endpoint.unreadable ? 'endpoint unreadable' : 'internal error', error)
    }
    const { name } = tenant.dialect
    const span =
      tracer && tracer.attempting(delivery, { dialect: name, endpoint: endpoint.endpoint.id, url: request.url })
    if (span !== null && span.traceparent !== null) {
      request = { ...request, headers: { ...request.headers, traceparent: span.traceparent } }
    }
    const sent: Sent = { delivery, tenant, endpoint, request, startedAt, startedElapsed, span }
    sender.send(request, (result) => {
      if ('notSent' in result) return this.#waitForProxy(delivery, result)
      this.#proxyWaits.ended(delivery.endpoint)
      this.#conclude(sent, result)
    })
  }

  #isErased({ tenant, id, acceptedAt, erasedAt }: Event): boolean {
    return erasedAt !== undefined || (this.#erased.size > 0 && this.#erased.has(placeOf(tenant, id, acceptedAt)))
  }

  #waitForProxy(delivery: HeldDelivery, { notSent }: NotSent): void {
    const { clock, observer, recorder } = this.#options
    observer.proxyFailed(notSent)
    recorder.unsent(delivery, this.#proxyWaits.failed(delivery.endpoint, clock.elapsed()))
  }

  #conclude(sent: Sent, result: SendResult): void {
    const { clock, observer, recorder, tracer } = this.#options
    const { delivery, tenant, request, span } = sent
    const { response, connections, headers, phases, requestCrc } = result
    const outcome = this.#outcomeOf(tenant.dialect, result)
    const durationMs = Math.round(clock.elapsed() - sent.startedElapsed)
    const attempt: Attempt = {
      number: delivery.attempts + 1,
      startedAt: sent.startedAt,
      durationMs,
      outcome,
      response,
      ...(connections !== undefined && { connections }),
      ...(phases !== undefined && { phases }),
      ...(requestCrc !== undefined && { requestCrc }),
      ...(tenant.dialect.keepExchange && {
        exchange: { url: request.url, requestHeaders: request.headers, responseHeaders: headers ?? null },
      }),
    }
    span?.end(attempt)
    observer.attempted(outcome.kind, durationMs, span?.traceId)
    const judged = this.#judge(sent, attempt, result)
    if (tracer !== null && judged.move.to === 'waiting') tracer.waits(delivery)
    recorder.finished({ delivery, attempt, sentTo: sent, ...judged })
  }

  /**
   * Records the result of a delivery that a consumer has fetched, and returns its move. If the consumer has not
   * acknowledged it in time, it has waited already: it is due again at once.
   */
  concludeFetched(delivery: HeldDelivery & FetchedDelivery, receiving: Receiving, result: SendResult): Move {
    const { clock, observer, recorder } = this.#options
    const { fetchedAt: startedAt, dueAt } = delivery
    const { outcome, response } = result
    const now = clock.now()
    const durationMs = Math.max(0, Math.min(now, dueAt) - startedAt)
    const attempt: Attempt = { number: delivery.attempts + 1, startedAt, durationMs, outcome, response, connections: 0 }
    observer.attempted(outcome.kind, durationMs)
    const judged = this.#judge({ ...receiving, delivery, startedAt }, attempt, result)
    const waits = outcome.kind === 'timedOut' && judged.move.to === 'waiting'
    const move: Move = waits ? { to: 'waiting', dueAt: now } : judged.move
    recorder.record({ ...judged, delivery, attempt, sentTo: receiving, move })
    return move
  }

  /** If the dialect's code throws, the outcome is that of the status alone. */
  #outcomeOf({ outcomeOf }: DeliveryDialect, result: SendResult): Outcome {
    if (outcomeOf === undefined) return result.outcome
    try {
      return outcomeOf(result)
    } catch (error) {
      this.#options.observer.failed('an answer could not be read', error)
      return result.outcome
    }
  }

  /** Gives the move of the delivery, and the changes of its endpoint, that follow from an outcome. */
  #judge(sent: Started, attempt: Attempt, result: SendResult): Pick<Finished, 'move' | 'summary' | 'succeeded'> {
    const { clock, observer } = this.#options
    const { delivery, tenant } = sent
    const at = clock.now()
    try {
      const number = attempt.number - delivery.attemptsBefore
      const verdict = tenant.dialect.verdict(attempt.outcome, number, delivery.event, result, sent.endpoint.endpoint)
      const move = this.#moveOf(verdict, attempt.outcome, at, tenant.dialect)
      const summary = this.#summarize(sent, verdict, attempt.outcome, at, move.to !== 'waiting')
      return { move, summary, succeeded: verdict.kind === 'succeeded' }
    } catch (error) {
      observer.failed('an outcome could not be judged', error)
      return { move: { to: 'failed', reason: 'internal error' }, summary: null, succeeded: false }
    }
  }

  #moveOf(verdict: Verdict, outcome: Outcome, at: number, { retryAfterCounts }: DeliveryDialect): Move {
    switch (verdict.kind) {
      case 'succeeded':
        return { to: 'delivered' }
      case 'retry': {
        const { random, retryScale } = this.#options
        return { to: 'waiting', dueAt: retryAt(at, verdict, outcome, random, retryScale, retryAfterCounts) }
      }
      case 'exhausted':
        return { to: 'failed', reason: 'retries exhausted' }
      case 'notRetried':
        return { to: 'failed', reason: 'not retried' }
      case 'gone':
        return { to: 'failed', reason: 'endpoint gone' }
    }
  }

  /**
   * The changes of the endpoint that follow from an attempt: counts, health, and whether it is disabled.
   *
   * @param ended whether the delivery ends with this attempt
   */
  #summarize(sent: Started, verdict: Verdict, outcome: Outcome, at: number, ended: boolean): AttemptSummary {
    const { delivery, tenant, endpoint } = sent
    const succeeded = verdict.kind === 'succeeded'
    const expectedHealth = endpoint.health
    const summary: AttemptSummary = {
      endpoint: delivery.endpoint,
      attempts: 1,
      lastAttemptAt: sent.startedAt,
      lastAttemptSucceeded: succeeded,
      lastOutcome: outcome,
      expectedHealth,
    }
    if (succeeded && expectedHealth === null && endpoint.pausedUntil === null) return summary
    // The endpoint may have been changed, or disabled and enabled again, since this attempt started. Then a failure
    // does not count against it.
    const latest = tenant.current ? endpoint : this.#latestOf(delivery)
    if (latest !== endpoint && !succeeded) return summary
    const fact: HealthFact = { at, succeeded, outcome, delivery: delivery.id, ended }
    const { retryAfterCounts } = tenant.dialect
    const { health, disable: failing, deletes } = this.#healthAfter(endpoint, tenant.dialect, fact)
    endpoint.health = health
    if (latest !== undefined) latest.health = health
    const changed = {
      ...(health !== expectedHealth && { health }),
      ...pauseOf(endpoint, outcome, succeeded, at, retryAfterCounts),
    }
    const disable = verdict.kind === 'gone' ? 'gone' : failing ? 'failing' : null
    if (disable === null || endpoint.disabledReason !== null) return { ...summary, ...changed }
    endpoint.disabledReason = disable
    const isDeleted = (verdict.kind === 'gone' ? tenant.dialect.deletesGone : deletes) === true
    const audit = this.#auditOf(endpoint.endpoint, disable, isDeleted, at)
    const deletion = isDeleted && { delete: this.#deletionFrom(tenant.dialect, at) }
    return { ...summary, ...changed, disable, audit, ...deletion }
  }

  #auditOf(endpoint: Endpoint, reason: DisabledReason, isDeleted: boolean, at: number): NewAuditRecord {
    const disabling = { before: { enabled: true }, after: { enabled: false, disabledReason: reason } }
    return {
      id: uuidV7(at, this.#options.randomBytes) as AuditId,
      action: isDeleted ? 'endpoint.delete' : 'endpoint.change',
      refused: null,
      count: 1,
      actor: ownActor,
      address: noAddress,
      object: endpoint.id,
      tenant: endpoint.tenant,
      change: isDeleted ? endpointChange(endpoint, null) : disabling,
      endpoint: endpoint.key,
    }
  }

  #deletionFrom({ endpointRules }: DeliveryDialect, at: number): NonNullable<AttemptSummary['delete']> {
    return { erasure: endpointRules.deletesHistory ? newErasure(at, this.#options.randomBytes) : null }
  }

  #latestOf({ event, endpoint }: HeldDelivery): CachedEndpoint | undefined {
    return this.#options.tenantCache.peek(event.tenant)?.byKey.get(endpoint)
  }

  /** If the dialect's code throws, the health of the endpoint is reset. The delivery is not affected. */
  #healthAfter(endpoint: CachedEndpoint, dialect: DeliveryDialect, fact: HealthFact): HealthChange {
    if (fact.succeeded && endpoint.health === null) return { health: null, disable: false }
    try {
      return dialect.health(endpoint.health, fact)
    } catch (error) {
      this.#options.observer.failed(`the health of endpoint ${endpoint.endpoint.id} could not be judged`, error)
      return { health: null, disable: false }
    }
  }

  /** The delivery could not be prepared and nothing was sent. It is postponed, and fails at try `limits.faultsMax`. */
  #faulted(delivery: HeldDelivery, reason: EndReason, error: unknown): void {
    const { observer, recorder } = this.#options
    const faults = (delivery.faults ?? 0) + 1
    if (faults < limits.faultsMax) return recorder.postponed({ ...delivery, faults })
    observer.failed(`delivery ${delivery.id} could not be prepared in ${faults} tries and has failed: ${reason}`, error)
    this.#end(delivery, { to: 'failed', reason })
  }

  /** Moves a delivery without an attempt. */
  #end(delivery: HeldDelivery, move: Move): void {
    this.#options.recorder.finished({ delivery, attempt: null, sentTo: null, move, summary: null, succeeded: false })
  }
}

/** Whether the attempts before this one must be read before it is sent. */
function recalls({ attempts }: HeldDelivery, { dialect }: CachedTenant): boolean {
  return attempts > 0 && dialect.needsEarlier === true
}

/** Names an event. The id alone may be used again by a new tenant of the same id. */
function placeOf(tenant: TenantId, event: EventId, acceptedAt: number): string {
  return `${tenant} ${event} ${acceptedAt}`
}
