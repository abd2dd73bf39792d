// `posthorn listen`: receives or fetches deliveries, verifies and prints them, and answers as it is told.

import { once } from 'node:events'
import { hostname } from 'node:os'
import { type Command, Option } from 'commander'
import type { Client } from '../../packages/client/src/index.ts'
import {
  collected,
  connect,
  dialectOption,
  durationMs,
  readList,
  type RemoteFlags,
  serverOptions,
  wholeNumber,
  withExamples,
} from './command.ts'
import { allTypes } from './event-types.ts'
import { limits } from '../domain/limits.ts'
import { WrongUse } from './faults.ts'
import { jsonText, painted, safe, safeLines } from './output.ts'
import type { Answer, Arrived } from './receiver.ts'
import { stopOnSignals } from './stop-signals.ts'
import type { Signature, Verified } from './verification.ts'

interface ListenFlags extends RemoteFlags {
  readonly host: string
  readonly port: number
  readonly tenant?: string
  readonly endpoint?: string
  readonly event?: string[]
  readonly address?: string
  readonly dialect: string
  readonly secretFile?: string
  readonly status: number
  readonly failEvery: number
  readonly dropEvery: number
  readonly delay: number
  readonly forwardTo?: string
  readonly twice?: boolean
}

interface TakingFlags extends ListenFlags {
  /** Deliveries are fetched. */
  readonly isFetching: boolean
}

const count = wholeNumber(0, 1_000_000)
const forwardMs = 30_000
const endpointPath = '/v1/tenants/{tenant}/endpoints/{endpoint}'

export function declareListen(program: Command): void {
  const command = serverOptions(program.command('listen'))
    .description('receive deliveries here, verify and print them, and answer as you say, until Ctrl-C')
    .option(
      '--tenant <tenant>',
      'secrets come from the server; without --endpoint it gets an endpoint until the end (the next listen deletes that of a killed one)',
    )
    .option('--endpoint <endpoint>', 'an endpoint whose URL leads here already, or a polling one')
    .option('--event <type>', 'event types of the new endpoint; default: all; may be given several times', collected)
    .option('--address <url>', 'the URL under which the server reaches this receiver; default: its own address')
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on; 0 picks a free one', wholeNumber(0, 65_535), 4090)
    .addOption(
      dialectOption('without --tenant: a name, or a file with a dialect').default('standard').conflicts('tenant'),
    )
    .addOption(
      new Option(
        '--secret-file <file>',
        'without --tenant: a file with the secret or the public key (or POSTHORN_SECRET)',
      ).conflicts('tenant'),
    )
    .option('--status <code>', 'the status of answers', wholeNumber(200, 599), 200)
    .option('--fail-every <n>', 'each n-th delivery is answered with 500', count, 0)
    .option('--drop-every <n>', 'the connection of each n-th is closed without an answer, so it comes twice', count, 0)
    .addOption(new Option('--delay <duration>', 'the wait before an answer').argParser(durationMs).default(0, '0s'))
    .option(
      '--forward-to <url>',
      'pass deliveries on to an app, and its answers back; with a tenant of standard they are fetched, so that the server need not reach this machine (not with --address); the app has 30 s to answer, and 410 disables the endpoint, after which nothing is fetched and listen ends',
    )
    .option('--twice', 'pass each delivery on twice, as a repeated one')
    .option('--json', 'one JSON object a line, for programs')
    .action(async () => {
      const stop = stopOnSignals()
      await listen(command.opts<ListenFlags>(), stop)
    })
  withExamples(
    command,
    'posthorn listen --tenant acme',
    'posthorn listen --tenant acme --fail-every 3 --delay 2s',
    'posthorn listen --tenant acme --forward-to http://127.0.0.1:3000/webhooks',
    'posthorn listen --secret-file secret.txt --port 0',
  )
}

async function listen(flags: ListenFlags, stop: AbortSignal): Promise<void> {
  assertUse(flags)
  const { tenant } = flags
  if (tenant !== undefined && (await isPolled(flags, tenant))) await poll(flags, tenant, stop)
  else await receive(flags, stop)
}

/** Whether deliveries are fetched. Otherwise the server sends them to the receiver here. */
async function isPolled({ endpoint, address, forwardTo, ...flags }: ListenFlags, tenant: string): Promise<boolean> {
  const { api } = await connect(flags)
  if (endpoint !== undefined) {
    const query = { secrets: 'hidden' } as const
    const { kind } = await api.request('GET', endpointPath, { params: { tenant, endpoint }, query })
    return kind === 'polling'
  }
  if (forwardTo === undefined || address !== undefined) return false
  const { dialect } = await api.request('GET', '/v1/tenants/{tenant}', { params: { tenant } })
  if (dialect === 'standard') return true
  process.stderr.write(`Only tenants of standard can be polled: the server must reach this machine.\n`)
  return false
}

