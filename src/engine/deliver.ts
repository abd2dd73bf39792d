// One attempt: look at the endpoint as it is now, encode, sign, send, and turn the outcome into a move to record.

import type { KeyObject } from 'node:crypto'
import type { Attempt, Sender, SendRequest, SendResult } from '../domain/attempt.ts'
import type { Clock } from '../domain/clock.ts'
import type { EndReason } from '../domain/delivery.ts'
import type { DisabledReason } from '../domain/endpoint.ts'
import { limits } from '../domain/limits.ts'
import { retryAt, type Verdict } from '../domain/retry.ts'
import type { Dialect, HealthChange, HealthFact, Message } from '../contracts/dialect.ts'
import { type EndpointFacts, type Move, StoreUnavailable } from '../contracts/store.ts'
import type { Directory, EndpointView, TenantView } from './tenant-cache.ts'
import type { Work } from './lanes.ts'
import type { Trust } from './membership.ts'
import type { EngineObserver } from './observer.ts'

/** What an attempt came to, for the engine to record. */
export interface Finished {
  readonly work: Work
  /** Null where nothing was sent: the endpoint is off. */
  readonly attempt: Attempt | null
  readonly move: Move
  readonly facts: EndpointFacts | null
  readonly good: boolean
}

export interface DeliverOptions {
  readonly directory: Directory
  readonly trust: Trust
  /** Whether a delivery belongs to the present life of the node. */
  readonly isHeld: (work: Work) => boolean
  readonly sender: Sender
  readonly clock: Clock
  /** For jitter: a number in [0, 1). */
  readonly random: () => number
  /** POSTHORN_RETRY_SCALE. */
  readonly retryScale: number
  readonly observer: EngineObserver
  readonly finished: (finished: Finished) => void
  /** The delivery is to be tried again a little later, nothing was sent. */
  readonly postponed: (work: Work) => void
}

export class Deliver {
  readonly #options: DeliverOptions
  /** When it was last told that an endpoint could not be read: each delivery that waits for it finds it out anew. */
  #unreadToldAt = -Infinity

  constructor(options: DeliverOptions) {
    this.#options = options
  }

  start(work: Work): void {
    // Others may have taken it over, and its endpoint may be another one by now.
    if (this.#options.trust.epoch() === null) return this.#options.postponed(work)
    const view = this.#options.directory.peek(work.event.tenant)
    if (view === undefined) void this.#loadAndStart(work)
    else this.#send(work, view)
  }

  async #loadAndStart(work: Work): Promise<void> {
    let view: TenantView | null
    try {
      view = await this.#options.directory.load(work.event.tenant)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) return this.#faulted(work, 'internal error', error)
      this.#tellUnread(error)
      return this.#options.postponed(work)
    }
    // The read may have taken so long that this life of the node has ended, and the next one has begun.
    if (this.#options.trust.epoch() === null || !this.#options.isHeld(work)) this.#options.postponed(work)
    else this.#send(work, view)
  }

  #tellUnread(error: StoreUnavailable): void {
    const now = this.#options.clock.elapsed()
    if (now - this.#unreadToldAt < limits.repeatedFailureMs) return
    this.#unreadToldAt = now
    this.#options.observer.failed('an endpoint could not be read', error)
  }

  #send(work: Work, tenant: TenantView | null): void {
    const view = tenant?.byKey.get(work.endpoint)
    if (tenant === null || view === undefined) return this.#end(work, 'cancelled', 'endpoint deleted')
    if (view.off !== null) return this.#end(work, 'cancelled', cancelReason(view.off))
    if (work.event.unreadable) {
      return this.#faulted(work, 'event unreadable', new Error(`the attributes of ${work.event.id} cannot be read`))
    }

    const { clock, sender } = this.#options
    const { dialect } = tenant
    const startedAt = clock.now()
    // By the clock that nobody sets: one that is set during the attempt would make it last for hours.
    const startedElapsed = clock.elapsed()
    const message: Message = { tenant: tenant.tenant, event: work.event, delivery: work.id, endpoint: view.endpoint }
    let request: SendRequest
    try {
      request = requestOf(message, dialect, view.signingKeys(startedAt), startedAt)
    } catch (error) {
      return this.#faulted(work, view.endpoint.unreadable ? 'endpoint unreadable' : 'internal error', error)
    }
    sender.send(request, (result) => {
      const durationMs = Math.round(clock.elapsed() - startedElapsed)
      this.#conclude(work, tenant, view, startedAt, durationMs, request, result)
    })
  }

