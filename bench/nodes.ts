// NODES1 to NODES3: one, two and three nodes on one PostgreSQL. The baseline is the limit of the database alone: bare
// clients that replay the same statements in batches as large as the nodes' batches, and receive and send nothing. All
// nodes share the cores of one machine, so more nodes are faster only on a machine with more cores.

import { type OperatorClient, createOperatorClient } from '../test/support/operator-client.ts'
import { type ServerProcess, createInstallation, startServer } from '../test/support/server-process.ts'
import { testDatabase } from '../test/support/test-database.ts'
import type { BareOrder, BareReport } from './bare-commits.ts'
import { startChild } from './child.ts'
import type { BenchOptions, Figure, FigureResult } from './figure.ts'
import { startLoadBench } from './load-run.ts'
import { eventRequest, payloadBytes, registerTenants, untilIdle } from './tenants.ts'

const connections = 64

export const nodes: readonly Figure[] = [1, 2, 3].map((count) => ({
  id: `NODES${count}`,
  database: 'postgres',
  run: (options, say) => runNodes(count, options, say),
}))

async function runNodes(count: number, options: BenchOptions, say: (line: string) => void): Promise<FigureResult> {
  const installation = await createInstallation()
  const database = await testDatabase()
  const bench = await startLoadBench()
  const bare = startChild('bare-commits.ts')
  const servers: ServerProcess[] = []
  let client: OperatorClient | undefined
  try {
    const env = { POSTHORN_DATABASE: database.url, POSTHORN_RATE_LIMITS: 'off' }
    while (servers.length < count) servers.push(await startServer(installation, env))
    const operator = (client = createOperatorClient(servers[0]?.url ?? '', installation.operatorKey))
    const endpoints = await registerTenants(operator, bench.receiverPort, options.small ? 8 : 64)
    const requests = Object.keys(endpoints).map((tenant) => eventRequest(tenant, installation.operatorKey))
    const ports = servers.map((server) => server.port)
    const durationMs = options.seconds * 1000
    await bench.run({ connections, requests, ports, durationMs: durationMs / 2 })
    await untilIdle(operator)

    const ours: number[] = []
    const baseline: number[] = []
    for (let round = 1; round <= options.runs; round += 1) {
      const before = await commitsOf(servers)
      const run = await bench.run({ connections, requests, ports, durationMs })
      await untilIdle(operator)
      const after = await commitsOf(servers)
      const perCommit = Math.max(1, Math.round(run.accepted / (after - before)))
      const order: BareOrder = {
        url: database.url,
        clients: count,
        eventsPerCommit: perCommit,
        payloadBytes,
        durationMs,
      }
      const { eventsPerSecond } = (await bare.ask(order, durationMs + 30_000)) as BareReport
      ours.push(run.deliveredPerSecond)
      baseline.push(eventsPerSecond)
      say(
        `run ${round}: ${Math.round(run.deliveredPerSecond)} delivered/s in commits of ${perCommit} events, ` +
          `bare clients ${Math.round(eventsPerSecond)}/s`,
      )
    }
    const what = `${count} node${count > 1 ? 's' : ''} on one PostgreSQL; baseline: bare clients with the same statements`
    return {
      id: `NODES${count}`,
      what,
      unit: 'events/s',
      ours,
      baseline,
      target: null,
      raw: { connections, payloadBytes },
    }
  } finally {
    bench.end()
    bare.end()
    await client?.close()
    for (const server of servers) await server.kill('SIGKILL')
    await installation.remove()
    await database.drop()
  }
}

/** The number of commits of all nodes. */
async function commitsOf(servers: readonly ServerProcess[]): Promise<number> {
  let commits = 0
  for (const server of servers) {
    const text = await (await fetch(`${server.url}/metrics`)).text()
    commits += Number(/^posthorn_commit_operations_count (\d+)/m.exec(text)?.[1] ?? 0)
  }
  return commits
}
