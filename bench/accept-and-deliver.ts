// P1 and P2: events accepted and delivered per second on SQLite and on PostgreSQL, with real fsync. The baseline is a
// relay that stores nothing. 64 connections post payloads of 500 bytes for 64 tenants with one endpoint each, so that
// each event matches one endpoint. Both sides get the same bytes from the same generator and deliver to the same
// receiver.

import { createOperatorClient } from '../test/support/operator-client.ts'
import { startOtlpReceiver } from '../test/support/otlp-receiver.ts'
import { testDatabase } from '../test/support/test-database.ts'
import { createInstallation, startServer } from '../test/support/server-process.ts'
import { startChild } from './child.ts'
import { openDashboard } from './dashboard.ts'
import type { BenchOptions, Figure, FigureResult } from './figure.ts'
import { type LoadBench, type LoadRun, startLoadBench } from './load-run.ts'
import type { RelayOrder, RelayReport } from './relay.ts'
import { eventRequest, payloadBytes, registerTenants, untilIdle } from './tenants.ts'

/** A server under load, ours or the one that it is compared with. */
interface Side {
  readonly name: string
  /** One run, posting for `durationMs`. */
  run(durationMs: number): Promise<LoadRun>
  end(): Promise<void>
}

/** A server, and the values that the relay needs to run instead of it. */
interface ServerSide extends Side {
  readonly operatorKey: string
  readonly endpoints: RelayOrder['endpoints']
  readonly requests: readonly string[]
}

const connections = 64
/** As a multiple of one run. */
const warmUp = 5
/** The share of the other checkout's figure that this checkout must reach. */
const versionTarget = 0.98
/** With tracing on one side alone. */
const tracingTarget = 0.97

export const p1: Figure = {
  id: 'P1',
  database: 'sqlite',
  run: (options, say) => runFigure({ id: 'P1', database: 'sqlite', target: 0.75 }, options, say),
}

export const p2: Figure = {
  id: 'P2',
  database: 'postgres',
  run: (options, say) => runFigure({ id: 'P2', database: 'postgres', target: 0.5 }, options, say),
}

interface Scenario {
  readonly id: string
  readonly database: Figure['database']
  readonly target: number
}

async function runFigure(
  scenario: Scenario,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<FigureResult> {
  const bench = await startLoadBench()
  const sides: Side[] = []
  try {
    const ours = await startServerSide(bench, scenario.database, options)
    sides.push(ours)
    const baseline =
      options.against === null
        ? await startRelaySide(bench, ours)
        : await startServerSide(bench, scenario.database, options, options.against)
    sides.push(baseline)
    const direct = (durationMs: number): Promise<LoadRun> =>
      bench.runDirect({ connections, requests: ours.requests, durationMs })
    return await measure({ ours, baseline, direct }, scenario, options, say)
  } finally {
    bench.end()
    for (const side of sides) await side.end()
  }
}

/** @param checkout the folder of the program; default: this one */
async function startServerSide(
  bench: LoadBench,
  database: Figure['database'],
  options: BenchOptions,
  checkout?: string,
): Promise<ServerSide> {
  const installation = await createInstallation()
  const postgres = database === 'postgres' ? await testDatabase() : null
  const collector = options.tracing !== null && checkout === undefined ? await startOtlpReceiver() : null
  const env = {
    POSTHORN_RATE_LIMITS: 'off',
    ...(postgres !== null && { POSTHORN_DATABASE: postgres.url }),
    ...(collector !== null && {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: String(options.tracing),
    }),
  }
  const server = await startServer(installation, env, undefined, checkout)
  const { operatorKey } = installation
  const client = createOperatorClient(server.url, operatorKey)
  const endpoints = await registerTenants(client, bench.receiverPort, options.small ? 8 : 64)
  const requests = Object.keys(endpoints).map((tenant) => eventRequest(tenant, operatorKey))
  const isWatched = options.dashboard && checkout === undefined
  return {
    name: checkout === undefined ? 'posthorn' : 'before',
    operatorKey,
    endpoints,
    requests,
    async run(durationMs) {
      const dashboard = isWatched ? await openDashboard(server.url, operatorKey) : null
      const run = await bench.run({ connections, requests, ports: [server.port], durationMs })
      dashboard?.close()
      await untilIdle(client)
      return run
    },
    async end() {
      await client.close()
      await server.kill('SIGKILL')
      await collector?.close()
      if (!options.small && collector?.spans.length === 0) throw new Error('the server exported no spans')
      await installation.remove()
      await postgres?.drop()
    },
  }
}

async function startRelaySide(bench: LoadBench, { operatorKey, endpoints, requests }: ServerSide): Promise<Side> {
  const relay = startChild('relay.ts')
  const order: RelayOrder = { operatorKey, receiverPort: bench.receiverPort, endpoints }
  const { port } = (await relay.ask(order, 10_000)) as RelayReport
  return {
    name: 'relay',
    run: (durationMs) => bench.run({ connections, requests, ports: [port], durationMs }),
    end: async () => relay.end(),
  }
}

interface Sides {
  readonly ours: Side
  readonly baseline: Side
  /** Generator and receiver with nothing in between. */
  readonly direct: (durationMs: number) => Promise<LoadRun>
}

async function measure(
  sides: Sides,
  { id, database, target }: Scenario,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<FigureResult> {
  const durationMs = options.seconds * 1_000
  const on = database === 'sqlite' ? 'SQLite' : 'PostgreSQL'
  const baselineText = options.against === null ? 'a relay that stores nothing' : 'another version of Posthorn'
  const direct = await sides.direct(durationMs / 2)
  say(`generator and receiver alone: ${Math.round(direct.deliveredPerSecond)}/s`)
  // Warm up until the compiler has finished. For 20 s under load its threads use processor time of both sides, and more
  // of ours, because our code is larger.
  await sides.baseline.run(warmUp * durationMs)
  await sides.ours.run(warmUp * durationMs)

  const ours: LoadRun[] = []
  const baseline: LoadRun[] = []
  const order: [Side, LoadRun[]][] = [
    [sides.ours, ours],
    [sides.baseline, baseline],
  ]
  for (let round = 1; round <= options.runs; round += 1) {
    for (const [side, runs] of order) {
      const run = await side.run(durationMs)
      runs.push(run)
      say(`run ${round}, ${side.name}: ${inWords(run)}`)
    }
    // The first run of a round may be slower, even between two copies of one program.
    order.reverse()
  }
  if (direct.deliveredPerSecond <= Math.max(...rates(ours), ...rates(baseline))) {
    say('WARNING: generator and receiver are the bottleneck, so the ratio is meaningless')
  }
  return {
    id,
    what: `events accepted and delivered on ${on}; baseline: ${baselineText}`,
    unit: 'events/s',
    ours: rates(ours),
    baseline: rates(baseline),
    target: { atLeast: options.against === null ? target : options.tracing === null ? versionTarget : tracingTarget },
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
