// One measured run: post for a while, wait until all that was accepted has arrived, and divide. Accepting may outrun
// delivering, so the clock stops at the last delivery, not at the last 202. Or, at a fixed rate: how long each took.

import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, startChild } from './child.ts'
import type { LoadOrder, LoadReport } from './generator.ts'
import type { PacedOrder, PacedReport } from './paced-generator.ts'
import type { ReceiverOrder, ReceiverReport } from './receiver.ts'
import { percentile } from './statistics.ts'

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

/** Milliseconds from the last byte of the 202 to the arrival at the receiver. */
export interface PacedRun {
  readonly events: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** From the time at which the request was due, its sending and the commit included, to the arrival. */
  readonly p99FromDue: number
  /** How late the generator itself was, waiting for a free connection included. */
  readonly p99Lateness: number
}

export interface LoadBench {
  readonly receiverPort: number
  /** Throws when not exactly what was accepted arrives within 60 s. */
  run(order: LoadOrder): Promise<LoadRun>
  /** At a fixed rate, with numbered requests. Throws when an event that was accepted does not arrive within 60 s. */
  runPaced(order: PacedOrder): Promise<PacedRun>
  /** How fast generator and receiver are with nothing in between: what is measured must be slower than that. */
  runDirect(order: Omit<LoadOrder, 'ports'>): Promise<LoadRun>
  /** Sends requests that make nothing arrive anywhere, e.g. reads. */
  ask(order: LoadOrder): Promise<LoadReport>
  end(): void
}

const childMsMax = 10_000
const drainMsMax = 60_000
// Long enough to see whether more arrives than was accepted.
const settleMs = 50

/** Starts generator and receiver, each a process of its own. */
export async function startLoadBench(): Promise<LoadBench> {
  const generator = startChild('generator.ts')
  let paced: Child | null = null
  const receiver = startChild('receiver.ts')
  const { port: receiverPort } = await askReceiver(receiver, 'listen')

  const ask = async (order: LoadOrder): Promise<LoadReport> =>
    (await generator.ask(order, order.durationMs + childMsMax)) as LoadReport
  const run = async (order: LoadOrder): Promise<LoadRun> => {
    await askReceiver(receiver, 'reset')
    const load = await ask(order)
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

  const runPaced = async (order: PacedOrder): Promise<PacedRun> => {
    await askReceiver(receiver, 'reset numbered')
    const sent = (await (paced ??= startChild('paced-generator.ts')).ask(
      order,
      order.durationMs + 2 * childMsMax,
    )) as PacedReport
    await untilArrived(receiver, sent.answeredAt.length)
    return pacedRun(sent, (await askReceiver(receiver, 'numbers')).arrivedAt ?? [])
  }

  return {
    receiverPort,
    run,
    runPaced,
    ask,
    runDirect: (order) => run({ ...order, ports: [receiverPort] }),
    end() {
      generator.end()
      paced?.end()
      receiver.end()
    },
  }
}

function pacedRun({ dueAt, sentAt, answeredAt }: PacedReport, arrivedAt: readonly number[]): PacedRun {
  const since = (times: readonly number[]): number[] =>
    times.map((time, number) => {
      const arrived = arrivedAt[number] ?? 0
      if (arrived === 0) throw new Error(`event ${number} was accepted and did not arrive`)
      return arrived - time
    })
  const latencies = since(answeredAt)
  return {
    events: latencies.length,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    max: percentile(latencies, 1),
    p99FromDue: percentile(since(dueAt), 0.99),
    p99Lateness: percentile(
      sentAt.map((time, number) => time - (dueAt[number] ?? 0)),
      0.99,
    ),
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
