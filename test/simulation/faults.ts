// Injects faults. Kinds and times are drawn once, at the beginning, so that the seed decides all of them.

import { second } from '../../src/domain/time.ts'
import type { Node } from './node.ts'
import { drawJump, pick } from './plan.ts'
import { moods } from './receivers.ts'
import type { World } from './world.ts'

/** Begins to inject faults; `heal` ends this. */
export function trouble(world: World, labels: readonly string[]): void {
  const { plan, random, time } = world
  world.troubled = true
  const times = (count: number, happens: () => void): void => {
    for (let index = 0; index < count; index++) {
      time.after(random.between(0, plan.troubledMs), () => {
        if (!world.troubled) return
        world.faults += 1
        happens()
      })
    }
  }
  const node = (): Node => pick(random, world.nodes)
  for (const kind of strikes) times(plan[kind], () => strike(world, node(), kind))
  times(plan.outages, () => outage(world, random.between(1, 20 * second)))
  times(plan.proxyOutages, () => proxyOutage(world, random.between(1, 60 * second)))
  times(plan.receiverMoods, () => world.receivers.setMood(pick(random, labels), pick(random, moods)))
  times(plan.clockJumps, () => {
    const jumping = node()
    world.skew(jumping, jumping.skewMs + drawJump(random))
    world.trace(() => `the clock of ${jumping.life?.name} is ${jumping.skewMs} ms ahead`)
  })
  times(plan.databaseClockJumps, () => {
    world.databaseClockSteady = false
    world.databaseSkewMs += drawJump(random)
    world.trace(() => `the clock of the database is ${world.databaseSkewMs} ms ahead`)
  })
}

/** Faults of one node; the plan has a number for each kind. */
const strikes = ['crashes', 'stops', 'freezes', 'deafnesses', 'cutOffs'] as const

/** Injects one of the plan's faults into a node while its current calls run. */
export function strikeSoon(world: World, node: Node): void {
  const possible = strikes.filter((kind) => world.plan[kind] > 0)
  if (possible.length === 0) return
  world.time.after(world.random.between(0, 60), () => {
    if (world.troubled) strike(world, node, pick(world.random, possible))
  })
}

function strike(world: World, node: Node, kind: (typeof strikes)[number]): void {
  const { random } = world
  switch (kind) {
    case 'crashes':
      return node.crash(random.between(0, 15 * second))
    case 'stops':
      return node.life?.enter(() => {
        // A frozen node gets here only when it thaws, perhaps after `heal`.
        if (world.troubled) world.go(node.stop(random.between(0, 5 * second)))
      })
    case 'freezes':
      return freeze(world, node, random.between(1, 20 * second))
    case 'deafnesses':
      return node.life?.link.deafen(random.between(1, 15 * second))
    case 'cutOffs':
      return node.life?.link.cutOff(random.between(1, 25 * second))
  }
}

/** Ends every fault: of clocks, receivers, nodes and the database. */
export function heal(world: World): void {
  world.trace(() => 'every fault ends')
  world.troubled = false
  world.databaseUp = true
  world.proxyUp = true
  world.databaseSkewMs = 0
  world.receivers.heal()
  for (const node of world.nodes) {
    world.skew(node, 0)
    node.life?.thaw()
  }
}

function freeze(world: World, { life }: Node, ms: number): void {
  if (life === null) return
  world.trace(() => `${life.name} freezes for ${ms} ms`)
  life.freeze()
  world.time.after(ms, () => life.thaw())
}

function outage(world: World, ms: number): void {
  world.trace(() => `the database is unavailable for ${ms} ms`)
  world.databaseUp = false
  world.time.after(ms, () => (world.databaseUp = true))
}

function proxyOutage(world: World, ms: number): void {
  world.trace(() => `the egress proxy is away for ${ms} ms`)
  world.proxyUp = false
  world.time.after(ms, () => (world.proxyUp = true))
}
