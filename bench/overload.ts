// OVERLOAD: more events are posted than can be delivered. P1's load comes from sixteen times as many connections, and
// each posts again as soon as it gets a response. No event may be lost, and the rate must not fall; events for which
// there is no room are refused with 503. The baseline is P1's own load on the same server.

import { createOperatorClient } from '../test/support/operator-client.ts'
import { createInstallation, startServer } from '../test/support/server-process.ts'
import type { BenchOptions, Figure, FigureResult } from './figure.ts'
import { type LoadRun, startLoadBench } from './load-run.ts'
import { eventRequest, registerTenants, untilIdle } from './tenants.ts'

const usual = 64
const many = 1024

export const overload: Figure = { id: 'OVERLOAD', database: 'sqlite', run: runFigure }

async function runFigure(options: BenchOptions, say: (line: string) => void): Promise<FigureResult> {
  const installation = await createInstallation()
  const bench = await startLoadBench()
  const server = await startServer(installation, { POSTHORN_RATE_LIMITS: 'off' })
  const client = createOperatorClient(server.url, installation.operatorKey)
  try {
    const endpoints = await registerTenants(client, bench.receiverPort, options.small ? 8 : 64)
    const requests = Object.keys(endpoints).map((tenant) => eventRequest(tenant, installation.operatorKey))
    const post = async (connections: number): Promise<LoadRun> => {
      const run = await bench.run({ ports: [server.port], connections, requests, durationMs: options.seconds * 1_000 })
      await untilIdle(client)
      return run
    }
    await post(usual)
    await post(many)
    const runs = { many: [] as LoadRun[], usual: [] as LoadRun[] }
    for (let round = 1; round <= options.runs; round += 1) {
      runs.many.push(await post(many))
      runs.usual.push(await post(usual))
      const { deliveredPerSecond, acceptedPerSecond, refused, backlog } = runs.many.at(-1) as LoadRun
      const [delivered, accepted] = [deliveredPerSecond, acceptedPerSecond].map(Math.round)
      say(`run ${round}: ${delivered} delivered/s, ${accepted} accepted/s, ${refused} refused, backlog ${backlog}`)
    }
    const rates = (of: readonly LoadRun[]): number[] => of.map((run) => run.deliveredPerSecond)
    return {
      id: 'OVERLOAD',
      what: `events delivered from ${many} connections that never pause; baseline: from ${usual}`,
      unit: 'events/s',
      ours: rates(runs.many),
      baseline: rates(runs.usual),
      target: null,
      raw: runs,
    }
  } finally {
    bench.end()
    await client.close()
    await server.kill('SIGKILL')
    await installation.remove()
  }
}
