// P1 and P2: events accepted and delivered per second on SQLite and on PostgreSQL, with real fsync. The baseline is a
// relay that stores nothing. 64 connections post payloads of 500 bytes for 64 tenants with one endpoint each, so that
// each event matches one endpoint. Both sides get the same bytes from the same generator and deliver to the same
// receiver.

import { type OperatorClient, createOperatorClient } from '../test/support/operator-client.ts'
import { testDatabase } from '../test/support/test-database.ts'
import { type ServerProcess, createInstallation, startServer } from '../test/support/server-process.ts'
import { type Child, startChild } from './child.ts'
import type { BenchOptions, Figure, FigureResult } from './figure.ts'
import { type LoadBench, type LoadRun, startLoadBench } from './load-run.ts'
import type { RelayOrder, RelayReport } from './relay.ts'
import { eventRequest, payloadBytes, registerTenants, untilIdle } from './tenants.ts'

/** One run of one side, posting for `durationMs`. */
type Measure = (durationMs: number) => Promise<LoadRun>

interface Sides {
  readonly ours: Measure
  readonly baseline: Measure
  /** The generator posts directly to the receiver. */
  readonly direct: Measure
}

const connections = 64
/** The duration of the warm-up, as a multiple of one run. */
const warmUp = 5

export const p1: Figure = {
  id: 'P1',
  database: 'sqlite',
  run: (options, say) => runFigure({ id: 'P1', on: 'SQLite', target: 0.65, env: {} }, options, say),
}

export const p2: Figure = {
  id: 'P2',
  database: 'postgres',
  async run(options, say) {
    const database = await testDatabase()
    try {
      return await runFigure(
        { id: 'P2', on: 'PostgreSQL', target: 0.4, env: { POSTHORN_DATABASE: database.url } },
        options,
        say,
      )
    } finally {
      await database.drop()
    }
  },
}

interface Scenario {
  readonly id: string
  readonly on: string
  readonly target: number
  readonly env: Readonly<Record<string, string>>
}

async function runFigure(
  scenario: Scenario,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<FigureResult> {
  const installation = await createInstallation()
  const bench = await startLoadBench()
  const relay = startChild('relay.ts')
  let server: ServerProcess | undefined
  let client: OperatorClient | undefined
  try {
    server = await startServer(installation, { POSTHORN_RATE_LIMITS: 'off', ...scenario.env })
    client = createOperatorClient(server.url, installation.operatorKey)
    const endpoints = await registerTenants(client, bench.receiverPort, options.small ? 8 : 64)
    const order = { operatorKey: installation.operatorKey, receiverPort: bench.receiverPort, endpoints }
    const relayPort = await startRelay(relay, order)
    const requests = Object.keys(endpoints).map((tenant) => eventRequest(tenant, installation.operatorKey))
    return await measure(createSides(bench, requests, server.port, relayPort, client), scenario, options, say)
  } finally {
    bench.end()
    relay.end()
    await client?.close()
    await server?.kill('SIGKILL')
    await installation.remove()
  }
}

async function startRelay(relay: Child, order: RelayOrder): Promise<number> {
  const { port } = (await relay.ask(order, 10_000)) as RelayReport
  return port
}

function createSides(
  bench: LoadBench,
  requests: readonly string[],
  serverPort: number,
  relayPort: number,
  client: OperatorClient,
): Sides {
  const load = { connections, requests }
  return {
    async ours(durationMs) {
      const run = await bench.run({ ...load, ports: [serverPort], durationMs })
      await untilIdle(client)
      return run
    },
    baseline: (durationMs) => bench.run({ ...load, ports: [relayPort], durationMs }),
    direct: (durationMs) => bench.runDirect({ ...load, durationMs }),
  }
}

async function measure(
  sides: Sides,
  { id, on, target }: Scenario,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<FigureResult> {
  const durationMs = options.seconds * 1_000
  const direct = await sides.direct(durationMs / 2)
  say(`generator and receiver alone: ${Math.round(direct.deliveredPerSecond)}/s`)
  // Warm up until the compiler has finished. For 20 s under load its threads use processor time of both sides, and more
  // of ours, because our code is larger.
  await sides.ours(warmUp * durationMs)
  await sides.baseline(warmUp * durationMs)

  const ours: LoadRun[] = []
  const baseline: LoadRun[] = []
  for (let round = 1; round <= options.runs; round += 1) {
    ours.push(await sides.ours(durationMs))
    say(`run ${round}, posthorn: ${inWords(ours.at(-1))}`)
    baseline.push(await sides.baseline(durationMs))
    say(`run ${round}, relay:    ${inWords(baseline.at(-1))}`)
  }
  if (direct.deliveredPerSecond <= Math.max(...rates(ours), ...rates(baseline))) {
    say('WARNING: generator and receiver are the bottleneck, so the ratio is meaningless')
  }
  return {
    id,
    what: `events accepted and delivered on ${on}; baseline: a relay that stores nothing`,
    unit: 'events/s',
    ours: rates(ours),
    baseline: rates(baseline),
    target: { atLeast: target },
    raw: { connections, payloadBytes, direct, ours, baseline },
  }
}

function rates(runs: readonly LoadRun[]): number[] {
  return runs.map((run) => run.deliveredPerSecond)
}

function inWords(run: LoadRun | undefined): string {
  if (run === undefined) return ''
  const [delivered, accepted] = [run.deliveredPerSecond, run.acceptedPerSecond].map(Math.round)
  return `${delivered} delivered/s, ${accepted} accepted/s, backlog at the end ${run.backlog}, refused ${run.refused}`
}
