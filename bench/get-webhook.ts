// P3: "get webhook" in each vendor's dialect, each on its own server. The baseline is a route of the same framework
// that answers a constant of the same size. 64 connections request 64 webhooks of 64 tenants, each with its own key.
// The requests come from the profiles of the conformance suite.

import type { ApiRequest, Caller, Fields, Profile } from '../test/conformance/dialects/profile.ts'
import { profiles as all } from '../test/profiles/profiles.ts'
import { type OperatorClient, createOperatorClient } from '../test/support/operator-client.ts'
import { createInstallation, startServer } from '../test/support/server-process.ts'
import { startChild } from './child.ts'
import type { ConstantOrder, ConstantReport } from './constant.ts'
import type { BenchOptions, Figure, FigureResult } from './figure.ts'
import { type LoadBench, startLoadBench } from './load-run.ts'
import { ratioOf } from './report.ts'

/** The vendors' dialects. */
const profiles = all.filter(({ subject }) => subject !== null)
const connections = 64
const webhookCount = 64
const target = { atLeast: 0.65 }
/** The share of the other checkout's figure that this checkout must reach. */
const versionTarget = { atLeast: 0.98 }

export const p3: Figure = { id: 'P3', database: 'sqlite', run: runFigure }

async function runFigure(options: BenchOptions, say: (line: string) => void): Promise<FigureResult[]> {
  const load = await startLoadBench()
  try {
    const results: FigureResult[] = []
    for (const profile of profiles) results.push(await measureAlone(profile, load, options, say))
    return [worstOf(results, options), ...results]
  } finally {
    load.end()
  }
}

/** Measures one dialect on its own installation, because a real installation speaks one dialect. */
async function measureAlone(
  profile: Profile,
  load: LoadBench,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<FigureResult> {
  const sides: Side[] = []
  try {
    const ours = await startServerSide(profile, load, options)
    sides.push(ours)
    const baseline =
      options.against === null
        ? await startConstantSide(ours)
        : await startServerSide(profile, load, options, options.against)
    sides.push(baseline)
    return await measure(profile, { ours, baseline }, load, options, say)
  } finally {
    for (const side of sides) await side.end()
  }
}

/** The server of one side of the comparison. */
interface Side {
  readonly port: number
  readonly requests: readonly string[]
  /** One of the answers. */
  readonly sample: ConstantOrder
  end(): Promise<void>
}

/** @param checkout the folder of the program; default: this one */
async function startServerSide(
  profile: Profile,
  load: LoadBench,
  options: BenchOptions,
  checkout?: string,
): Promise<Side> {
  const installation = await createInstallation()
  const env = { POSTHORN_RATE_LIMITS: 'off', POSTHORN_DIALECTS: profile.dialect.name }
  const server = await startServer(installation, env, undefined, checkout)
  const client = createOperatorClient(server.url, installation.operatorKey)
  const prepared = await prepare(client, load, options, profile)
  return {
    ...prepared,
    port: server.port,
    async end() {
      await client.close()
      await server.kill('SIGKILL')
      await installation.remove()
    },
  }
}

/** A route that answers a constant: the sample of the other side. */
async function startConstantSide({ requests, sample }: Side): Promise<Side> {
  const constant = startChild('constant.ts')
  const { port } = (await constant.ask(sample, 10_000)) as ConstantReport
  return { port, requests, sample, end: async () => constant.end() }
}

/** Every dialect must meet the target, so the figure is the worst result. */
function worstOf(results: readonly FigureResult[], { against }: BenchOptions): FigureResult {
  const [worst] = results.toSorted((a, b) => (ratioOf(a) ?? 0) - (ratioOf(b) ?? 0))
  if (worst === undefined) throw new Error('no dialect was measured')
  return {
    ...worst,
    id: 'P3',
    what: `the worst of all dialects: ${worst.what}`,
    target: against === null ? target : versionTarget,
    raw: null,
  }
}

async function measure(
  profile: Profile,
  sides: { readonly ours: Side; readonly baseline: Side },
  load: LoadBench,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<FigureResult> {
  const { name } = profile.dialect
  const durationMs = options.seconds * 1_000
  const rate = async ({ port, requests }: Pick<Side, 'port' | 'requests'>, forMs: number): Promise<number> => {
    const report = await load.ask({ ports: [port], connections, durationMs: forMs, requests, awake: true })
    return report.accepted / ((report.lastAnswerAt - report.firstRequestAt) / 1_000)
  }

  // The compiler takes seconds for a server, and less for the constant.
  await rate(sides.ours, durationMs)
  await rate(sides.baseline, options.against === null ? durationMs / 2 : durationMs)
  const direct = await rate({ port: load.receiverPort, requests: sides.ours.requests }, durationMs / 2)
  const ours: number[] = []
  const baseline: number[] = []
  while (ours.length < options.runs) {
    ours.push(await rate(sides.ours, durationMs))
    baseline.push(await rate(sides.baseline, durationMs))
  }
  if (direct <= Math.max(...ours, ...baseline)) say('WARNING: the generator is the bottleneck')
  const bytes = Buffer.byteLength(sides.ours.sample.text)
  const baselineText = options.against === null ? 'a route that answers a constant of that size' : 'another version'
  const what = `get webhook of ${name}, ${bytes} bytes; baseline: ${baselineText}`
  const result = { id: `P3 ${name}`, what, unit: 'requests/s', ours, baseline, target: null, raw: { direct, bytes } }
  say(
    `${name}: ratio ${ratioOf(result)?.toFixed(2)}, ours ${inWords(ours)}, baseline ${inWords(baseline)}, ` +
      `generator alone ${Math.round(direct)}/s`,
  )
  return result
}

/** Creates tenants with one webhook each. Returns the complete requests for them and a sample response. */
async function prepare(
  client: OperatorClient,
  load: LoadBench,
  options: BenchOptions,
  { dialect, api }: Profile,
): Promise<{ requests: string[]; sample: ConstantOrder }> {
  const requests: string[] = []
  let sample: ConstantOrder = { text: '', contentType: '' }
  for (let index = 0; index < (options.small ? 4 : webhookCount); index += 1) {
    const { id: tenant } = await client.createTenant({ dialect: dialect.name })
    const { key } = await client.createKey({ tenants: [tenant] })
    const caller: Caller = { tenant, key }
    const send = async (request: ApiRequest): Promise<Fields> => {
      const headers = { ...api.credentials(caller), ...request.headers }
      const answer = await client.callAs(headers, request.method as 'GET' | 'POST', request.path, request.body)
      if (answer.status >= 300) throw new Error(`${request.method} ${request.path}: ${JSON.stringify(answer.body)}`)
      return answer.body as Fields
    }
    const url = `http://127.0.0.1:${load.receiverPort}/hooks/${dialect.name}/${index}`
    const created = api.endpointIn('create', await send(api.operations.create.request(caller, api.full(url, 0))))
    const get = api.operations.get.request(caller, String(created[api.idField]))
    requests.push(wholeRequest(get, { ...api.credentials(caller), ...get.headers }))
    sample = { text: JSON.stringify(await send(get)), contentType: 'application/json; charset=utf-8' }
  }
  return { requests, sample }
}

function wholeRequest({ path }: ApiRequest, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [`GET ${path} HTTP/1.1`, 'host: 127.0.0.1', ...lines, '', ''].join('\r\n')
}

function inWords(rates: readonly number[]): string {
  return rates.map((rate) => `${Math.round(rate)}/s`).join(' ')
}
