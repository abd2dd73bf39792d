// P7: bad neighbours.
//
// A hung endpoint: 50 good endpoints, with and without one more endpoint that has 100,000 queued deliveries and hangs
// for 10 s per request.
//
// A flood: the events of one tenant at a modest rate, with and without another tenant's endpoint that has a million
// queued deliveries and answers after 50 ms, as an endpoint across the internet does.
//
// A swift flood: the same with an endpoint that answers at once. The flood then uses the whole machine, and every other
// process waits for a core. The baseline is therefore a second server on the same machine while the flood runs in the
// first: the difference is the cost of sharing a server with the flood.

import { type Child, startChild } from './child.ts'
import type { BenchOptions, Figure, FigureResult } from './figure.ts'
import { inWords } from './latency.ts'
import { type LoadBench, type LoadRun, type PacedRun, startLoadBench } from './load-run.ts'
import type { ReceiverOrder, ReceiverReport } from './receiver.ts'
import { type Side, startSide } from './side.ts'
import { registerTenants } from './tenants.ts'

export const p7: Figure = { id: 'P7', database: 'sqlite', run: runFigure }

const connections = 64
const pacedConnections = 256
// With 4 s per run the p99 is the 40th worst of 4,000 events: with fewer events it would depend on a few of them.
const modestPerSecond = 1000
const hangMs = 10_000
const usualAnswerMs = 50
const orderMsMax = 10_000

/** A million deliveries, or enough for two swift floods per run and one more, at 25,000 per second. */
function floodSize({ runs, seconds }: BenchOptions): number {
  return Math.max(1_000_000, (2 * runs + 1) * seconds * 25_000)
}

interface Rig {
  readonly bench: LoadBench
  readonly options: BenchOptions
  readonly say: (line: string) => void
  readonly quiet: Side
  readonly hung: Side
  readonly flooded: Side
  readonly flood: Child
  readonly floodSize: number
}

async function runFigure(options: BenchOptions, say: (line: string) => void): Promise<FigureResult[]> {
  const bench = await startLoadBench()
  const [hanging, flood] = [startChild('receiver.ts'), startChild('receiver.ts')]
  const sides: Side[] = []
  const sizes = options.small
    ? { good: 8, hung: 1_000, flood: 5_000 }
    : { good: 50, hung: 100_000, flood: floodSize(options) }
  const start = async (neighbour?: { receiver: Child; deliveries: number }): Promise<Side> => {
    const shared = { database: 'sqlite' as const, receiverPort: bench.receiverPort, endpoints: sizes.good }
    const side = await startSide(
      neighbour === undefined
        ? shared
        : { ...shared, ...(await asNeighbour(neighbour.receiver, neighbour.deliveries)) },
      say,
    )
    sides.push(side)
    return side
  }
  try {
    await tell(hanging, { answerAfterMs: hangMs })
    const [quiet, hung, flooded] = await Promise.all([
      start(),
      start({ receiver: hanging, deliveries: sizes.hung }),
      start({ receiver: flood, deliveries: sizes.flood }),
    ])
    return await measure({ bench, options, say, quiet, hung, flooded, flood, floodSize: sizes.flood })
  } finally {
    bench.end()
    hanging.end()
    flood.end()
    for (const side of sides) await side.end()
  }
}

/** Options for a further tenant with one endpoint at the receiver, whose `deliveries` wait for room in its lane. */
async function asNeighbour(receiver: Child, deliveries: number) {
  const { port } = await tell(receiver, 'listen')
  return {
    register: (client: Parameters<typeof registerTenants>[0]) => registerTenants(client, port, 1, 'neighbour'),
    fill: { endpoints: 0, deliveries, tenants: 'neighbour', due: 'now' },
  } as const
}