async function poll(flags: ListenFlags, tenant: string, stop: AbortSignal): Promise<void> {
  const [{ api }, { pollDeliveries }] = await Promise.all([connect(flags), import('./polling.ts')])
  const registration = await register(flags, { kind: 'polling' })
  try {
    const { signatures, note, endpoint } = registration
    process.stderr.write(`Listening by polling${note}. Ctrl-C ends it.\n`)
    const take = await taking(
      { ...flags, isFetching: true },
      Promise.resolve(signatures),
      () => flags.forwardTo ?? '',
      stop,
    )
    await pollDeliveries({ api, tenant, endpoint, delayMs: flags.delay, take, stop })
  } finally {
    await registration.end()
  }
}

async function receive(flags: ListenFlags, stop: AbortSignal): Promise<void> {
  const { startReceiver } = await import('./receiver.ts')
  const { promise: signatures, resolve } = Promise.withResolvers<readonly Signature[]>()
  const url = (): string => flags.address ?? receiver.url
  const receiver = await startReceiver({
    ...flags,
    delayMs: flags.delay,
    take: await taking({ ...flags, isFetching: false }, signatures, url, stop),
  })
  try {
    const registration = await register(flags, { url: url() })
    try {
      resolve(registration.signatures)
      process.stderr.write(`Listening on ${receiver.url}${registration.note}. Ctrl-C ends it.\n`)
      if (!stop.aborted) await once(stop, 'abort')
    } finally {
      await registration.end()
    }
  } finally {
    receiver.close()
  }
}

/** Verifies a delivery, answers it as the flags say, and prints both. @param url that of the endpoint */
async function taking(
  flags: TakingFlags,
  signatures: Promise<readonly Signature[]>,
  url: () => string,
  stop: AbortSignal,
): Promise<(delivery: Arrived) => Promise<Answer>> {
  const { answersOf } = await import('./receiver.ts')
  const ownAnswer = answersOf({ ...flags, delayMs: flags.delay })
  return async (delivery) => {
    const own = ownAnswer()
    const known = await signatures
    const [verified, answer] = await Promise.all([
      verify(known, delivery, url()),
      own?.status === flags.status ? forwarded(delivery, own, flags, stop) : own,
    ])
    process.stdout.write(flags.json === true ? jsonLine(delivery, verified, answer) : lines(delivery, verified, answer))
    if (answer?.status === 410) process.stderr.write(goneNote(flags))
    return answer
  }
}

/** Only tenants of `standard` are polled. */
function goneNote({ tenant, endpoint, isFetching }: TakingFlags): string {
  if (tenant === undefined) return ''
  const effect = isFetching ? 'the endpoint, and listen ends' : 'the endpoint of a tenant of standard'
  const enabling = `Run posthorn endpoint enable ${tenant} ${endpoint}${isFetching ? ', and listen again,' : ''}`
  return `Answered 410, which says that the receiver is gone: the server disables ${effect}. ${
    endpoint === undefined ? 'Start listen again' : enabling
  } once the app answers otherwise.\n`
}

function assertUse({ tenant, endpoint, event, twice, forwardTo }: ListenFlags): void {
  if (endpoint !== undefined && tenant === undefined) throw new WrongUse('--endpoint needs --tenant')
  if (event !== undefined && (tenant === undefined || endpoint !== undefined)) {
    throw new WrongUse('--event is for the new endpoint of --tenant')
  }
  if (twice === true && forwardTo === undefined) throw new WrongUse('--twice needs --forward-to')
  if (forwardTo !== undefined && !/^https?:$/.test(URL.parse(forwardTo)?.protocol ?? '')) {
    throw new WrongUse(`--forward-to must be a URL such as http://127.0.0.1:3000/webhooks, and is ${forwardTo}`)
  }
}

interface Registration {
  readonly signatures: readonly Signature[]
  readonly note: string
  /** Empty without a tenant. */
  readonly endpoint: string
  end(): Promise<void>
}

/** Finds the secrets. Without an endpoint of the user, it creates one, which the end deletes. */
async function register(flags: ListenFlags, target: { url: string } | { kind: 'polling' }): Promise<Registration> {
  const { givenSecret, signaturesFrom, signaturesOf } = await import('./verification.ts')
  const { tenant, endpoint: given, dialect, secretFile } = flags
  const nothing = (): Promise<void> => Promise.resolve()
  if (tenant === undefined) {
    const signatures = await signaturesOf(dialect, await givenSecret(secretFile))
    return { signatures, note: '', endpoint: '', end: nothing }
  }
  const { api } = await connect(flags)
  if (given !== undefined) {
    const endpoint = await api.request('GET', endpointPath, { params: { tenant, endpoint: given } })
    const signatures = await signaturesFrom(api, tenant, endpoint)
    return { signatures, note: ` for ${given}`, endpoint: given, end: nothing }
  }
  await deleteLeftOver(api, tenant)
  const eventTypes = flags.event ?? (await allTypes(api, tenant))
  const body = { ...target, eventTypes, description: `${ownMark}${process.pid}` }
  const endpoint = await api.request('POST', '/v1/tenants/{tenant}/endpoints', { params: { tenant }, body })
  const end = async (): Promise<void> => {
    await api.request('DELETE', endpointPath, { params: { tenant, endpoint: endpoint.id } })
  }
  try {
    const note = ` for ${endpoint.id}, which is deleted at the end`
    return { signatures: await signaturesFrom(api, tenant, endpoint), note, endpoint: endpoint.id, end }
  } catch (error) {
    await end()
    throw error
  }
}

