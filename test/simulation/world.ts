// The world of one run: its nodes, database, receivers, clock and ledger, and the calls between them.

import type { DeliveryId, EndpointKey, Incarnation } from '../../src/domain/ids.ts'
import { registry } from '../../src/dialects/registry.ts'
import type { Dialect } from '../../src/contracts/dialect.ts'
import type { ReplayWrites } from '../../src/contracts/replay-store.ts'
import type { Database } from '../../src/store/sqlite/database.ts'
import type { Change, Claim } from '../../src/contracts/lease-store.ts'
import type { CommitBatch, CommitResult } from '../../src/contracts/commit-store.ts'
import type { RearmRequest } from '../../src/contracts/history-store.ts'
import { limits } from '../../src/domain/limits.ts'
import type { Random } from '../support/random.ts'
import { install } from './database.ts'
import type { Roles } from './roles.ts'
import { type Flaw, withFlaw } from './flaws.ts'
import { Ledger } from './ledger.ts'
import type { Life } from './life.ts'
import { drawPlan, type Plan } from './plan.ts'
import { Node } from './node.ts'
import { Receivers } from './receivers.ts'
import type { Doer, Surroundings } from './surroundings.ts'
import { Time } from './time.ts'

/** Without faults the clock of a node is at most so far from the true time: two clocks agree to a second. */
const clockErrorMs = 500

export interface WorldOptions {
  readonly db: Database
  readonly random: Random
  /** A defect to plant. */
  readonly flaw: Flaw | null
  /** Receives the trace, line by line. */
  readonly trace: ((line: string) => void) | null
}

type Taken = NonNullable<Awaited<ReturnType<ReplayWrites['replayStep']>>>

export class World implements Surroundings {
  readonly plan: Plan
  readonly random: Random
  readonly time = new Time()
  readonly db: Database
  readonly roles: Roles
  readonly ledger: Ledger
  readonly receivers: Receivers
  readonly nodes: Node[]
  troubled = false
  databaseUp = true
  proxyUp = true
  faults = 0
  /** Whether the clock of the database has not jumped yet. */
  databaseClockSteady = true
  databaseSkewMs = 0
  /** The smallest and the largest skew of any node's clock so far, in ms. */
  readonly #skews = { min: 0, max: 0 }
  readonly #options: WorldOptions
  readonly #lives = new Map<Incarnation, Doer>()
  readonly #labels = new Map<EndpointKey, string>()
  #told: Change[] = []

