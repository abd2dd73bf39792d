// One life of a node, from its start to its crash or stop: the real engine and its operations, on its own clock. It can
// freeze, like a process that gets no processor time, and it can end at any moment: after that it receives nothing, not
// even responses that are in flight.

import { openInstallationKeys } from '../../src/vault/installation-keys.ts'
import { RowSeals } from '../../src/vault/row-seals.ts'
import { createVault, masterKeyBytes } from '../../src/vault/vault.ts'
import type { Clock } from '../../src/domain/clock.ts'
import type { Incarnation } from '../../src/domain/ids.ts'
import { limits } from '../../src/domain/limits.ts'
import { day } from '../../src/domain/time.ts'
import { registry } from '../../src/dialects/registry.ts'
import { openEngine } from '../../src/engine/engine.ts'
import type { EngineObserver } from '../../src/contracts/observer.ts'
import { type Context, createContext } from '../../src/operations/context.ts'
import { Unavailable } from '../../src/domain/unavailable.ts'
import { Link } from './link.ts'
import { networkOf } from './network.ts'
import type { Doer, Surroundings } from './surroundings.ts'

const seals = new RowSeals(createVault([Buffer.alloc(masterKeyBytes, 7)]), 'simulation')
const dialects = new Map(registry.map(({ dialect }) => [dialect.name, dialect]))
/** Values of the installation are not part of the simulated database. */
const values = new Map<string, string>()
const installationKeys = await openInstallationKeys({
  vault: seals.plain,
  dialects,
  store: {
    installationValues: async () => [...values].map(([name, value]) => ({ name, value })),
    async writeOnce(name, value) {
      values.set(name, value)
      return value
    },
    async replaceInstallationValue() {},
  },
})

export class Life implements Doer {
  readonly name: string
  readonly link: Link
  readonly clock: Clock
  readonly #world: Surroundings
  #alive = true
  #stopping = false
  #frozen: (() => void)[] | null = null
  #context: Context | null = null

  /** @param machine the machine whose clock the node uses */
  constructor(world: Surroundings, name: string, machine: { readonly skewMs: number }) {
    this.#world = world
    this.name = name
    this.link = new Link(world, this)
    this.clock = {
      now: () => world.time.wall + machine.skewMs,
      elapsed: () => world.time.elapsed,
      after: (ms, action) => world.time.after(ms, () => this.enter(action)),
    }
  }

  /** The context of operations; null before the node has joined and after its end. */
  get context(): Context | null {
    return this.#alive ? this.#context : null
  }

  /** Whether the node accepts new work. */
  get isWorking(): boolean {
    return this.context !== null && !this.#stopping
  }

  get alive(): boolean {
    return this.#alive
  }

  get incarnation(): Incarnation | null {
    return this.#context?.engine.membership.incarnation ?? null
  }

  /** Joins and starts the engine. @throws Unavailable */
  async start(delivers: boolean): Promise<void> {
    const { random } = this.#world
    const store = this.link.store()
    const randomBytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => random.between(0, 255))
    const engine = await openEngine({
      store,
      seals,
      dialects,
      installationKeys,
      delivers,
      sender: networkOf(this.#world, this),
      clock: this.clock,
      randomBytes,
      random: random.fraction,
      retryScale: this.#world.plan.retryScale,
      retentionMs: 30 * day,
      auditMs: 400 * day,
      statsMs: { minutes: 2 * day, dialectMinutes: 30 * day, days: 396 * day },
      marker: 'installation',
      observer: this.#observer(),
      tracer: null,
    })
    this.#context = createContext({
      store,
      engine,
      seals,
      dialects,
      allDialects: dialects,
      installationKeys,
      egress: { refusesUrl: () => null },
      encodeRequest: () => null,
      observer: this.#observer(),
      clock: this.clock,
      randomBytes,
      allowHttp: false,
    })
  }

  enter(action: () => void): void {
    if (!this.#alive) return
    if (this.#frozen === null) action()
    else this.#frozen.push(action)
  }

  freeze(): void {
    this.#frozen ??= []
  }

  /** Runs everything that arrived while the node was frozen, one action after the other. */
  thaw(): void {
    const missed = this.#frozen ?? []
    this.#frozen = null
    for (const action of missed) this.#world.time.after(0, () => this.enter(action))
  }

  /** Ends the life at once: from now on the node receives nothing. */
  end(): void {
    this.#alive = false
  }

  /** Resolves when the node has released its deliveries, or when the database was unavailable for that. */
  async stop(): Promise<void> {
    this.#stopping = true
    try {
      await this.#context?.engine.stop(limits.stopMs)
      this.#world.ledger.stopped(this)
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
    }
  }

  #observer(): EngineObserver {
    return {
      accepted: () => {},
      attempted: () => {},
      proxyFailed: () => {},
      ended: () => {},
      replayEnded: () => {},
      changed: () => {},
      setAside: () => {},
      erasuresEnded: () => {},
      pruned: () => {},
      committed: () => {},
      masterKeyRotated: () => {},
      unproved: () => {},
      storeAnswered: (part) => this.#world.trace(() => `${this.name} database answers ${part}`),
      failed: (what, error) => {
        this.#world.trace(() => `${this.name} ${what}: ${String(error)}`)
        if (!(error instanceof Unavailable)) this.#world.ledger.violated(`${this.name}: ${what}: ${String(error)}`)
      },
    }
  }
}
