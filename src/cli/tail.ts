// `posthorn tail`: prints attempts as they happen.

import type { Command } from 'commander'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LeftOut, StreamDelivery } from '../../packages/client/src/index.ts'
import { connect, type RemoteFlags, serverOptions, withExamples } from './command.ts'
import { WrongUse } from './faults.ts'
import { jsonText, painted, safe } from './output.ts'
import { stopOnSignals } from './stop-signals.ts'

interface TailFlags extends RemoteFlags {
  readonly tenant?: string
  readonly endpoint?: string
  readonly failures?: boolean
}

const againMs = 1000

export function declareTail(program: Command): void {
  const command = serverOptions(program.command('tail'))
    .description('print the attempts of deliveries as they happen, until Ctrl-C')
    .option('--tenant <tenant>', 'only those of a tenant')
    .option('--endpoint <endpoint>', 'only those to an endpoint; needs --tenant')
    .option('--failures', 'only attempts that have failed')
    .option('--json', 'one JSON object a line, for programs')
    .action(async () => {
      const stop = stopOnSignals()
      const flags = command.opts<TailFlags>()
      const { tenant, endpoint } = flags
      if (endpoint !== undefined && tenant === undefined) throw new WrongUse('--endpoint needs --tenant')
      const { api, url } = await connect(flags)
      await tail(
        () => api.request('GET', '/v1/stream', { query: { tenant, endpoint }, signal: stop }),
        url,
        flags,
        stop,
      )
    })
  withExamples(command, 'posthorn tail', 'posthorn tail --tenant acme --failures --json')
}

/** A stream that breaks is opened again. Only the first one must succeed. */
async function tail(open: () => Promise<Response>, url: string, flags: TailFlags, stop: AbortSignal): Promise<void> {
  let stream = await open().catch((error: unknown) => {
    if (stop.aborted) return null
    throw error
  })
  if (stream !== null) process.stderr.write(`Waiting for attempts of ${url}. Ctrl-C ends it.\n`)
  while (stream !== null) {
    // Whether the stream ends or breaks, it is opened again.
    await printed(stream, flags).catch(() => {})
    if (stop.aborted) return
    process.stderr.write(`The connection to ${url} is lost; attempts may be missing until it is back.\n`)
    stream = await openedAgain(open, stop)
    if (stream !== null) process.stderr.write('The connection is back.\n')
  }
}

/** Null: the command was stopped. @throws PosthornError the server refuses the stream */
async function openedAgain(open: () => Promise<Response>, stop: AbortSignal): Promise<Response | null> {
  const { PosthornError } = await import('../../packages/client/src/index.ts')
  while (!stop.aborted) {
    const stream = await sleep(againMs, undefined, { signal: stop })
      .then(open)
      .catch((error: unknown) => {
        // The key was revoked, or the tenant was deleted.
        if (error instanceof PosthornError && [401, 403, 404].includes(error.status)) throw error
        return null
      })
    if (stream !== null) return stream
  }
  return null
}

async function printed({ body }: Response, flags: TailFlags): Promise<void> {
  const { EventSourceParserStream } = await import('eventsource-parser/stream')
  if (body === null) return
  const events = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
  for await (const { event, data } of events) {
    if (event === 'delivery') printAttempt(JSON.parse(data) as StreamDelivery, flags)
    else if (event === 'left-out') {
      const { count } = JSON.parse(data) as LeftOut
      process.stderr.write(`${count} further attempts of this second are not shown.\n`)
    }
  }
}

function printAttempt(row: StreamDelivery, { failures = false, json = false }: TailFlags): void {
  const isGood = row.outcome === 'delivered'
  if (failures && isGood) return
  process.stdout.write(json ? `${jsonText(row, 0)}\n` : lineOf(row, isGood))
}

function lineOf(row: StreamDelivery, isGood: boolean): string {
  const answer = String(row.httpStatus ?? row.outcome).padEnd(11)
  const what = [row.tenant, row.endpoint, row.eventType, row.delivery].map(safe).join('  ')
  const number = row.attempt === 1 ? '' : `  attempt ${row.attempt}`
  const end = isGood || row.status === 'pending' ? '' : `  ${row.status}`
  const took = `${row.durationMs} ms`.padStart(8)
  return `${painted('dim', row.at.slice(11, 23))}  ${painted(isGood ? 'green' : 'red', answer)}  ${took}  ${what}${number}${end}\n`
}
