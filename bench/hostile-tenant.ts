// P8: one hostile tenant. The events of other tenants at a modest rate, with and without a tenant whose endpoints take as
// much of the server as they can get, while 100,000 and more deliveries wait for them:
//
// - slow: 1,000 endpoints answer after 19 s, and the tenant's customer sends test events
// - hang: 100 endpoints never answer
// - fail: 100 endpoints answer 500 at once
// - swift: 100 endpoints answer 204 at once
//
// The last two use the whole machine, receivers included. Their baseline is a second server on the same machine, while
// the first one serves the hostile tenant: the difference is the cost of sharing a server with it (as in P7).

import { setTimeout as sleep } from 'node:timers/promises'
import { createOperatorClient, type OperatorClient } from '../test/support/operator-client.ts'
import { type Child, startChild } from './child.ts'
import type { BenchOptions, Figure, FigureResult } from './figure.ts'
import { inWords } from './latency.ts'
import { type LoadBench, type PacedRun, startLoadBench } from './load-run.ts'
import type { ReceiverOrder, ReceiverReport } from './receiver.ts'
import { type Side, startSide } from './side.ts'
import { eventType } from './tenants.ts'

export const p8: Figure = { id: 'P8', database: 'sqlite', run: runFigure }

const pacedConnections = 256
const modestPerSecond = 1000
const orderMsMax = 10_000
/** Before each measurement: a server that was stopped first takes the answers that came meanwhile. */
const settleMs = 3000
const hostile = 'hostile-0'

const kinds = {
  slow: { endpoints: 1000, deliveries: 100_000, answer: { answerAfterMs: 19_000 }, shares: 'nothing' },
  hang: { endpoints: 100, deliveries: 100_000, answer: { answerAfterMs: 3_600_000 }, shares: 'nothing' },
  fail: { endpoints: 100, deliveries: 400_000, answer: { answerAfterMs: 0, status: 500 }, shares: 'machine' },
  swift: { endpoints: 100, deliveries: 1_000_000, answer: { answerAfterMs: 0 }, shares: 'machine' },
} as const
type Kind = keyof typeof kinds
const kindNames = Object.keys(kinds) as Kind[]

/** Test events per second: what the default quota of a `standard` tenant allows. */
const testEventsPerSecond = 1

/** A server with the hostile tenant, and how its customer sends test events. */
interface HostileSide {
  readonly side: Side
  readonly receiver: Child
  sendTests(forMs: number): Promise<void>
  end(): Promise<void>
}

async function runFigure(options: BenchOptions, say: (line: string) => void): Promise<FigureResult[]> {
  const bench = await startLoadBench()
  const good = options.small ? 8 : 50
  const quiet = await startSide({ database: 'sqlite', receiverPort: bench.receiverPort, endpoints: good }, say)
  const results: FigureResult[] = []
  try {
    for (const kind of kindNames) {
      const server = await startHostileSide(kind, bench.receiverPort, good, options, say)
      try {
        results.push(await measure({ kind, bench, quiet, server, options, say }))
      } finally {
        await server.end()
      }
    }
    return results
  } finally {
    bench.end()
    await quiet.end()
  }
}

async function startHostileSide(
  kind: Kind,
  receiverPort: number,
  good: number,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<HostileSide> {
  const { endpoints, deliveries, answer } = kinds[kind]
  const receiver = startChild('receiver.ts')
  const { port } = await tell(receiver, 'listen')
  await tell(receiver, answer)
  const ids: string[] = []
  let key = ''
  const register = async (client: OperatorClient): Promise<void> => {
    await client.createTenant({ id: hostile, dialect: 'standard' })
    ;({ key } = await client.createKey({ tenants: [hostile] }))
    for (let left = options.small ? 20 : endpoints; left > 0; left -= 1) {
      const url = `http://127.0.0.1:${port}/${left}`
      ids.push((await client.createEndpoint(hostile, { url, eventTypes: [eventType] })).id)
    }
  }
  const fill = {
    endpoints: 0,
    deliveries: options.small ? 2000 : deliveries,
    tenants: 'hostile',
    due: 'now',
  } as const
  const side = await startSide({ database: 'sqlite', receiverPort, endpoints: good, register, fill }, say)
  const client = createOperatorClient(`http://127.0.0.1:${side.port}`, '', 64, 60_000)
  return {
    side,
    receiver,
    async sendTests(forMs) {
      const tests: Promise<unknown>[] = []
      for (let sent = 0; sent * 1000 < forMs * testEventsPerSecond; sent += 1) {
        const path = `/v1/tenants/${hostile}/endpoints/${ids[sent % ids.length]}/test`
        tests.push(client.callAs({ authorization: `Bearer ${key}` }, 'POST', path, {}).catch(() => {}))
        await sleep(1000 / testEventsPerSecond)
      }
    },
    async end() {
      await client.close()
      receiver.end()
      await side.end()
    },
  }
}

interface Rig {
  readonly kind: Kind
  readonly bench: LoadBench
  readonly quiet: Side
  readonly server: HostileSide
  readonly options: BenchOptions
  readonly say: (line: string) => void
}

async function measure({ kind, bench, quiet, server, options, say }: Rig): Promise<FigureResult> {
  const durationMs = options.seconds * 1_000
  const { side, receiver } = server
  const pace = ({ port, requests }: Side, forMs = durationMs): Promise<PacedRun> =>
    bench.runPaced({ connections: pacedConnections, durationMs: forMs, port, requests, perSecond: modestPerSecond })
  const beside = (measured: Side): Promise<PacedRun> =>
    side.during(async () => {
      const warm = options.small ? 100 : settleMs
      await Promise.all([pace(side, warm), kind === 'slow' ? server.sendTests(warm) : null])
      const [run] = await Promise.all([
        measured === side ? pace(side) : measured.during(() => pace(measured)),
        kind === 'slow' ? server.sendTests(durationMs) : null,
      ])
      return run
    })
  const alone = (): Promise<PacedRun> =>
    kinds[kind].shares === 'machine'
      ? beside(quiet)
      : quiet.during(async () => {
          await pace(quiet, options.small ? 100 : settleMs)
          return pace(quiet)
        })

  const runs = { ours: [] as PacedRun[], baseline: [] as PacedRun[] }
  const attempts: number[] = []
  for (let round = 1; round <= options.runs; round += 1) {
    for (const name of round % 2 === 0 ? (['ours', 'baseline'] as const) : (['baseline', 'ours'] as const)) {
      const { count } = await tell(receiver, 'count')
      runs[name].push(await (name === 'ours' ? beside(side) : alone()))
      if (name === 'ours') attempts.push((await tell(receiver, 'count')).count - count)
      say(`run ${round}, ${kind}, ${name}: ${inWords(runs[name].at(-1))}`)
    }
    say(`run ${round}, ${kind}: ${attempts.at(-1)} attempts of the hostile tenant`)
  }
  const limits = kinds[kind].shares === 'machine' ? 'on another server, on the same machine' : 'without it'
  return {
    id: `P8 ${kind}`,
    what: `p99 from 202 to arrival at ${modestPerSecond}/s beside a hostile tenant (${kind}); baseline: ${limits}`,
    unit: 'ms',
    ours: runs.ours.map(({ p99 }) => p99),
    baseline: runs.baseline.map(({ p99 }) => p99),
    target: { atMost: 1.5 },
    raw: { ...runs, attempts },
  }
}

async function tell(receiver: Child, order: ReceiverOrder): Promise<ReceiverReport> {
  return (await receiver.ask(order, orderMsMax)) as ReceiverReport
}
