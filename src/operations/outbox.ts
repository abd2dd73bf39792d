// The outbox: events that callers have published in their own transactions (docs/transactions.md). A node claims some of
// them, accepts them like posted ones, and looks for more. The commit that stores an event removes it from the outbox, so a
// kill at any time neither loses an event nor stores it twice. An event that cannot be accepted is set aside.

import type { Event } from '../domain/event.ts'
import type { Incarnation, OutboxKey } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { faultsText, type Problem } from '../domain/problem.ts'
import { Unavailable } from '../domain/unavailable.ts'
import type { ChangeStore } from '../contracts/lease-store.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import type { OutboxEvent, OutboxStore } from '../contracts/outbox-store.ts'
import type { Accepted, Draft } from '../engine/accept.ts'
import type { Context } from './context.ts'
import { draftOf } from './publish-event.ts'

export interface OutboxOptions {
  readonly context: Context
  readonly store: OutboxStore & ChangeStore
  readonly observer: Pick<EngineObserver, 'failed' | 'setAside'>
}

/** An event of the outbox that can be accepted. */
interface Publication {
  readonly event: OutboxEvent
  readonly draft: Draft
}

/** Why an event cannot be accepted. */
interface Refusal {
  readonly event: OutboxEvent
  readonly problem: string
  /** Whether its data is erased. */
  readonly erase: boolean
}

/** The result of a round for the events of one tenant. */
interface Round {
  readonly refused: readonly Refusal[]
  /** Events that were stored before. */
  readonly repeated: readonly OutboxKey[]
  /** Whether events are left that cannot be accepted now. */
  readonly unsettled: boolean
}

