// One measured run: post for a while, wait until all that was accepted has arrived, and divide. Accepting may outrun
// delivering, so the clock stops at the last delivery, not at the last 202.

import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, startChild } from './child.ts'
import type { LoadOrder, LoadReport } from './generator.ts'
import type { ReceiverOrder, ReceiverReport } from './receiver.ts'

export interface LoadRun {
  readonly accepted: number
  readonly refused: number
  readonly arrived: number
  readonly acceptedPerSecond: number
  /** Arrivals over the time from the first request to the last arrival. */
  readonly deliveredPerSecond: number
  /** Accepted but not yet arrived when the posting ended. */
  readonly backlog: number
  readonly arrivedPerSecond: readonly number[]
}

export interface LoadBench {
  readonly receiverPort: number
  /** Throws when not exactly what was accepted arrives within 60 s. */
  run(order: LoadOrder): Promise<LoadRun>
  /** How fast generator and receiver are with nothing in between: what is measured must be slower than that. */
  runDirect(order: Omit<LoadOrder, 'ports'>): Promise<LoadRun>
  end(): void
}

const childMsMax = 10_000
const drainMsMax = 60_000
// Long enough to see whether more arrives than was accepted.
const settleMs = 50

/** Starts generator and receiver, each a process of its own. */
export async function startLoadBench(): Promise<LoadBench> {
  const generator = startChild('generator.ts')
  const receiver = startChild('receiver.ts')
  const { port: receiverPort } = await askReceiver(receiver, 'listen')

  const run = async (order: LoadOrder): Promise<LoadRun> => {
    await askReceiver(receiver, 'reset')
    const load = (await generator.ask(order, order.durationMs + childMsMax)) as LoadReport
    const { count: arrivedByEnd } = await askReceiver(receiver, 'count')
    const { count, lastAt, perSecond } = await untilArrived(receiver, load.accepted)
    if (count !== load.accepted) throw new Error(`${load.accepted} events were accepted, ${count} arrived`)
    return {
      accepted: load.accepted,
      refused: load.refused,
      arrived: count,
      acceptedPerSecond: load.accepted / ((load.lastAnswerAt - load.firstRequestAt) / 1_000),
      deliveredPerSecond: count / ((lastAt - load.firstRequestAt) / 1_000),
      backlog: load.accepted - arrivedByEnd,
      arrivedPerSecond: perSecond,
    }
  }

  return {
    receiverPort,
    run,
    runDirect: (order) => run({ ...order, ports: [receiverPort] }),
    end() {
      generator.end()
      receiver.end()
    },
  }
}

async function untilArrived(receiver: Child, accepted: number): Promise<ReceiverReport> {
  const giveUpAt = Date.now() + drainMsMax
  let report = await askReceiver(receiver, 'count')
  while (report.count < accepted && Date.now() < giveUpAt) {
    await sleep(20)
    report = await askReceiver(receiver, 'count')
  }
  await sleep(settleMs)
  return askReceiver(receiver, 'count')
}

async function askReceiver(receiver: Child, order: ReceiverOrder): Promise<ReceiverReport> {
  return (await receiver.ask(order, childMsMax)) as ReceiverReport
}
