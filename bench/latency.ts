// P4: the time from the 202 to the arrival at the receiver, at half of P1's rate. The full rate is measured first, in
// the same run. Then requests are sent evenly at half of that rate, whether or not the server keeps up (an open loop).

import { type OperatorClient, createOperatorClient } from '../test/support/operator-client.ts'
import { type ServerProcess, createInstallation, startServer } from '../test/support/server-process.ts'
import type { BenchOptions, Figure, FigureResult } from './figure.ts'
import { type LoadBench, type PacedRun, startLoadBench } from './load-run.ts'
import { eventRequest, registerTenants, untilIdle } from './tenants.ts'

const connections = 64
/** More connections than are ever busy at half the rate, so that no request waits for a connection. */
const pacedConnections = 256

export const p4: Figure = { id: 'P4', database: 'sqlite', run: runFigure }

async function runFigure(options: BenchOptions, say: (line: string) => void): Promise<FigureResult[]> {
  const installation = await createInstallation()
  const bench = await startLoadBench()
  let server: ServerProcess | undefined
  let client: OperatorClient | undefined
  try {
    server = await startServer(installation, { POSTHORN_RATE_LIMITS: 'off' })
    client = createOperatorClient(server.url, installation.operatorKey)
    const endpoints = await registerTenants(client, bench.receiverPort, options.small ? 8 : 64)
    const requests = Object.keys(endpoints).map((tenant) => eventRequest(tenant, installation.operatorKey))
    return await measure(bench, server.port, client, requests, options, say)
  } finally {
    bench.end()
    await client?.close()
    await server?.kill('SIGKILL')
    await installation.remove()
  }
}

async function measure(
  bench: LoadBench,
  port: number,
  client: OperatorClient,
  requests: readonly string[],
  options: BenchOptions,
  say: (line: string) => void,
): Promise<FigureResult[]> {
  const durationMs = options.seconds * 1_000
  const full = { ports: [port], connections, requests, durationMs }
  await bench.run({ ...full, durationMs: durationMs / 2 })
  await untilIdle(client)
  const { deliveredPerSecond } = await bench.run(full)
  await untilIdle(client)
  const perSecond = Math.max(1, Math.round(deliveredPerSecond / 2))
  say(`full rate ${Math.round(deliveredPerSecond)}/s, measured at ${perSecond}/s`)

  const paced = { connections: pacedConnections, perSecond, durationMs, requests }
  const direct = await bench.runPaced({ ...paced, port: bench.receiverPort })
  say(`generator alone: p99 of its lateness ${direct.p99Lateness.toFixed(1)} ms (timers have a resolution of 1 ms)`)
  const runs: PacedRun[] = []
  while (runs.length < options.runs) {
    runs.push(await bench.runPaced({ ...paced, port }))
    await untilIdle(client)
    say(`run ${runs.length}: ${inWords(runs.at(-1))}`)
  }
  const raw = { full: deliveredPerSecond, perSecond, direct, runs }
  const what = `time from 202 to arrival at half the rate of P1 (${perSecond}/s here)`
  const figure = { unit: 'ms', baseline: null }
  return [
    { ...figure, id: 'P4 p50', what, ours: runs.map(({ p50 }) => p50), target: { atMost: 5 }, raw },
    { ...figure, id: 'P4 p99', what, ours: runs.map(({ p99 }) => p99), target: { atMost: 50 }, raw: null },
  ]
}

/** The result of an open-loop run as text. */
export function inWords(run: PacedRun | undefined): string {
  if (run === undefined) return ''
  const [p50, p99, max, due, late] = [run.p50, run.p99, run.max, run.p99FromDue, run.p99Lateness].map((ms) =>
    ms.toFixed(1),
  )
  return (
    `${run.events} events, p50 ${p50} ms, p99 ${p99} ms, max ${max} ms ` +
    `(p99 from the due time ${due} ms, p99 of the generator's lateness ${late} ms)`
  )
}
