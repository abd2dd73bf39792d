// The connection between a node and the database. Every call takes time in both directions. It may fail before it takes
// effect, be slow, lose its answer, or take effect after the node has given up. The node gets the errors that the
// store's contract defines for each case.

import { limits } from '../../src/domain/limits.ts'
import { IncarnationLost, type Store, StoreUnavailable } from '../../src/contracts/store.ts'
import type { Change } from '../../src/contracts/lease-store.ts'
import type { CommitBatch } from '../../src/contracts/commit-store.ts'
import type { Doer, Surroundings } from './surroundings.ts'

/** The fate of one call. */
type Fate = 'well' | 'slow' | 'refused' | 'lost' | 'late'

/** Calls that are answered when every node knows of the change. */
const changes = new Set([
  'createTenant',
  'updateTenant',
  'replaceTenantSecrets',
  'deleteTenant',
  'createEndpoints',
  'updateEndpoint',
  'deleteEndpoint',
  'erasePayload',
  'eraseExpired',
])

export class Link {
  readonly #world: Surroundings
  readonly #life: Doer
  readonly #listeners: ((change: Change) => void)[] = []
  /** When the last message to this node arrives: messages arrive in the order in which they were sent. */
  #lastArrival = 0
  #lastEffect = 0
  #deafUntil = 0
  #cutOffUntil = 0

  constructor(world: Surroundings, life: Doer) {
    this.#world = world
    this.#life = life
  }

  /** The database as the node sees it. */
  store(): Store {
    const { shared } = this.#world.plan
    const names = Object.keys(this.#world.roles)
    const methods = names.map((name) => [name, (...args: unknown[]) => this.#call(name, args)])
    const listen = (listener: (change: Change) => void): void => void this.#listeners.push(listener)
    return { ...Object.fromEntries(methods), shared, quotas: null, listen, close: async () => {} } as Store
  }

  /** For a while no notification of the database arrives. Then the node learns that it may have missed changes. */
  deafen(ms: number): void {
    this.#deafUntil = this.#world.time.elapsed + ms
    this.#world.time.after(ms, () => this.#life.enter(() => this.#tell({ kind: 'everything' })))
  }

  /** For a while the node can neither call the database nor receive notifications; other nodes can. */
  cutOff(ms: number): void {
    this.#cutOffUntil = this.#world.time.elapsed + ms
    this.deafen(ms)
  }

  /** Notifies the node of a change, unless it is deaf. Calls `acknowledged` when its answer reaches the database. */
  notify(change: Change, acknowledged: () => void): void {
    if (this.#isDeaf) return
    const { time } = this.#world
    time.after(this.#arrivalMs(), () => {
      if (this.#isDeaf) return
      this.#life.enter(() => {
        this.#tell(change)
        time.after(this.#world.latencyMs(), acknowledged)
      })
    })
  }

  get #isDeaf(): boolean {
    return this.#world.time.elapsed < this.#deafUntil
  }

  #isAway(method: string): boolean {
    const cutOff = this.#world.time.elapsed < this.#cutOffUntil
    return cutOff || !this.#world.databaseUp || (method === 'heartbeat' && this.#isDeaf)
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change)
  }

  #arrivalMs(): number {
    const { time, random, troubled } = this.#world
    const isSlow = troubled && random.between(0, 3) === 0
    const takesMs = isSlow ? random.between(0, 6000) : this.#world.latencyMs()
    this.#lastArrival = Math.max(this.#lastArrival, time.elapsed + takesMs)
    return this.#lastArrival - time.elapsed
  }

  #call(method: string, args: readonly unknown[]): Promise<unknown> {
    const { time, random } = this.#world
    const fate = this.#drawFate()
    const outMs = this.#outMs(fate)
    const survivesCrash = this.#world.plan.shared && random.between(0, 1) === 0
    return new Promise((resolve, reject) => {
      const answer = (ms: number, action: () => void): void => void time.after(ms, () => this.#life.enter(action))
      const unknown = (): void => reject(unknownOutcome(method))
      const takeEffect = (then: (value: unknown) => void): void => {
        if (!this.#life.alive && !survivesCrash) return
        if (fate === 'refused' || this.#isAway(method)) {
          return answer(this.#world.latencyMs(), () => reject(new StoreUnavailable('the database does not answer')))
        }
        try {
          this.#effect(method, args, then)
        } catch (error) {
          answer(this.#world.latencyMs(), () => reject(error))
        }
      }
      if (method === 'commit' && this.#world.has('answers commits before they take effect')) {
        const { events } = args[0] as CommitBatch
        answer(0, () =>
          resolve({
            events: events.map(() => ({ kind: 'stored' })),
            fenced: [],
            remoteHealth: [],
            disabled: [],
            told: false,
          }),
        )
      }
      if (fate === 'late') {
        // The node gives up before the call takes effect, if it takes effect at all.
        answer(limits.storeAnswerMs, unknown)
        return void time.after(limits.storeAnswerMs + random.between(0, 5000), () => takeEffect(() => {}))
      }
      time.after(outMs, () =>
        takeEffect((value) => {
          if (fate === 'lost') return answer(random.between(0, limits.storeAnswerMs), unknown)
          const backMs = fate === 'slow' ? random.between(0, 4000) : this.#world.latencyMs()
          if (method !== 'heartbeat') return answer(backMs, () => resolve(value))
          // The answer comes over the connection of the notifications: earlier ones arrive before it, or neither does.
          time.after(this.#arrivalMs(), () => {
            const isLost = this.#isDeaf
            this.#life.enter(() => (isLost ? unknown() : resolve(value)))
          })
        }),
      )
    })
  }

  #outMs(fate: Fate): number {
    const { time, random, plan } = this.#world
    const ms = fate === 'slow' ? random.between(0, 4000) : this.#world.latencyMs()
    if (plan.shared) return ms
    // On SQLite one thread runs all calls, in the order in which they are made.
    this.#lastEffect = Math.max(this.#lastEffect, time.elapsed + ms)
    return this.#lastEffect - time.elapsed
  }

  #drawFate(): Fate {
    if (!this.#world.troubled) return 'well'
    const { refused, lost, late, slow } = this.#world.plan.perMille
    const drawn = this.#world.random.between(0, 999)
    if (drawn < refused + lost + late + slow) this.#world.faults += 1
    if (drawn < refused) return 'refused'
    if (drawn < refused + lost) return 'lost'
    if (drawn < refused + lost + late) return 'late'
    return drawn < refused + lost + late + slow ? 'slow' : 'well'
  }

  #effect(method: string, args: readonly unknown[], then: (value: unknown) => void): void {
    const { value, told } = this.#world.perform(this.#life, method, args)
    this.#world.trace(() => `${this.#life.name} ${method} ${brief(args)} → ${brief(value)}`)
    const awaited = changes.has(method) && !this.#world.has('answers before every node knows of the change')
    this.#world.broadcast(told, awaited ? this.#life : null, () => then(value))
  }
}

function unknownOutcome(method: string): StoreUnavailable {
  const options = { outcomeUnknown: true }
  return method === 'commit' || method === 'claim'
    ? new IncarnationLost('it is unknown whether the call took effect', options)
    : new StoreUnavailable('it is unknown whether the call took effect', options)
}

function brief(value: unknown): string {
  return (JSON.stringify(value) ?? '').replaceAll(/"v[12]\.[^"]*"/g, '…')
}