  constructor(options: WorldOptions) {
    this.#options = options
    this.db = options.db
    this.random = options.random
    this.plan = drawPlan(this.random)
    const now = (): number => this.time.wall + this.databaseSkewMs
    const roles = install(this.db, this.plan.shared ? { now, tell: (change) => void this.#told.push(change) } : null)
    this.roles = options.flaw === null ? roles : withFlaw(this.db, roles, options.flaw)
    this.ledger = new Ledger(this)
    this.receivers = new Receivers(this.random)
    this.nodes = Array.from({ length: this.plan.nodes }, (_, index) => {
      const node = new Node(this, `n${index + 1}`, { delivers: index >= this.plan.apiNodes, skewMs: 0 })
      this.skew(node, this.random.between(-clockErrorMs, clockErrorMs))
      return node
    })
  }

  /** The nodes that accept new work. */
  get working(): Life[] {
    return this.nodes.flatMap(({ life }) => (life?.isWorking === true ? [life] : []))
  }

  /** Sets the clock of a node. */
  skew(node: Node, ms: number): void {
    node.skewMs = ms
    this.#skews.min = Math.min(this.#skews.min, ms)
    this.#skews.max = Math.max(this.#skews.max, ms)
  }

  get clockSpreadMs(): number {
    return this.#skews.max - this.#skews.min
  }

  go(promise: Promise<unknown>): void {
    promise.catch((error: unknown) => {
      this.ledger.violated(error instanceof Error ? (error.stack ?? error.message) : String(error))
    })
  }

  has(flaw: Flaw): boolean {
    return this.#options.flaw === flaw
  }

  trace(line: () => string): void {
    this.#options.trace?.(`${this.time.elapsed} ${line()}`)
  }

  latencyMs(): number {
    return this.random.between(0, 3)
  }

  dialectOf(name: string): Dialect {
    return registry.find(({ dialect }) => dialect.name === name)?.dialect as Dialect
  }

  eventOf(id: DeliveryId): { readonly data: string; readonly dialect: Dialect } {
    const row = this.db.get<{ data: string; dialect: string }>(
      `SELECT e.data, t.dialect FROM deliveries d JOIN events e ON e.seq = d.event JOIN tenants t ON t.label = e.tenant
       WHERE d.id = ?`,
      id,
    )
    return { data: row?.data ?? '', dialect: this.dialectOf(row?.dialect ?? '') }
  }

  labelOf(key: EndpointKey): string {
    let label = this.#labels.get(key)
    if (label === undefined) {
      const url = this.db.get<{ url: string }>('SELECT url FROM endpoints WHERE key = ?', key)?.url ?? ''
      label = /\/(e\d+)\//.exec(url)?.[1] ?? '?'
      this.#labels.set(key, label)
    }
    return label
  }

  perform(life: Doer, method: string, args: readonly unknown[]): { value: unknown; told: readonly Change[] } {
    this.#told = []
    const call = this.roles[method as keyof Roles] as (...args: readonly unknown[]) => unknown
    const value = call.apply(this.roles, [...args])
    if (method === 'join') this.#lives.set(value as Incarnation, life)
    this.#note(method, args, value)
    return { value, told: this.#told }
  }

  broadcast(changes: readonly Change[], waits: Doer | null, then: () => void): void {
    const unaware = waits === null ? new Set<Doer>() : new Set(this.#living().filter((life) => life !== waits))
    let done = false
    const finish = (): void => {
      if (done) return
      done = true
      then()
    }
    if (changes.length === 0 || unaware.size === 0) finish()
    else this.time.after(limits.trustMs, finish)
    for (const { life } of this.nodes) {
      let left = changes.length
      const acknowledged = (): void => {
        left -= 1
        if (left > 0 || life === null) return
        unaware.delete(life)
        if (unaware.size === 0) finish()
      }
      for (const change of changes) life?.link.notify(change, acknowledged)
    }
  }

  #living(): Doer[] {
    return this.#incarnations().flatMap((node) => this.#lives.get(node) ?? [])
  }

  #incarnations(): Incarnation[] {
    return this.db.all<{ incarnation: Incarnation }>('SELECT incarnation FROM nodes').map((row) => row.incarnation)
  }

  #note(method: string, args: readonly unknown[], value: unknown): void {
    switch (method) {
      case 'commit':
        return this.ledger.committed(args[0] as CommitBatch, value as CommitResult)
      case 'claim':
        return this.ledger.claimed(args[0] as Incarnation, (value as Claim).deliveries)
      case 'join':
      case 'leave':
      case 'takeOver':
        return this.ledger.released(new Set(this.#incarnations()))
      case 'rearmDelivery':
        return this.ledger.rearmed(this.#pending('id = ?', args[0] as string))
      case 'rearmDeliveries':
        return this.ledger.rearmed(this.#pending('endpoint = ?', (args[0] as RearmRequest).endpoint))
      case 'replayStep':
        for (const endpoint of (value as Taken | null)?.sent ?? []) {
          this.ledger.added(endpoint, this.#pending('endpoint = ? AND attempts = 0', endpoint))
          this.ledger.rearmed(this.#pending('endpoint = ?', endpoint))
        }
    }
  }

  #pending(where: string, value: string | number): { id: DeliveryId; attemptsBefore: number }[] {
    const sql = `SELECT id, attempts_before AS attemptsBefore FROM deliveries WHERE status = 0 AND ${where}`
    return this.db.all(sql, value)
  }
}
