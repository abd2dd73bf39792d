// One measured run. For a rate: post for a while, wait until every accepted event has arrived, and divide. The clock
// stops at the last arrival and not at the last 202, because accepting may be faster than delivering. For a latency:
// post at a fixed rate and measure the time of each event.

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
  /** Events that were accepted but had not arrived when the posting ended. */
  readonly backlog: number
  readonly arrivedPerSecond: readonly number[]
}

/** Milliseconds from the last byte of the 202 to the arrival at the receiver. */
export interface PacedRun {
  readonly events: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** From the time at which the request was due to the arrival, so with the sending and the commit. */
  readonly p99FromDue: number
  /** How late the generator sent requests, with the waits for a free connection. */
  readonly p99Lateness: number
}

export interface LoadBench {
  readonly receiverPort: number
  /** Measures the rate. Throws if the accepted events, and no others, do not arrive within 60 s. */
  run(order: LoadOrder): Promise<LoadRun>
  /** Posts numbered requests at a fixed rate. Throws if an accepted event does not arrive within 60 s. */
  runPaced(order: PacedOrder): Promise<PacedRun>
  /** The rate of generator and receiver without a server in between: the upper limit of what can be measured. */
  runDirect(order: Omit<LoadOrder, 'ports'>): Promise<LoadRun>
  /** Sends requests that cause no deliveries, e.g. reads. */
  ask(order: LoadOrder): Promise<LoadReport>
  end(): void
}

const childMsMax = 10_000
const drainMsMax = 60_000
// Long enough to notice more arrivals than accepted events.
const settleMs = 50

/** Starts the generator and the receiver, each in its own process. */
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