async function measure(rig: Rig): Promise<FigureResult[]> {
  const { bench, options, say, quiet, hung, flooded, flood } = rig
  const durationMs = options.seconds * 1_000
  const post = (side: Side, forMs = durationMs): Promise<LoadRun> =>
    side.during(() => bench.run({ ports: [side.port], connections, requests: side.requests, durationMs: forMs }))
  const paced = { connections: pacedConnections, durationMs }
  const pace = ({ port, requests, ...side }: Side, perSecond: number): Promise<PacedRun> =>
    side.during(() => bench.runPaced({ ...paced, port, requests, perSecond }))

  const direct = await bench.runDirect({ connections, requests: quiet.requests, durationMs: durationMs / 2 })
  say(`generator and receiver alone: ${Math.round(direct.deliveredPerSecond)}/s`)
  await post(hung, durationMs / 2)
  await pace(flooded, modestPerSecond)
  await post(quiet, durationMs / 2)
  const full = await post(quiet)
  const half = Math.max(1, Math.round(full.deliveredPerSecond / 2))
  say(`full rate ${Math.round(full.deliveredPerSecond)}/s; p99 beside the hung endpoint at ${half}/s`)

  const rates = { quiet: [] as LoadRun[], hung: [] as LoadRun[] }
  const latencies = { quiet: [] as PacedRun[], hung: [] as PacedRun[] }
  const modest = { quiet: [] as PacedRun[], usual: [] as PacedRun[], swift: [] as PacedRun[], apart: [] as PacedRun[] }
  const floodRates = { usual: [] as number[], swift: [] as number[], apart: [] as number[] }
  const besideFlood = {
    usual: () => pace(flooded, modestPerSecond),
    swift: () => pace(flooded, modestPerSecond),
    apart: () => flooded.during(() => pace(quiet, modestPerSecond)),
  }
  for (let round = 1; round <= options.runs; round += 1) {
    // The order alternates, so that a drift of the machine within a round does not favour one side.
    const order = [
      { name: 'quiet', side: quiet },
      { name: 'hung', side: hung },
    ] as const
    for (const { name, side } of round % 2 === 0 ? order.toReversed() : order) {
      rates[name].push(await post(side))
      latencies[name].push(await pace(side, half))
      say(
        `run ${round}, ${name}: ${Math.round(rates[name].at(-1)?.deliveredPerSecond ?? 0)}/s; ${last(latencies[name])}`,
      )
    }
    modest.quiet.push(await pace(quiet, modestPerSecond))
    say(`run ${round}, modest, quiet: ${last(modest.quiet)}`)
    for (const name of ['usual', 'swift', 'apart'] as const) {
      await tell(flood, { answerAfterMs: name === 'usual' ? usualAnswerMs : 0 })
      const { count } = await tell(flood, 'count')
      modest[name].push(await besideFlood[name]())
      floodRates[name].push(((await tell(flood, 'count')).count - count) / options.seconds)
      const rate = Math.round(floodRates[name].at(-1) ?? 0)
      say(`run ${round}, modest, ${name}, beside a flood of ${rate}/s: ${last(modest[name])}`)
    }
  }
  if ((await tell(flood, 'count')).count >= rig.floodSize)
    say('WARNING: the flood has ended, so its ratio is meaningless')
  if (direct.deliveredPerSecond <= Math.max(...ratesOf(rates.quiet))) say('WARNING: the generator is the bottleneck')
  return results({ direct, rates, latencies, modest, floodRates, half })
}

interface Measured {
  readonly direct: LoadRun
  readonly rates: Readonly<Record<'quiet' | 'hung', readonly LoadRun[]>>
  readonly latencies: Readonly<Record<'quiet' | 'hung', readonly PacedRun[]>>
  readonly modest: Readonly<Record<'quiet' | 'usual' | 'swift' | 'apart', readonly PacedRun[]>>
  readonly floodRates: Readonly<Record<'usual' | 'swift' | 'apart', readonly number[]>>
  readonly half: number
}

function results(raw: Measured): FigureResult[] {
  const { rates, latencies, modest, half } = raw
  const p99s = (runs: readonly PacedRun[]): number[] => runs.map(({ p99 }) => p99)
  const besideOne = `p99 from 202 to arrival at ${modestPerSecond}/s beside a flooded endpoint that`
  const flood = { unit: 'ms', target: { atMost: 1.5 }, raw: null }
  const hung = 'beside an endpoint with a long queue that hangs for 10 s per request; baseline: without it'
  return [
    {
      id: 'P7 rate',
      what: `50 good endpoints ${hung}`,
      unit: 'events/s',
      ours: ratesOf(rates.hung),
      baseline: ratesOf(rates.quiet),
      target: { atLeast: 0.9 },
      raw,
    },
    {
      id: 'P7 p99',
      what: `from 202 to arrival at ${half}/s, 50 good endpoints ${hung}`,
      unit: 'ms',
      ours: p99s(latencies.hung),
      baseline: p99s(latencies.quiet),
      target: { atMost: 1.5 },
      raw: null,
    },
    {
      ...flood,
      id: 'P7 flood',
      what: `${besideOne} answers after ${usualAnswerMs} ms; baseline: without it`,
      ours: p99s(modest.usual),
      baseline: p99s(modest.quiet),
    },
    {
      ...flood,
      id: 'P7 swift flood',
      what: `${besideOne} answers at once; baseline: on another server than the flood, on the same machine`,
      ours: p99s(modest.swift),
      baseline: p99s(modest.apart),
    },
  ]
}

function ratesOf(runs: readonly LoadRun[]): number[] {
  return runs.map((run) => run.deliveredPerSecond)
}

function last(runs: readonly PacedRun[]): string {
  return inWords(runs.at(-1))
}

async function tell(receiver: Child, order: ReceiverOrder): Promise<ReceiverReport> {
  return (await receiver.ask(order, orderMsMax)) as ReceiverReport
}
