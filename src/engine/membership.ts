// The membership of this node among the nodes that share a database: its incarnation, its heartbeat, and whether its
// memory may be trusted.
//
//     join ──► trusted ──no heartbeat answered for `limits.trustMs`──► not trusted: sends nothing,
//      ▲          │ ▲                                                   │  reads everything again
//      │          │ └─────────────── heartbeat answered ────────────────┘
//      └──────────┴─ from both states: declared dead, or a commit of unknown outcome
//
// Other nodes declare a node dead after `limits.deadAfterMs` without a heartbeat. That is longer than `limits.trustMs`,
// so the node has stopped sending before they take over its deliveries.
//
// An outage of the database makes no node dead: a node whose own heartbeats are answered again takes over no other node
// for `limits.deadAfterMs`, so that the heartbeats of the other nodes can arrive too.

import type { Clock } from '../domain/clock.ts'
import type { Incarnation } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { nodeLost } from '../domain/operational-events.ts'
import { IncarnationLost, type Store } from '../contracts/store.ts'
import type { EngineObserver } from '../contracts/observer.ts'

/** Whether caches may be trusted. */
export interface Trust {
  /**
   * A number that changes whenever everything that was read before must be dropped. Null: nothing in memory may be used
   * now. Never null where the database is not shared.
   */
  cacheEpoch(): number | null
}

export interface MembershipHooks {
  /** The incarnation is lost: the node must drop everything that it holds in memory. */
  readonly lost: () => void
  /** The node has joined again, as another incarnation. */
  readonly joined: () => void
  /** The deliveries of a dead node were made due. */
  readonly tookOver: () => void
}

export class Membership implements Trust {
  readonly #store: Store
  readonly #clock: Clock
  readonly #observer: EngineObserver
  #hooks: MembershipHooks | null = null
  #incarnation: Incarnation | null
  #epoch = 1
  /** When the last answered heartbeat was sent; null: the node is not trusted until a heartbeat is answered. */
  #lastHeartbeat: Moment | null = null
  /** Since when the node has been trusted without a gap. */
  #steadySince: Moment = { now: 0, elapsed: 0 }
  #cancelTimer = (): void => {}
  #running: Promise<unknown> = Promise.resolve()
  #takingOver: Promise<void> | null = null
  #stopped = false

  /**
   * Registers the node as a new incarnation. On a shared database it takes over no other node yet, else it takes over the
   * earlier process that ended without a stop.
   */
  static async join(store: Store, clock: Clock, observer: EngineObserver): Promise<Membership> {
    const sent = momentOf(clock)
    const incarnation = await store.join(sent.now)
    const membership = new Membership(store, clock, observer, incarnation)
    membership.#heartbeatAnswered(sent)
    if (!store.shared) await membership.#takeOverLost(incarnation)
    return membership
  }

  private constructor(store: Store, clock: Clock, observer: EngineObserver, incarnation: Incarnation) {
    this.#store = store
    this.#clock = clock
    this.#observer = observer
    this.#incarnation = incarnation
  }

  /** Null while the node joins again. */
  get incarnation(): Incarnation | null {
    return this.#incarnation
  }

  /** Whether the current incarnation holds a delivery. */
  holds({ node }: { readonly node: Incarnation }): boolean {
    return node === this.#incarnation
  }

  cacheEpoch(): number | null {
    return this.#store.shared && !this.#isTrusted() ? null : this.#epoch
  }

