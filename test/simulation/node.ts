// A machine with its clock. It runs one life of a node after the other.

import { second } from '../../src/domain/time.ts'
import { StoreUnavailable } from '../../src/contracts/store.ts'
import { Life } from './life.ts'
import type { Surroundings } from './surroundings.ts'

export class Node {
  /** How far its clock is ahead of the true time, in ms. */
  skewMs: number
  /** Null while the node is down. */
  life: Life | null = null
  readonly #world: Surroundings
  readonly #name: string
  readonly #delivers: boolean
  #lives = 0

  constructor(world: Surroundings, name: string, options: { readonly delivers: boolean; readonly skewMs: number }) {
    this.#world = world
    this.#name = name
    this.#delivers = options.delivers
    this.skewMs = options.skewMs
  }

  /** Starts a new life; retries until the database answers. */
  async start(): Promise<void> {
    if (this.life !== null) return
    const life = new Life(this.#world, `${this.#name}.${++this.#lives}`, this)
    this.life = life
    this.#world.trace(() => `${life.name} starts`)
    try {
      await life.start(this.#delivers)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      this.#end(life)
      this.#startLater(second)
    }
  }

  crash(downMs: number): void {
    const { life } = this
    if (life === null) return
    this.#world.trace(() => `${life.name} crashes`)
    this.#end(life)
    this.#startLater(downMs)
  }

  /** Stops as on SIGTERM: attempts in flight may end, the other deliveries are released. */
  async stop(downMs: number): Promise<void> {
    const { life } = this
    if (life === null) return
    this.#world.trace(() => `${life.name} is stopped`)
    await life.stop()
    if (this.life !== life) return
    this.#end(life)
    this.#startLater(downMs)
  }

  #startLater(ms: number): void {
    this.#world.time.after(ms, () => this.#world.go(this.start()))
  }

  #end(life: Life): void {
    life.end()
    this.life = null
  }
}
