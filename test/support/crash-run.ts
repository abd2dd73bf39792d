// Kills the server with SIGKILL under load at random moments, restarts it on the same database, and lets it finish at
// the end. What that shows: nothing accepted is lost by a crash of the process. What it cannot show: that the disk
// keeps what was committed when the power fails, because a killed process leaves the kernel's cache alive.

import { hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { type CrashLoad, createCrashLoad, crashTypes } from './crash-load.ts'
import { type Arrival, type Verdict, judge } from './history.ts'
import { type OperatorClient, createOperatorClient } from './operator-client.ts'
import { type Random, seededRandom } from './random.ts'
import { type Behaviour, type ReceivedRequest, type Receiver, startReceiver } from './receiver.ts'
import { type Installation, type ServerProcess, createInstallation, startServer } from './server-process.ts'

export interface CrashRun {
  readonly verdict: Verdict
  /** Whether nothing was pending any more at the end. */
  readonly drained: boolean
  readonly drainMs: number
}

const tenant = 'crash'
const drainMsMax = 60_000
const quietMs = 1_000
const signatureSampleEvery = 10
// A retry waits 5 ms where Allo promises 5 s, so that the drain is short.
const env = { POSTHORN_RETRY_SCALE: '0.001', POSTHORN_RATE_LIMITS: 'off' }

const subscriptions: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['/received', new Set(['call.received'])],
  ['/calls', new Set(['call.received', 'call.completed'])],
  ['/messages', new Set(['sms.received'])],
  ['/all', new Set<string>(crashTypes)],
])

/** Runs `rounds` of start, load, SIGKILL; then starts once more, waits until nothing is pending, and judges. */
export async function runCrashes(rounds: number, seed: number): Promise<CrashRun> {
  const random = seededRandom(seed)
  const installation = await createInstallation()
  const secrets = new Map<string, string>()
  const arrivals: Arrival[] = []
  const receiver = await startReceiver({ keep: false, behave: createBookkeeper(arrivals, secrets) })
  const load = createCrashLoad(tenant, random)
  let server: ServerProcess | undefined
  try {
    for (let round = 0; round < rounds; round += 1) {
      server = await startServer(installation, env)
      const client = createOperatorClient(server.url, installation.operatorKey)
      if (round === 0) await register(client, receiver, secrets)
      await crashUnderLoad(server, client, load, random)
    }
    server = await startServer(installation, env)
    const { drained, drainMs } = await finish(server, installation, load)
    return { verdict: judge({ posts: load.posts, arrivals, subscriptions }), drained, drainMs }
  } finally {
    await server?.kill('SIGKILL')
    await receiver.close()
    await installation.remove()
  }
}

async function register(client: OperatorClient, receiver: Receiver, secrets: Map<string, string>): Promise<void> {
  await client.createTenant({ id: tenant, dialect: 'allo' })
  const { key } = await client.createKey({ tenants: [tenant] })
  for (const [path, types] of subscriptions) {
    const endpoint = await client.createAlloEndpoint(key, { url: `${receiver.url}${path}`, topics: [...types] })
    secrets.set(path, endpoint.signing_secret)
  }
}

async function crashUnderLoad(
  server: ServerProcess,
  client: OperatorClient,
  load: CrashLoad,
  random: Random,
): Promise<void> {
  const broken = load.runUntilBroken(client)
  await sleep(random.between(100, 900))
  await server.kill('SIGKILL')
  await broken
  await client.close()
}

async function finish(
  server: ServerProcess,
  installation: Installation,
  load: CrashLoad,
): Promise<{ drained: boolean; drainMs: number }> {
  const client = createOperatorClient(server.url, installation.operatorKey)
  const startedAt = Date.now()
  await load.repeatUnknown(client)
  let quietSince: number | null = null
  while (Date.now() - startedAt < drainMsMax) {
    const pending = await client.listDeliveries({ status: 'pending', limit: '1' })
    quietSince = pending.length > 0 ? null : (quietSince ?? Date.now())
    if (quietSince !== null && Date.now() - quietSince >= quietMs) break
    await sleep(50)
  }
  await client.close()
  await server.stop()
  return { drained: quietSince !== null, drainMs: (quietSince ?? Date.now()) - startedAt }
}

/** Writes down every arrival, and decides its answer by the event's number: well, slowly, or badly at first. */
function createBookkeeper(
  arrivals: Arrival[],
  secrets: ReadonlyMap<string, string>,
): (request: ReceivedRequest) => Behaviour {
  const failures = new Map<string, number>()
  return (request) => {
    const number = numberIn(request.body)
    const failuresWanted = number % 50 === 7 ? 2 : number % 10 === 3 ? 1 : 0
    const key = `${request.path} ${number}`
    const failed = failures.get(key) ?? 0
    const status = failed < failuresWanted ? 500 : 200
    if (status === 500) failures.set(key, failed + 1)
    arrivals.push({
      endpoint: request.path,
      number,
      webhookId: String(request.headers['webhook-id']),
      bodyHash: hash('sha256', request.body),
      status,
      signatureValid: arrivals.length % signatureSampleEvery === 0 ? isSigned(request, secrets) : null,
    })
    // Slow answers, so that a crash finds requests under way.
    return number % 25 === 1 ? { status, delayMs: 30 } : { status }
  }
}

function numberIn(body: Buffer): number {
  const { data } = JSON.parse(body.toString()) as { data: { number: number } }
  return data.number
}

function isSigned(request: ReceivedRequest, secrets: ReadonlyMap<string, string>): boolean {
  try {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    new Webhook(secrets.get(request.path) ?? '').verify(request.body, headers)
    return true
  } catch {
    return false
  }
}
