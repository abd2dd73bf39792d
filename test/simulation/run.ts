// One run: an installation starts, faults happen for a while, then every fault ends. After that every accepted delivery
// must end.

import { hour, minute, second } from '../../src/domain/time.ts'
import type { Database } from '../../src/store/sqlite/database.ts'
import { seededRandom } from '../support/random.ts'
import { checkEnd } from './end.ts'
import { heal, strikeSoon, trouble } from './faults.ts'
import type { Flaw } from './flaws.ts'
import { Load } from './load.ts'
import { pick } from './plan.ts'
import { World } from './world.ts'

export interface Report {
  readonly seed: number
  /** Broken promises; empty if the run succeeded. */
  readonly violations: readonly string[]
  readonly counts: Readonly<Record<string, number>>
}

export interface RunOptions {
  readonly db: Database
  readonly flaw?: Flaw
  readonly trace?: (line: string) => void
}

export async function simulate(seed: number, { db, flaw, trace }: RunOptions): Promise<Report> {
  const world = new World({ db, random: seededRandom(seed), flaw: flaw ?? null, trace: trace ?? null })
  const load = new Load(world)
  const { ledger } = world
  const phases = [begin, troubled, comeToRest, workAgain]
  for (const phase of phases) if (ledger.violations.length === 0) await phase(world, load)
  if (ledger.violations.length === 0) checkEnd(world, load.posts)
  const counts = { events: load.posts.all.size, faults: world.faults, ...ledger.counts, virtualMs: world.time.elapsed }
  return { seed, violations: ledger.violations, counts }
}

async function begin(world: World, load: Load): Promise<void> {
  for (const node of world.nodes) world.go(node.start())
  await until(world, () => world.working.length === world.nodes.length)
  let ready = false
  const context = world.working[0]?.context
  if (context === null || context === undefined) throw new Error('no node started')
  world.go(load.begin(context).then(() => (ready = true)))
  await until(world, () => ready)
}

async function troubled(world: World, load: Load): Promise<void> {
  const { plan, random, time } = world
  const labels = load.customers.flatMap(({ endpoints }) => endpoints.map(({ label }) => label))
  trouble(world, labels)
  const ask = (count: number): void => {
    time.after(random.between(0, plan.troubledMs), () => {
      const node = pick(random, world.nodes)
      const { life } = node
      if (life === null) return
      life.enter(() => world.go(load.post(life, count)))
      if (count > 1 || random.between(0, 9) === 0) strikeSoon(world, node)
    })
  }
  for (let left = plan.events; left > 0; left--) ask(1)
  if (plan.burst > 0) ask(plan.burst)
  for (let left = plan.changes; left > 0; left--) {
    time.after(random.between(0, plan.troubledMs), () => {
      const life = pick(random, world.nodes).life
      if (life !== null) life.enter(() => world.go(load.change(life)))
    })
  }
  const end = time.elapsed + plan.troubledMs
  await until(world, () => time.elapsed >= end)
  heal(world)
}

/** How long an installation without faults may take to work off the deliveries that are due. */
const restMsMax = 2 * minute
const looksMax = 100_000

/** Waits until every delivery has ended. All machines are suspended while no delivery is due. */
async function comeToRest(world: World): Promise<void> {
  const { time, ledger } = world
  let progressAt = time.elapsed
  for (let looks = 0; !isAtRest(world); looks++) {
    const nextLook = time.elapsed + second
    await until(world, () => time.elapsed >= nextLook)
    if (ledger.violations.length > 0) return
    const dueIn = nextDueAt(world) - time.wall
    if (dueIn > 0) progressAt = time.elapsed
    if (dueIn > minute) time.suspend(dueIn - second)
    if (time.elapsed - progressAt < restMsMax) continue
    // If the database's clock was ahead, dead nodes look alive until the true time catches up.
    if (world.databaseClockSteady || looks > looksMax)
      return ledger.violated(`deliveries do not end: ${restless(world)}`)
    progressAt = time.elapsed
    time.suspend(hour)
  }
}

/** When the next pending delivery is due; now, if a node holds one or if none is pending. */
function nextDueAt({ db, time }: World): number {
  const held = db.get('SELECT 1 FROM deliveries WHERE status = 0 AND node IS NOT NULL LIMIT 1')
  const next = db.get<{ due: number | null }>(
    `SELECT min(max(d.due_at, ifnull(s.paused_until, 0))) AS due
     FROM deliveries d JOIN endpoint_status s ON s.endpoint = d.endpoint WHERE d.status = 0`,
  )?.due
  return held === undefined ? (next ?? time.wall) : time.wall
}

function restless({ db, working }: World): string {
  const left = db.all('SELECT id, node, due_at FROM deliveries WHERE status = 0 LIMIT 3')
  const busy = working.map(({ name, context }) => [name, context?.engine.inFlight, context?.engine.queued])
  return JSON.stringify({ left, busy })
}

/** After all faults, every node must still accept events, and those must be delivered. */
async function workAgain(world: World, load: Load): Promise<void> {
  let answers = 0
  const { working } = world
  for (const life of working) world.go(load.post(life, 2).then(() => (answers += 1)))
  const giveUpAt = world.time.elapsed + minute
  await until(world, () => answers === working.length || world.time.elapsed > giveUpAt)
  if (answers < working.length) world.ledger.violated('a node no longer answers')
  await comeToRest(world)
}

function isAtRest(world: World): boolean {
  const pending = world.db.get('SELECT 1 FROM deliveries WHERE status = 0 LIMIT 1')
  const erasure = world.db.get('SELECT 1 FROM erasures WHERE ended_at IS NULL')
  const replay = world.db.get('SELECT 1 FROM replays WHERE due_at IS NOT NULL')
  if (
    pending !== undefined ||
    erasure !== undefined ||
    replay !== undefined ||
    world.working.length < world.nodes.length
  )
    return false
  return world.working.every(({ context }) => context?.engine.inFlight === 0 && context.engine.queued === 0)
}

/** Runs the world until the condition holds or a promise is broken. */
async function until(world: World, holds: () => boolean): Promise<void> {
  while (!holds() && world.ledger.violations.length === 0) {
    if (!(await world.time.step())) throw new Error('no action is left to run')
  }
}
