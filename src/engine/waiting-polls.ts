// Polls that wait for a delivery. A poll is woken by the commit of this node that stores a delivery for its endpoint, and
// by a look into the database every `limits.pollTickMs`, which finds deliveries that other nodes have stored, and those that became due. One
// timer serves all polls of the node, and none runs while no poll waits. A wake-up wakes one poll of the endpoint.

import type { Clock } from '../domain/clock.ts'
import type { EndpointKey } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import type { PollStore } from '../contracts/poll-store.ts'

export interface WaitingPoll {
  readonly endpoint: EndpointKey
  /** The key of the caller. */
  readonly caller: string
  /** By `Clock.elapsed`. */
  readonly endsAt: number
  /** Whether the caller has closed its connection. */
  readonly isGone: () => boolean
}

interface Place extends WaitingPoll {
  readonly resolve: (woken: boolean) => void
}

export class WaitingPolls {
  readonly #store: Pick<PollStore, 'withDueDeliveries'>
  readonly #clock: Clock
  readonly #observer: EngineObserver
  /** Polls that were not woken yet, those of an endpoint in the order of their arrival. */
  readonly #places = new Map<EndpointKey, Set<Place>>()
  /** How many polls of a caller have entered and not left. */
  readonly #ofCaller = new Map<string, number>()
  #count = 0
  /** A look is planned or runs. */
  #looking = false
  #stopped = false

  constructor(store: Pick<PollStore, 'withDueDeliveries'>, clock: Clock, observer: EngineObserver) {
    this.#store = store
    this.#clock = clock
    this.#observer = observer
  }

  /** Why no further poll of a caller may wait; null: it may. */
  refuses(caller: string): 'caller' | 'node' | null {
    if ((this.#ofCaller.get(caller) ?? 0) >= limits.waitingPollsPerCallerMax) return 'caller'
    return this.#count >= limits.waitingPollsMax ? 'node' : null
  }

  /**
   * Lets a poll wait from now on, until `leave`. `woken` resolves with true if a delivery may be due, and with false if the
   * time is over, the caller is gone or the node stops.
   */
  enter(poll: WaitingPoll): { readonly woken: Promise<boolean>; readonly leave: () => void } {
    const { endpoint, caller } = poll
    const { promise: woken, resolve } = Promise.withResolvers<boolean>()
    const place: Place = { ...poll, resolve }
    this.#places.set(endpoint, (this.#places.get(endpoint) ?? new Set()).add(place))
    this.#ofCaller.set(caller, (this.#ofCaller.get(caller) ?? 0) + 1)
    this.#count += 1
    if (this.#stopped) resolve(false)
    else this.#lookLater()
    const leave = (): void => {
      this.#remove(place)
      this.#count -= 1
      const left = (this.#ofCaller.get(caller) ?? 0) - 1
      if (left > 0) this.#ofCaller.set(caller, left)
      else this.#ofCaller.delete(caller)
    }
    return { woken, leave }
  }

  /** A delivery may be due: wakes the poll of the endpoint that has waited longest. */
  wake(endpoint: EndpointKey): void {
    for (const place of this.#places.get(endpoint) ?? []) {
      const isGone = place.isGone()
      this.#remove(place)
      place.resolve(!isGone)
      if (!isGone) return
    }
  }

  /** Ends all polls. */
  stop(): void {
    this.#stopped = true
    for (const place of this.#all()) place.resolve(false)
  }

  #all(): Place[] {
    return [...this.#places.values()].flatMap((places) => [...places])
  }

  #remove(place: Place): void {
    const places = this.#places.get(place.endpoint)
    if (places?.delete(place) && places.size === 0) this.#places.delete(place.endpoint)
  }

  #lookLater(): void {
    if (this.#looking) return
    this.#looking = true
    this.#clock.after(limits.pollTickMs, () => void this.#look())
  }

  async #look(): Promise<void> {
    const now = this.#clock.elapsed()
    for (const place of this.#all()) if (place.endsAt <= now || place.isGone()) this.#end(place)
    try {
      const endpoints = [...this.#places.keys()]
      const due = endpoints.length === 0 ? [] : await this.#store.withDueDeliveries(endpoints, this.#clock.now())
      for (const endpoint of due) this.wake(endpoint)
    } catch (error) {
      this.#observer.failed('it is unknown whether waiting polls have deliveries', error)
    }
    this.#looking = false
    if (this.#places.size > 0 && !this.#stopped) this.#lookLater()
  }

  #end(place: Place): void {
    this.#remove(place)
    place.resolve(false)
  }
}