export class Outbox {
  readonly #options: OutboxOptions
  #cancelTimer = (): void => {}
  #running: Promise<void> | null = null
  /** Another round must follow the one that runs. */
  #again = false
  /** A round has failed, and the next one waits. */
  #isResting = false
  #stopped = false
  /** When events were found last, and until when this node looks by itself, by `Clock.elapsed`. */
  #foundAt = Number.NEGATIVE_INFINITY
  #watchedTo = Number.NEGATIVE_INFINITY
  /** The tenant of the last event that was claimed, so that tenants take turns. */
  #last = ''

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  start(): void {
    this.#options.store.listen(({ kind }) => {
      // Notifications of events that were published meanwhile may be lost.
      if (kind === 'outbox' || kind === 'everything') this.#wake()
    })
    this.#wake()
  }

  /** Claims nothing more. Resolves when the round that runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelTimer()
    await this.#running
  }

  #wake(): void {
    this.#again = true
    if (this.#stopped || this.#isResting) return
    this.#cancelTimer()
    this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    let waitMs: number
    do {
      this.#again = false
      waitMs = await this.#round().catch((error: unknown) => {
        this.#options.observer.failed('events of the outbox could not be accepted', error)
        return limits.outboxAgainMs
      })
      this.#isResting = waitMs === limits.outboxAgainMs
    } while ((waitMs === 0 || (this.#again && !this.#isResting)) && !this.#stopped)
    this.#running = null
    if (this.#stopped) return
    this.#cancelTimer = this.#options.context.clock.after(waitMs, () => {
      this.#isResting = false
      this.#wake()
    })
  }

  /** Claims and accepts events. Returns the time until the next round, ms. @throws StoreUnavailable */
  async #round(): Promise<number> {
    const { context, store, observer } = this.#options
    const node = context.engine.membership.incarnation
    if (node === null) return limits.outboxAgainMs
    const { events, last } = await store.claimOutbox(node, this.#last)
    this.#last = last
    if (events.length === 0) {
      const isWatched = context.clock.elapsed() < this.#watchedTo + limits.outboxCommitMs
      return isWatched ? limits.outboxLookMs : limits.outboxPollMs
    }
    await this.#watch()
    const tenants = Map.groupBy(events, ({ tenant }) => tenant)
    const rounds = await Promise.all([...tenants.values()].map((ofTenant) => this.#accept(ofTenant)))
    const repeated = rounds.flatMap((round) => round.repeated)
    if (repeated.length > 0) await store.removeFromOutbox(node, repeated)
    const refused = rounds.flatMap((round) => round.refused)
    if (refused.length > 0) await this.#setAside(node, refused)
    for (const { event, problem } of refused) observer.setAside(event, problem)
    return rounds.some(({ unsettled }) => unsettled) ? limits.outboxAgainMs : 0
  }

  /** Spares busy callers the notifications, which slow their commits down. */
  async #watch(): Promise<void> {
    const { context, store } = this.#options
    const now = context.clock.elapsed()
    const isBusy = now - this.#foundAt < limits.outboxBusyMs
    this.#foundAt = now
    if (!isBusy || now < this.#watchedTo - limits.outboxWatchMs / 2) return
    await store.watchOutbox(limits.outboxWatchMs)
    this.#watchedTo = now + limits.outboxWatchMs
  }

  #setAside(node: Incarnation, refused: readonly Refusal[]): Promise<void> {
    const { store } = this.#options
    return store.setAside(
      node,
      refused.map(({ event, problem, erase }) => ({ key: event.key, problem, erase })),
    )
  }

  /** Accepts events of one tenant. */
  async #accept(events: readonly OutboxEvent[]): Promise<Round> {
    const refused: Refusal[] = []
    const publications: Publication[] = []
    for (const event of events) {
      const draft = await this.#draft(event)
      if (typeof draft === 'string') refused.push({ event, problem: draft, erase: event.orphaned })
      else publications.push({ event, draft })
    }
    const first = await this.#acceptAll(publications)
    const isConflict = ({ event }: Publication, index: number): boolean =>
      event.occurredAt === null && first[index]?.kind === 'conflict'
    // Its repeat names no time either, so the time is no difference.
    const again = await this.#acceptAll(publications.filter(isConflict).map(withoutOwnTime))
    let next = 0
    const settled = first.map((result, index) =>
      isConflict(publications[index] as Publication, index) ? (again[next++] as Settled) : result,
    )
    return roundOf(publications, settled, refused)
  }

  /** The event as it is accepted; a text: why it cannot be. @throws Unavailable */
  async #draft(event: OutboxEvent): Promise<Draft | string> {
    if (event.orphaned) return 'its tenant was deleted'
    const { context, observer } = this.#options
    try {
      const tenant = context.tenantCache.peek(event.tenant) ?? (await context.tenantCache.load(event.tenant))
      const draft = draftOf(context, inputOf(event), tenant)
      return draft.ok ? { ...draft.value, outbox: event.key } : textOf(draft.problem)
    } catch (error) {
      if (error instanceof Unavailable) throw error
      observer.failed(`the event ${event.key} of the outbox could not be read`, error)
      return 'internal error'
    }
  }

  async #acceptAll(publications: readonly Publication[]): Promise<readonly Settled[]> {
    const { engine } = this.#options.context
    try {
      return publications.length === 0 ? [] : await engine.accept(publications.map(({ draft }) => draft))
    } catch (error) {
      if (error instanceof Unavailable) return publications.map(() => ({ kind: 'unsettled' }) as const)
      // Our own code threw on one of them, and has reported it. Each is accepted alone, so that the others are stored.
      if (publications.length === 1) return [{ kind: 'fault' }]
      const settled: Settled[] = []
      for (const publication of publications) settled.push(...(await this.#acceptAll([publication])))
      return settled
    }
  }
}

/** `fault`: our own code threw. */
type Settled = { readonly kind: Accepted['kind'] | 'fault' }

function roundOf(publications: readonly Publication[], settled: readonly Settled[], before: readonly Refusal[]): Round {
  const refused = [...before]
  const repeated: OutboxKey[] = []
  let unsettled = false
  for (const [index, { kind }] of settled.entries()) {
    const { event, draft } = publications[index] as Publication
    const refuse = (problem: string, erase = false): number => refused.push({ event, problem, erase })
    if (kind === 'duplicate') repeated.push(event.key)
    else if (kind === 'conflict') refuse(`event ${draft.event.id} was posted before with other content`)
    else if (kind === 'absent') refuse('its tenant was deleted', true)
    else if (kind === 'fault') refuse('internal error')
    else if (kind !== 'stored') unsettled = true
  }
  return { refused, repeated, unsettled }
}

function inputOf({ tenant, type, data, id, occurredAt, publishedAt, attributes, retainSeconds }: OutboxEvent) {
  return {
    tenant,
    type,
    data,
    occurredAt: new Date(occurredAt ?? publishedAt).toISOString(),
    ...(id !== null && { id }),
    ...(attributes !== null && { attributes }),
    ...(retainSeconds !== null && { retainSeconds }),
  }
}

function withoutOwnTime({ event, draft }: Publication): Publication {
  const posted: Event = { ...draft.event, occurredAt: draft.event.acceptedAt }
  return { event, draft: { ...draft, event: posted } }
}

function textOf(problem: Problem): string {
  return problem.kind === 'invalid' ? faultsText(problem.fields) : problem.kind
}