  #conclude(
    work: Work,
    tenant: TenantView,
    view: EndpointView,
    startedAt: number,
    durationMs: number,
    request: SendRequest,
    result: SendResult,
  ): void {
    const { clock, observer } = this.#options
    const { dialect } = tenant
    const { outcome } = result
    const at = clock.now()
    const attempt: Attempt = {
      number: work.attempts + 1,
      startedAt,
      durationMs,
      outcome,
      response: result.response,
      ...(dialect.keepExchange && {
        exchange: { url: request.url, requestHeaders: request.headers, responseHeaders: result.headers ?? null },
      }),
    }
    observer.attempted(outcome.kind, durationMs)

    let judged: Pick<Finished, 'move' | 'facts' | 'good'>
    try {
      const verdict = dialect.verdict(outcome, attempt.number - work.attemptsBefore, work.event)
      const move = this.#moveOf(verdict, outcome, at)
      const facts = this.#learn(work, tenant, view, verdict, attempt, at, move.to !== 'waiting')
      judged = { move, facts, good: verdict.kind === 'succeeded' }
    } catch (error) {
      observer.failed('an outcome could not be judged', error)
      judged = { move: { to: 'failed', reason: 'internal error' }, facts: null, good: false }
    }
    this.#options.finished({ work, attempt, ...judged })
  }

  #moveOf(verdict: Verdict, outcome: Attempt['outcome'], at: number): Move {
    switch (verdict.kind) {
      case 'succeeded':
        return { to: 'delivered' }
      case 'retry':
        return {
          to: 'waiting',
          dueAt: retryAt(at, verdict, outcome, this.#options.random, this.#options.retryScale),
        }
      case 'exhausted':
        return { to: 'failed', reason: 'retries exhausted' }
      case 'notRetried':
        return { to: 'failed', reason: 'not retried' }
      case 'gone':
        return { to: 'failed', reason: 'endpoint gone' }
    }
  }

  #learn(
    work: Work,
    tenant: TenantView,
    view: EndpointView,
    verdict: Verdict,
    attempt: Attempt,
    at: number,
    ended: boolean,
  ): EndpointFacts {
    const succeeded = verdict.kind === 'succeeded'
    const known = view.health
    const facts = { endpoint: work.endpoint, attempts: 1, lastAttemptAt: at, lastAttemptSucceeded: succeeded, known }
    if (succeeded && known === null) return facts
    // It may have been mended, or switched off and on again, since this attempt began: then a failure tells nothing of it.
    const latest = tenant.current ? view : this.#options.directory.peek(work.event.tenant)?.byKey.get(work.endpoint)
    if (latest !== view && !succeeded) return facts
    const { outcome } = attempt
    const { health, disable: failing } = this.#healthAfter(view, tenant.dialect, {
      at,
      succeeded,
      outcome,
      delivery: work.id,
      ended,
    })
    view.health = health
    if (latest !== undefined) latest.health = health
    const changed = health === known ? {} : { health }
    const disable = verdict.kind === 'gone' ? 'gone' : failing ? 'failing' : null
    if (disable === null || view.off !== null) return { ...facts, ...changed }
    view.off = disable
    return { ...facts, ...changed, disable }
  }

  /** Health is about the endpoint: code that throws on it forgets it, and costs the delivery nothing. */
  #healthAfter(view: EndpointView, dialect: Dialect, fact: HealthFact): HealthChange {
    try {
      return dialect.health(view.health, fact)
    } catch (error) {
      this.#options.observer.failed(`the health of endpoint ${view.endpoint.id} could not be judged`, error)
      return { health: null, disable: false }
    }
  }

  /** Our own code threw, and nothing was sent: it is tried again, and set aside where it keeps throwing. */
  #faulted(work: Work, reason: EndReason, error: unknown): void {
    const faults = (work.faults ?? 0) + 1
    if (faults < limits.faultsMax) return this.#options.postponed({ ...work, faults })
    this.#options.observer.failed(`delivery ${work.id} was set aside after ${faults} tries: ${reason}`, error)
    this.#end(work, 'failed', reason)
  }

  #end(work: Work, to: 'failed' | 'cancelled', reason: EndReason): void {
    this.#options.finished({ work, attempt: null, move: { to, reason }, facts: null, good: false })
  }
}

/** One request as it goes out. The dialect's headers win over the customer's. */
export function requestOf(
  message: Message,
  dialect: Dialect,
  keys: readonly KeyObject[],
  sentAtMs: number,
): SendRequest {
  const { endpoint } = message
  const body = Buffer.from(dialect.encode(message))
  const own = dialect.headers(message, body, keys, sentAtMs)
  // Spread, and not assigned one by one: a customer's may be named as what every object inherits, `__proto__` even.
  const headers = Object.keys(endpoint.headers).length === 0 ? own : { ...endpoint.headers, ...own }
  return { url: endpoint.url, headers, body, timeoutMs: dialect.timeoutMs, keepHeaders: dialect.keepExchange }
}

export function cancelReason(disabled: DisabledReason): EndReason {
  return disabled === 'gone' ? 'endpoint gone' : 'endpoint disabled'
}
