// This node among the others that share a database: its incarnation, its heartbeat, and whether what it has in memory
// may still be believed.
//
//     joined ──a heartbeat is heard──► trusted ──none for `limits.trustMs`──► not trusted: nothing is sent, all is read
//        ▲                              │    ▲                               │   afresh
//        │         declared dead, or a  │    └──── one is heard ─────────────┘
//        └──── commit of unknown fate ◄─┴─ at any time
//
// Other nodes declare it dead after `limits.deadAfterMs`, so it has stopped sending before they take over. That the
// database was out of reach makes nobody dead: who has just come back gives the others as much time as it had.

import type { Clock } from '../domain/clock.ts'
import type { Incarnation } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { IncarnationLost, type Store } from '../contracts/store.ts'
import type { EngineObserver } from '../contracts/observer.ts'

/** Tells caches whether they may be believed. */
export interface Trust {
  /** Another one whenever all that was read before must be forgotten; null: nothing may be believed now. */
  cacheEpoch(): number | null
}

export interface MembershipHooks {
  /** All that the node holds is lost to it, in memory too. */
  readonly lost: () => void
  readonly joined: () => void
  /** Another node's deliveries were made due. */
  readonly tookOver: () => void
}

export class Membership implements Trust {
  readonly #store: Store
  readonly #clock: Clock
  readonly #observer: EngineObserver
  #hooks: MembershipHooks | null = null
  #incarnation: Incarnation | null
  #epoch = 1
  /** When the last heartbeat was sent that was answered; null: nothing may be believed before the next one is. */
  #heard: Moment | null = null
  /** Since when heartbeats have been heard without a gap. */
  #steadySince: Moment = { now: 0, elapsed: 0 }
  #cancelTimer = (): void => {}
  #running: Promise<unknown> = Promise.resolve()
  #takingOver: Promise<void> | null = null
  #stopped = false

  /** Registers the node. Nothing is taken over from others yet. */
  static async join(store: Store, clock: Clock, observer: EngineObserver): Promise<Membership> {
    const sent = momentOf(clock)
    const membership = new Membership(store, clock, observer, await store.join(sent.now))
    membership.#believe(sent)
    return membership
  }

  private constructor(store: Store, clock: Clock, observer: EngineObserver, incarnation: Incarnation) {
    this.#store = store
    this.#clock = clock
    this.#observer = observer
    this.#incarnation = incarnation
  }

  /** Null while the node joins anew. */
  get incarnation(): Incarnation | null {
    return this.#incarnation
  }

  /** Whether a delivery belongs to the present incarnation. */
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
    this.#believe(sent)
    if (silentMs > limits.deadAfterMs && sent.elapsed - this.#steadySince.elapsed >= limits.deadAfterMs) {
      // Beside the heartbeats: to release what a node held takes its time.
      this.#takingOver ??= this.#takeOver(incarnation)
    }
    return true
  }

  async #takeOver(incarnation: Incarnation): Promise<void> {
    try {
      if ((await this.#store.takeOver(incarnation, limits.deadAfterMs)) > 0) this.#hooks?.tookOver()
    } catch (error) {
      this.#observer.failed('what a dead node held could not be taken over', error)
    } finally {
      this.#takingOver = null
    }
  }

  /** Ends this incarnation, and what it holds with it; joins as another as soon as the database answers. */
  giveUp(reason: IncarnationLost): void {
    const lost = this.#incarnation
    if (lost === null || this.#stopped) return
    this.#incarnation = null
    this.#epoch += 1
    this.#heard = null
    this.#observer.failed('this node gives up what it holds and joins anew', reason)
    this.#hooks?.lost()
    this.#cancelTimer()
    this.#running = this.#rejoin(lost)
  }

  /** Hands back all that the node holds. */
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
        this.#believe(sent)
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
    if (this.#heard === null) return false
    // By whichever clock says more: the one may have been set back, the other one stood still.
    const { now, elapsed } = momentOf(this.#clock)
    return Math.max(now - this.#heard.now, elapsed - this.#heard.elapsed) < limits.trustMs
  }

  #believe(sent: Moment): void {
    if (!this.#isTrusted()) {
      this.#epoch += 1
      this.#steadySince = sent
    }
    this.#heard = sent
  }

  /** What others have told since may have been missed. */
  #distrust(): void {
    this.#epoch += 1
    this.#heard = null
    if (this.#incarnation !== null) this.#beatIn(0)
  }

  #beatIn(ms: number): void {
    if (this.#stopped) return
    this.#cancelTimer()
    this.#cancelTimer = this.#clock.after(ms, () => {
      this.#running = this.beat()
        .then((alive) => alive && this.#observer.storeAnswered('heartbeats'))
        .catch((error: unknown) => this.#observer.failed('a heartbeat was not heard', error, 'heartbeats'))
        .finally(() => {
          if (this.#incarnation !== null) this.#beatIn(limits.heartbeatIntervalMs)
        })
    })
  }
}

/** By the clock on the wall, and by the one that nobody sets. */
interface Moment {
  readonly now: number
  readonly elapsed: number
}

function momentOf(clock: Clock): Moment {
  return { now: clock.now(), elapsed: clock.elapsed() }
}
