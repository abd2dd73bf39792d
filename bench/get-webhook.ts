// P3: "get webhook" in each vendor's dialect, each on its own server. The baseline is a route of the same framework
// that answers a constant of the same size. 64 connections request 64 webhooks of 64 tenants, each with its own key.
// The requests come from the profiles of the conformance suite.

import { alloProfile } from '../test/profiles/allo/profile.ts'
import type { ApiRequest, Caller, Fields, Profile } from '../test/conformance/dialects/profile.ts'
import { dialnexaProfile } from '../test/profiles/dialnexa/profile.ts'
import { partooProfile } from '../test/profiles/partoo/profile.ts'
import { stornoProfile } from '../test/profiles/storno/profile.ts'
import { ultravoxProfile } from '../test/profiles/ultravox/profile.ts'
import { type OperatorClient, createOperatorClient } from '../test/support/operator-client.ts'
import { type ServerProcess, createInstallation, startServer } from '../test/support/server-process.ts'
import { type Child, startChild } from './child.ts'
import type { ConstantOrder, ConstantReport } from './constant.ts'
import type { BenchOptions, Figure, FigureResult } from './figure.ts'
import { type LoadBench, startLoadBench } from './load-run.ts'
import { ratioOf } from './report.ts'

const profiles = [alloProfile, ultravoxProfile, partooProfile, stornoProfile, dialnexaProfile]
const connections = 64
const webhookCount = 64
const target = { atLeast: 0.6 }

export const p3: Figure = { id: 'P3', database: 'sqlite', run: runFigure }

interface Bench {
  readonly server: ServerProcess
  readonly client: OperatorClient
  readonly constant: Child
  readonly load: LoadBench
  readonly options: BenchOptions
  readonly say: (line: string) => void
}

async function runFigure(options: BenchOptions, say: (line: string) => void): Promise<FigureResult[]> {
  const load = await startLoadBench()
  try {
    const results: FigureResult[] = []
    for (const profile of profiles) results.push(await measureAlone(profile, load, options, say))
    return [worstOf(results), ...results]
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
  const installation = await createInstallation()
  const constant = startChild('constant.ts')
  let server: ServerProcess | undefined
  let client: OperatorClient | undefined
  try {
    server = await startServer(installation, { POSTHORN_RATE_LIMITS: 'off', POSTHORN_DIALECTS: profile.dialect.name })
    client = createOperatorClient(server.url, installation.operatorKey)
    return await measure({ server, client, constant, load, options, say }, profile)
  } finally {
    constant.end()
    await client?.close()
    await server?.kill('SIGKILL')
    await installation.remove()
  }
}

/** Every dialect must meet the target, so the figure is the worst result. */
function worstOf(results: readonly FigureResult[]): FigureResult {
  const [worst] = results.toSorted((a, b) => (ratioOf(a) ?? 0) - (ratioOf(b) ?? 0))
  if (worst === undefined) throw new Error('no dialect was measured')
  return { ...worst, id: 'P3', what: `the worst of all dialects: ${worst.what}`, target, raw: null }
}

async function measure(bench: Bench, profile: Profile): Promise<FigureResult> {
  const { server, load, options, say } = bench
  const { name } = profile.dialect
  const { requests, sample } = await prepare(bench, profile)
  const { port: constantPort } = (await bench.constant.ask(sample, 10_000)) as ConstantReport
  const durationMs = options.seconds * 1_000
  const rate = async (port: number, forMs: number): Promise<number> => {
    const report = await load.ask({ ports: [port], connections, durationMs: forMs, requests, awake: true })
    return report.accepted / ((report.lastAnswerAt - report.firstRequestAt) / 1_000)
  }

  // Our code needs a longer warm-up than the constant, because the compiler takes seconds for it.
  await rate(server.port, durationMs)
  await rate(constantPort, durationMs / 2)
  const direct = await rate(load.receiverPort, durationMs / 2)
  const ours: number[] = []
  const baseline: number[] = []
  while (ours.length < options.runs) {
    ours.push(await rate(server.port, durationMs))
    baseline.push(await rate(constantPort, durationMs))
  }
  if (direct <= Math.max(...ours, ...baseline)) say('WARNING: the generator is the bottleneck')
  const bytes = Buffer.byteLength(sample.text)
  const what = `get webhook of ${name}, ${bytes} bytes; baseline: a route that answers a constant of that size`
  const result = { id: `P3 ${name}`, what, unit: 'requests/s', ours, baseline, target: null, raw: { direct, bytes } }
  say(
    `${name}: ratio ${ratioOf(result)?.toFixed(2)}, ours ${inWords(ours)}, constant ${inWords(baseline)}, ` +
      `generator alone ${Math.round(direct)}/s`,
  )
  return result
}

/** Creates tenants with one webhook each. Returns the complete requests for them and a sample response. */
async function prepare(
  { client, load, options }: Bench,
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
