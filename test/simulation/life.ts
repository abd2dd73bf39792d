// One life of a node, from its start to its crash or stop: the real engine with all that belongs to it, on a clock of
// its own. It can freeze, as a process that gets no processor does, and it can end at any moment: then nothing that was
// on its way to it is heard any more.

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

const vault = createVault([Buffer.alloc(masterKeyBytes, 7)])
const dialects = new Map(registry.map(({ dialect }) => [dialect.name, dialect]))
const installationSecrets = new Map(
  [...dialects.values()].flatMap(({ name, installationSecret }) =>
    installationSecret === null ? [] : [[name, installationSecret.generate()] as const],
  ),
)

export class Life implements Doer {
  readonly name: string
  readonly link: Link
  readonly clock: Clock
  readonly #world: Surroundings
  #alive = true
  #stopping = false
  #frozen: (() => void)[] | null = null
  #context: Context | null = null

  /** @param machine whose clock it goes by */
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

  /** What operations work with; null until it has joined, and once it has ended. */
  get context(): Context | null {
    return this.#alive ? this.#context : null
  }

  /** Whether new work is to be had from it. */
  get isWorking(): boolean {
    return this.context !== null && !this.#stopping
  }

  get alive(): boolean {
    return this.#alive
  }

  get incarnation(): Incarnation | null {
    return this.#context?.engine.membership.incarnation ?? null
  }

  /** Joins and begins to work. @throws Unavailable */
  async start(delivers: boolean): Promise<void> {
    const { random } = this.#world
    const store = this.link.store()
    const randomBytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => random.between(0, 255))
    const engine = await openEngine({
      store,
      vault,
      dialects,
      installationSecrets,
      delivers,
      sender: networkOf(this.#world, this),
      clock: this.clock,
      randomBytes,
      random: random.fraction,
      retryScale: this.#world.plan.retryScale,
      retentionMs: 30 * day,
      observer: this.#observer(),
    })
    this.#context = createContext({
      store,
      engine,
      vault,
      dialects,
      allDialects: dialects,
      publicKeys: new Map(),
      egress: { refusesUrl: () => null },
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

  /** All that has come to it meanwhile happens now, one after the other. */
  thaw(): void {
    const missed = this.#frozen ?? []
    this.#frozen = null
    for (const action of missed) this.#world.time.after(0, () => this.enter(action))
  }

  /** Nothing that was on its way to it is heard any more. */
  end(): void {
    this.#alive = false
  }

  /** Resolves when the node has handed back what it holds, or could not. */
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
      ended: () => {},
      committed: () => {},
      masterKeyRotated: () => {},
      storeAnswered: (part) => this.#world.trace(() => `${this.name} database answers ${part}`),
      failed: (what, error) => {
        this.#world.trace(() => `${this.name} ${what}: ${String(error)}`)
        if (!(error instanceof Unavailable)) this.#world.ledger.violated(`${this.name}: ${what}: ${String(error)}`)
      },
    }
  }
}