  start(hooks: MembershipHooks): void {
    this.#hooks = hooks
    this.#store.listen((change) => {
      if (change.kind === 'everything') this.#distrust()
    })
    if (this.#store.shared) this.#beatIn(limits.heartbeatIntervalMs)
  }

  /** Sends a heartbeat now. False: the incarnation is lost. @throws StoreUnavailable */
  async beat(): Promise<boolean> {
    const incarnation = this.#incarnation
    if (incarnation === null) return false
    const sent = momentOf(this.#clock)
    const { alive, silentMs } = await this.#store.heartbeat(incarnation, sent.now)
    if (incarnation !== this.#incarnation) return false
    if (!alive) {
      this.giveUp(new IncarnationLost('this node was silent for so long that it was declared dead'))
      return false
    }
    this.#heartbeatAnswered(sent)
    if (silentMs > limits.deadAfterMs && sent.elapsed - this.#steadySince.elapsed >= limits.deadAfterMs) {
      // Not awaited: releasing the deliveries of a node may take longer than a heartbeat may wait.
      this.#takingOver ??= this.#takeOver(incarnation)
    }
    return true
  }

  async #takeOver(incarnation: Incarnation): Promise<void> {
    try {
      if (await this.#takeOverLost(incarnation)) this.#hooks?.tookOver()
    } catch (error) {
      this.#observer.failed('the deliveries of a dead node could not be taken over', error)
    } finally {
      this.#takingOver = null
    }
  }

  async #takeOverLost(incarnation: Incarnation): Promise<boolean> {
    const now = this.#clock.now()
    const lost = await this.#store.takeOver(incarnation, limits.deadAfterMs, now)
    for (const node of lost) this.#observer.changed(nodeLost(node, incarnation, now))
    return lost.length > 0
  }

  /** Drops this incarnation with everything that it holds, and joins as another when the database answers. */
  giveUp(reason: IncarnationLost): void {
    const lost = this.#incarnation
    if (lost === null || this.#stopped) return
    this.#incarnation = null
    this.#epoch += 1
    this.#lastHeartbeat = null
    this.#observer.failed('this node gives up everything that it holds and joins again', reason)
    this.#hooks?.lost()
    this.#cancelTimer()
    this.#running = this.#rejoin(lost)
  }

  /** Hands back all deliveries that the node holds, and ends the heartbeats. @throws StoreUnavailable */
  async leave(): Promise<void> {
    this.#stopped = true
    this.#cancelTimer()
    await this.#running
    await this.#takingOver
    if (this.#incarnation !== null) await this.#store.leave(this.#incarnation)
  }

  async #rejoin(lost: Incarnation): Promise<void> {
    for (
      let waitMs: number = limits.storeRetryMs;
      !this.#stopped;
      waitMs = Math.min(waitMs * 2, limits.storeRetryMsMax)
    ) {
      try {
        await this.#store.leave(lost)
        const sent = momentOf(this.#clock)
        this.#incarnation = await this.#store.join(sent.now)
        this.#heartbeatAnswered(sent)
        this.#hooks?.joined()
        this.#beatIn(limits.heartbeatIntervalMs)
        return
      } catch {
        await this.#sleep(waitMs)
      }
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, resolve)
      this.#cancelTimer = () => {
        cancel()
        resolve()
      }
    })
  }

  #isTrusted(): boolean {
    if (this.#lastHeartbeat === null) return false
    // The larger of two ages: `now` may have been set back, and `elapsed` may have stood still in a suspended machine.
    const { now, elapsed } = momentOf(this.#clock)
    return Math.max(now - this.#lastHeartbeat.now, elapsed - this.#lastHeartbeat.elapsed) < limits.trustMs
  }

  /** The database has answered a heartbeat, or `join`, that was sent at `sent`. */
  #heartbeatAnswered(sent: Moment): void {
    if (!this.#isTrusted()) {
      this.#epoch += 1
      this.#steadySince = sent
    }
    this.#lastHeartbeat = sent
  }

  /** Changes by other nodes may have been missed. */
  #distrust(): void {
    this.#epoch += 1
    this.#lastHeartbeat = null
    if (this.#incarnation !== null) this.#beatIn(0)
  }

  #beatIn(ms: number): void {
    if (this.#stopped) return
    this.#cancelTimer()
    this.#cancelTimer = this.#clock.after(ms, () => {
      this.#running = this.beat()
        .then((alive) => alive && this.#observer.storeAnswered('heartbeats'))
        .catch((error: unknown) => this.#observer.failed('a heartbeat was not answered', error, 'heartbeats'))
        .finally(() => {
          if (this.#incarnation !== null) this.#beatIn(limits.heartbeatIntervalMs)
        })
    })
  }
}

/** The same moment by both clocks of `Clock`. */
interface Moment {
  readonly now: number
  readonly elapsed: number
}

function momentOf(clock: Clock): Moment {
  return { now: clock.now(), elapsed: clock.elapsed() }
}
