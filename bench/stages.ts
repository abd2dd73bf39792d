// STAGES: where the time of one event goes. V8's profiler samples the server's threads under P1's load, and the
// processor time of each thread (from /proc, so only on Linux) is divided among the stages. The profiler makes
// everything some tenths slower, so the shares count and not their sum.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOperatorClient } from '../test/support/operator-client.ts'
import { createInstallation, startServer } from '../test/support/server-process.ts'
import { nowMs } from './child.ts'
import type { BenchOptions, Figure, FigureResult } from './figure.ts'
import { startLoadBench } from './load-run.ts'
import { eventRequest, registerTenants, untilIdle } from './tenants.ts'

const connections = 64
const warmUp = 2

export const stages: Figure = { id: 'STAGES', database: 'sqlite', run: runFigure }

const commitStage = 'commit'

/** The stage of a sample is that of its innermost frame that matches an entry; the first entry that matches counts. */
const stageOfFrame: readonly { readonly stage: string; readonly frame: RegExp }[] = [
  { stage: commitStage, frame: /sqlite\/database/ },
  { stage: 'statements', frame: /sqlite\/commit|sqlite\/versions/ },
  { stage: 'batch from thread to thread', frame: /src\/store\/sqlite|node:internal\/worker/ },
  { stage: 'encode and sign', frame: /src\/(dialects|signing)|^requestOf |node:internal\/crypto/ },
  { stage: 'send and read the answer', frame: /src\/net|node_modules\/undici/ },
  { stage: 'match, lanes, group commit, record', frame: /src\/(engine|domain|telemetry)|prom-client/ },
  {
    stage: 'authenticate, check, take up',
    frame: /src\/(api|operations|http)|node_modules\/(typebox|lru-cache)/,
  },
  { stage: 'HTTP server', frame: /node_modules|node:_http/ },
]
const otherStage = 'sockets, timers, other'

async function runFigure(options: BenchOptions, say: (line: string) => void): Promise<FigureResult[]> {
  const installation = await createInstallation()
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-profiles-'))
  const bench = await startLoadBench()
  const profiler = `--cpu-prof --cpu-prof-dir=${folder}`
  const server = await startServer(installation, { POSTHORN_RATE_LIMITS: 'off', NODE_OPTIONS: profiler })
  try {
    const client = createOperatorClient(server.url, installation.operatorKey)
    const endpoints = await registerTenants(client, bench.receiverPort, options.small ? 8 : 64)
    const requests = Object.keys(endpoints).map((tenant) => eventRequest(tenant, installation.operatorKey))
    const durationMs = options.seconds * 1_000
    const post = async (forMs: number) => {
      const run = await bench.run({ ports: [server.port], connections, requests, durationMs: forMs })
      await untilIdle(client)
      return run
    }
    await post(durationMs * warmUp)
    const [from, before] = [nowMs(), await threadTimes(server.pid)]
    const { accepted, deliveredPerSecond } = await post(durationMs * options.runs)
    const [to, after] = [nowMs(), await threadTimes(server.pid)]
    say(`${accepted} events at ${Math.round(deliveredPerSecond)}/s, profiled`)
    await client.close()
    await server.stop()
    const used = { main: after.main - before.main, store: after.store - before.store, v8: after.v8 - before.v8 }
    const perEvent = (milliseconds: number): number => (milliseconds * 1_000) / accepted
    return [
      ...sharedOut('main', await sampled(folder, 0, { from, to }), used.main, perEvent),
      ...sharedOut('store', await sampled(folder, 1, { from, to }), used.store, perEvent),
      result('v8', 'compiler and collector on threads of their own', perEvent(used.v8)),
    ]
  } finally {
    bench.end()
    await server.kill('SIGKILL')
    await installation.remove()
    await rm(folder, { recursive: true, force: true })
  }
}

function result(thread: string, stage: string, microseconds: number): FigureResult {
  const id = `STAGES ${thread}: ${stage}`
  return {
    id,
    what: 'CPU of the server',
    unit: 'µs/event',
    ours: [microseconds],
    baseline: null,
    target: null,
    raw: null,
  }
}

interface Profile {
  readonly startTime: number
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string }
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  /** Microseconds. */
  readonly timeDeltas: readonly number[]
}

/** Sampled milliseconds by stage, for one thread. */
async function sampled(
  folder: string,
  thread: number,
  time: { readonly from: number; readonly to: number },
): Promise<Map<string, number>> {
  const file = (await readdir(folder)).find((entry) => new RegExp(`\\.${thread}\\.\\d+\\.cpuprofile$`).test(entry))
  if (file === undefined) throw new Error(`thread ${thread} has written no profile`)
  const profile = JSON.parse(await readFile(join(folder, file), 'utf8')) as Profile
  const stageOf = stagesOfNodes(profile)
  const times = new Map<string, number>()
  let atMs = profile.startTime / 1_000
  for (const [index, node] of profile.samples.entries()) {
    const deltaMs = (profile.timeDeltas[index] ?? 0) / 1_000
    atMs += deltaMs
    const stage = stageOf.get(node)
    if (stage !== undefined && atMs >= time.from && atMs <= time.to) times.set(stage, (times.get(stage) ?? 0) + deltaMs)
  }
  return times
}

/**
 * Divides the processor time of a thread among its stages in proportion to their samples. On a thread that commits, the
 * samples of a commit include the wait for the disk. So each other stage gets its sampled time, and the commit gets the
 * rest.
 */
function sharedOut(
  thread: string,
  times: ReadonlyMap<string, number>,
  usedMs: number,
  perEvent: (milliseconds: number) => number,
): FigureResult[] {
  const sum = [...times.values()].reduce((all, ms) => all + ms, 0)
  const others = sum - (times.get(commitStage) ?? 0)
  const partOf = (stage: string, ms: number): number => {
    if (!times.has(commitStage)) return (usedMs * ms) / sum
    return stage === commitStage ? Math.max(0, usedMs - others) : ms
  }
  return [...times]
    .map(([stage, ms]) => [stage, partOf(stage, ms)] as const)
    .toSorted(([, a], [, b]) => b - a)
    .map(([stage, ms]) => result(thread, stage, perEvent(ms)))
}

/** The stage of each node of the call tree. Idle nodes have no stage. */
function stagesOfNodes({ nodes }: Profile): Map<number, string> {
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id] as const)))
  const stageOf = new Map<number, string>()
  // Parents come before their children.
  for (const { id, callFrame } of nodes) {
    const { functionName, url } = callFrame
    if (functionName === '(idle)') continue
    const own = stageOfFrame.find(({ frame }) => frame.test(`${functionName} ${url}`))?.stage
    const inherited = stageOf.get(parents.get(id) ?? 0) ?? otherStage
    stageOf.set(id, functionName === '(garbage collector)' ? 'garbage collection' : (own ?? inherited))
  }
  return stageOf
}

/** Processor time in ms by kind of thread. */
async function threadTimes(pid: number): Promise<{ main: number; store: number; v8: number }> {
  const times = { main: 0, store: 0, v8: 0 }
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticksMs = 10 * (Number(fields[11]) + Number(fields[12]))
    const kind = Number(thread) === pid ? 'main' : stat.includes('(WorkerThread') ? 'store' : 'v8'
    times[kind] += ticksMs
  }
  return times
}