/** Begins the description of an endpoint that is deleted at the end. The process id follows. */
const ownMark = `posthorn listen on ${hostname()}, process `

/** Deletes the endpoints that killed runs on this machine have left. */
async function deleteLeftOver(api: Client, tenant: string): Promise<void> {
  const { data } = await readList({ limit: limits.endpointsPerTenantMax }, (query) =>
    api.request('GET', '/v1/tenants/{tenant}/endpoints', { params: { tenant }, query }),
  )
  for (const { id, description } of data) {
    const pid = description?.startsWith(ownMark) === true ? description.slice(ownMark.length) : ''
    if (!/^\d+$/.test(pid) || runs(Number(pid))) continue
    // Another run may have deleted it meanwhile.
    const isDeleted = await api.request('DELETE', endpointPath, { params: { tenant, endpoint: id } }).then(
      () => true,
      () => false,
    )
    if (isDeleted) process.stderr.write(`Deleted ${id}, which a run of listen that was killed had left.\n`)
  }
}

/** Whether a process of this machine runs. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function verify(signatures: readonly Signature[], delivery: Arrived, url: string): Promise<readonly Verified[]> {
  const { verifiedAll } = await import('./verification.ts')
  return verifiedAll(signatures, { ...delivery, url }, { now: Date.now() / 1000, toleranceSeconds: 300 })
}

/** Passes a delivery on, and returns the app's answer. An app that cannot be reached is answered with 502. */
async function forwarded(
  delivery: Arrived,
  own: Answer,
  { forwardTo, twice = false }: ListenFlags,
  stop: AbortSignal,
): Promise<Answer> {
  if (forwardTo === undefined) return own
  if (twice) await forwardedOnce(delivery, forwardTo, stop)
  return forwardedOnce(delivery, forwardTo, stop)
}

/** Headers of the connection, which a new connection has its own of. */
const connectionHeaders = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive'])

async function forwardedOnce({ method, headers, body }: Arrived, url: string, stop: AbortSignal): Promise<Answer> {
  const passed = Object.entries(headers).filter(([name]) => !connectionHeaders.has(name))
  try {
    const response = await fetch(url, {
      method,
      headers: passed,
      body: method === 'GET' ? null : body,
      redirect: 'manual',
      signal: AbortSignal.any([stop, AbortSignal.timeout(forwardMs)]),
    })
    const type = response.headers.get('content-type')
    return { status: response.status, body: await response.text(), ...(type !== null && { type }) }
  } catch (error) {
    const { cause } = error as { readonly cause?: unknown }
    const fault = `${url}: ${cause instanceof Error ? cause.message : String(error)}`
    return { status: 502, body: fault, fault }
  }
}

function jsonLine({ body, ...delivery }: Arrived, verified: readonly Verified[], answer: Answer): string {
  const checks = verified.map((one) => one.checks.map(({ step, fault }) => ({ step, fault })))
  const isValid = verified.every((one) => one.isValid)
  return `${jsonText({ ...delivery, body: body.toString(), isValid, checks, answered: answer?.status ?? null }, 0)}\n`
}

/** Bytes of a body that are shown. */
const shownBytes = 4096

function lines(delivery: Arrived, verified: readonly Verified[], answer: Answer): string {
  const { at, method, path, headers, body, isRepeated } = delivery
  const failed = verified.flatMap(({ checks }) => checks).find(({ fault }) => fault !== null)
  const good = verified.length === 0 ? painted('yellow', 'not signed') : painted('green', 'verified')
  const verdict = failed === undefined ? good : painted('red', `not verified: ${safe(failed.fault ?? '')}`)
  const id = headers['webhook-id'] === undefined ? '' : `  ${safe(headers['webhook-id'])}`
  const repeated = isRepeated ? painted('yellow', '  repeated') : ''
  const text = safeLines(body.toString('utf8', 0, shownBytes))
  const rest = body.length > shownBytes ? `\n  … ${body.length - shownBytes} further bytes` : ''
  const fault = answer?.fault === undefined ? '' : painted('red', `: ${safe(answer.fault)}`)
  const status = answer === null ? 'connection closed' : `answered ${answer.status}${fault}`
  const head = `${painted('dim', at.slice(11, 23))}  ${safe(method)} ${safe(path)}${id}  ${verdict}${repeated}  ${status}`
  return `${head}\n${`${text}${rest}`.replaceAll(/^/gm, '  ')}\n`
}
