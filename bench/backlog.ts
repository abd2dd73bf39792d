// P5 and P6: waiting deliveries and further endpoints must not slow down new events. P5 runs the scenario of P1 (P5-PG:
// of P2) on three databases: an empty one, one with a million deliveries that wait for a retry, and one with a hundred
// thousand further endpoints. P6 is the resident memory of a server with both, under load.

import { readFileSync } from 'node:fs'
import type { BenchOptions, Figure, FigureResult } from './figure.ts'
import { type LoadBench, type LoadRun, startLoadBench } from './load-run.ts'
import { type Side, type SideOptions, startSide } from './side.ts'

export const p5 = figure('P5', 'sqlite', growth)
export const p5OnPostgres = figure('P5-PG', 'postgres', growth)
export const p6 = figure('P6', 'sqlite', memory)

const connections = 64
const target = { atLeast: 0.9 }
const memoryMibMax = 300
const sampleMs = 200

interface Rig {
  readonly id: string
  readonly bench: LoadBench
  readonly options: BenchOptions
  readonly say: (line: string) => void
  /** Numbers of endpoints that get events, of waiting deliveries, and of further endpoints. */
  readonly sizes: { readonly posted: number; readonly waiting: number; readonly endpoints: number }
  readonly start: (fill?: SideOptions['fill']) => Promise<Side>
}

type Measure = (rig: Rig) => Promise<FigureResult[]>

function figure(id: string, database: Figure['database'], measure: Measure): Figure {
  return { id, database, run: (options, say) => withSides({ id, database }, options, say, measure) }
}

async function withSides(
  { id, database }: Pick<Figure, 'id' | 'database'>,
  options: BenchOptions,
  say: (line: string) => void,
  measure: Measure,
): Promise<FigureResult[]> {
  const bench = await startLoadBench()
  const sides: Side[] = []
  const sizes = options.small
    ? { posted: 8, waiting: 1_000, endpoints: 100 }
    : { posted: 64, waiting: 1_000_000, endpoints: 100_000 }
  const start = async (fill?: SideOptions['fill']): Promise<Side> => {
    const shared = { database, receiverPort: bench.receiverPort, endpoints: sizes.posted }
    const side = await startSide(fill === undefined ? shared : { ...shared, fill }, say)
    sides.push(side)
    return side
  }
  try {
    return await measure({ id, bench, options, say, sizes, start })
  } finally {
    bench.end()
    for (const side of sides) await side.end()
  }
}

async function growth({ id, bench, options, say, sizes, start }: Rig): Promise<FigureResult[]> {
  const durationMs = options.seconds * 1_000
  const nothing = { endpoints: 0, deliveries: 0, tenants: 'bench', due: 'retry' } as const
  const [empty, backlog, endpoints] = await Promise.all([
    start(),
    start({ ...nothing, deliveries: sizes.waiting }),
    start({ ...nothing, endpoints: sizes.endpoints }),
  ])
  const sides = { empty, backlog, endpoints }
  const names = ['empty', 'backlog', 'endpoints'] as const
  const post = (side: Side, forMs: number): Promise<LoadRun> =>
    side.during(() => bench.run({ ports: [side.port], connections, requests: side.requests, durationMs: forMs }))
  const requests = sides.empty.requests
  const direct = await bench.runDirect({ connections, requests, durationMs: durationMs / 2 })
  say(`generator and receiver alone: ${Math.round(direct.deliveredPerSecond)}/s`)
  for (const name of names) await post(sides[name], durationMs / 2)

  const rates: Record<(typeof names)[number], number[]> = { empty: [], backlog: [], endpoints: [] }
  const raw: Record<string, LoadRun[]> = { empty: [], backlog: [], endpoints: [] }
  for (let round = 1; round <= options.runs; round += 1) {
    for (const name of names) {
      const run = await post(sides[name], durationMs)
      rates[name].push(run.deliveredPerSecond)
      raw[name]?.push(run)
    }
    say(`run ${round}: ${names.map((name) => `${name} ${Math.round(rates[name].at(-1) ?? 0)}/s`).join(', ')}`)
  }
  if (direct.deliveredPerSecond <= Math.max(...names.flatMap((name) => rates[name]))) {
    say('WARNING: generator and receiver are the bottleneck, so the ratios are meaningless')
  }
  const shared = { unit: 'events/s', baseline: rates.empty, target }
  const [waiting, others] = [sizes.waiting, sizes.endpoints].map((count) => count.toLocaleString('en'))
  return [
    {
      ...shared,
      id: `${id} backlog`,
      what: `with ${waiting} deliveries that wait for a retry; baseline: on an empty database`,
      ours: rates.backlog,
      raw: { direct, ...raw },
    },
    {
      ...shared,
      id: `${id} endpoints`,
      what: `with ${others} further endpoints in the database; baseline: on an empty database`,
      ours: rates.endpoints,
      raw: null,
    },
  ]
}

async function memory({ bench, options, say, sizes, start }: Rig): Promise<FigureResult[]> {
  const { waiting: deliveries, endpoints } = sizes
  const side = await start({ endpoints, deliveries, tenants: 'bench', due: 'retry' })
  const idle = memoryOf(side.pid)
  say(`started: resident ${idle.resident.toFixed(0)} MiB`)
  const order = { ports: [side.port], connections, requests: side.requests, durationMs: options.seconds * 1_000 }
  const resident: number[] = []
  const peak: number[] = []
  for (let round = 1; round <= options.runs; round += 1) {
    let most = 0
    const look = (): void => void (most = Math.max(most, memoryOf(side.pid).resident))
    const timer = setInterval(look, sampleMs)
    const run = await side.during(() => bench.run(order)).finally(() => clearInterval(timer))
    look()
    resident.push(most)
    peak.push(memoryOf(side.pid).peak)
    say(`run ${round}: ${Math.round(run.deliveredPerSecond)}/s, resident ${most.toFixed(0)} MiB`)
  }
  const [waiting, others] = [deliveries, endpoints].map((count) => count.toLocaleString('en'))
  const what = `with ${waiting} waiting deliveries and ${others} endpoints`
  const shared = { unit: 'MiB', baseline: null, target: { atMost: memoryMibMax }, raw: { idle, resident, peak } }
  return [
    { ...shared, id: 'P6', what: `resident memory under P1's load ${what}, maximum of each run`, ours: resident },
    { ...shared, id: 'P6 peak', what: 'peak since the start (VmHWM), after each run', ours: peak },
  ]
}

/** In MiB; 0 on systems without /proc. */
function memoryOf(pid: number): { readonly resident: number; readonly peak: number } {
  if (process.platform !== 'linux') return { resident: 0, peak: 0 }
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1_024
  return { resident: mib('VmRSS'), peak: mib('VmHWM') }
}
