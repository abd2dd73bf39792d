// `posthorn replay`: counts the deliveries that match, and sends them again when that is confirmed.

import { type Command, Option } from 'commander'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attempt, Client, Delivery, Replay } from '../../packages/client/src/index.ts'
import {
  assertRange,
  assertTenant,
  given,
  type ListFlags,
  listOptions,
  oneOf,
  onServer,
  printList,
  readList,
  someOf,
  type RemoteFlags,
  type Session,
  time,
  wholeNumber,
  withExamples,
} from './command.ts'
import { outcomes, statuses } from './delivery.ts'
import { CommandFailed } from './faults.ts'
import { facts, safe, stateCell, table, timeText } from './output.ts'
import { Progress, shown } from './progress.ts'
import { answered } from './questions.ts'
import { stopOnSignals } from './stop-signals.ts'

interface ReplayFlags extends RemoteFlags {
  readonly endpoint?: string
  readonly status?: Delivery['status'][]
  readonly event?: string
  readonly outcome?: Attempt['outcome']
  readonly from: string
  readonly to?: string
  readonly missing?: boolean
  readonly rate?: number
  readonly yes?: boolean
}

const againMs = 250
const deliveredNote =
  'Delivered ones are pending again: they fail if their new attempts do, and are cancelled if their endpoint is disabled.\n'
const path = '/v1/replays/{replay}'

interface Params {
  readonly replay: string
}

export function declareReplay(program: Command): void {
  const replay = program
    .command('replay')
    .description('send past deliveries again: counts them first, and starts when that is confirmed')
  declareRun(replay)
  declareList(replay)
  const one = (name: 'show' | 'cancel', description: string, run: (api: Client, params: Params) => Promise<Replay>) => {
    withExamples(
      onServer(
        replay.command(`${name} <replay>`).description(description),
        async ({ api, print }, _flags, [id = '']) => {
          const found = await run(api, { replay: id })
          print(found, () => replayText(found))
        },
      ),
      `posthorn replay ${name} rpl_0G7aBcDeFgHiJkLmNoPqRs`,
    )
  }
  one('show', 'show a replay with its progress', (api, params) => api.request('GET', path, { params }))
  one('cancel', 'end a replay; deliveries that it has sent stay sent', (api, params) =>
    api.request('POST', `${path}/cancel`, { params }),
  )
}

function declareRun(replay: Command): void {
  const command = replay
    .command('run <tenant>', { isDefault: true })
    .description('count the deliveries that match and send them again; Ctrl-C cancels')
    .requiredOption('--from <time>', 'events that were accepted since a time, or a duration before now', time)
    .option('--to <time>', 'events that were accepted before a time; default: now', time)
    .option('--endpoint <endpoint>', 'only those to an endpoint')
    .addOption(
      someOf(
        '--status <status>',
        'default: failed and cancelled; may be given several times; a delivered one is pending again, and ends as its new attempts do',
        statuses,
      ),
    )
    .option('--event <type>', 'only those of an event type')
    .addOption(oneOf('--outcome <outcome>', 'how the last attempt ended', outcomes))
    .addOption(
      new Option('--missing', 'add deliveries to endpoints that want the events now and never got them').conflicts([
        'status',
        'outcome',
      ]),
    )
    .option('--rate <number>', 'deliveries a second; default: 50', wholeNumber(1, 1000))
    .option('--yes', 'starts without a question; without it and without a terminal, nothing is sent')
  withExamples(
    onServer<ReplayFlags>(command, async (session, flags, [tenant = '']) => {
      const stop = stopOnSignals()
      assertRange(flags)
      if (flags.status?.includes('delivered') === true) process.stderr.write(deliveredNote)
      const preview = await counted(session.api, await create(session.api, tenant, flags), stop)
      if (!(await isWanted(session, preview, flags))) return
      await session.api.request('POST', `${path}/start`, { params: { replay: preview.id } })
      const ended = await followed(session.api, preview, stop)
      session.print(ended, () => replayText(ended))
      if (ended.state !== 'done') process.exitCode = 1
    }),
    'posthorn replay run acme --from 2h',
    'posthorn replay run acme --from 2026-01-31T08:00:00Z --to 2026-01-31T10:00:00Z --rate 100 --yes',
  )
}

function create(api: Client, tenant: string, flags: ReplayFlags): Promise<Replay> {
  const { endpoint, status, event: eventType, outcome, from, to, missing, rate } = flags
  const filter = given({ tenant, endpoint, status, eventType, outcome, from, to })
  return api.request('POST', '/v1/replays', { body: given({ filter, missing, rate, dryRun: true }) })
}

/** Waits until the preview knows how many deliveries match. */
async function counted(api: Client, preview: Replay, stop: AbortSignal): Promise<Replay> {
  const bar = new Progress(process.stderr)
  let now = preview
  bar.begin('counted', 0, 0)
  let before = 0
  while (now.state === 'preview' && !now.count.isExact) {
    if (stop.aborted) throw new CommandFailed(`stopped; nothing is sent by the preview ${now.id}`)
    bar.advance(now.count.total - before)
    before = now.count.total
    await sleep(againMs)
    now = await api.request('GET', path, { params: { replay: now.id } })
  }
  bar.advance(now.count.total - before)
  bar.end()
  if (now.state !== 'preview')
    throw new CommandFailed(`the preview ${now.id} is ${now.state}: ${safe(now.error ?? '')}`)
  return now
}

/** Shows the preview. Asks on a terminal. */
async function isWanted({ print }: Session, preview: Replay, { yes = false, json }: ReplayFlags): Promise<boolean> {
  const { id, count, rate } = preview
  if (yes) return true
  if (!process.stdin.isTTY || json === true) {
    print(preview, () => replayText(preview))
    process.stderr.write('Nothing is sent. The same command with --yes sends them.\n')
    return false
  }
  process.stdout.write(replayText(preview))
  if (count.total === 0) return false
  const { confirm } = await import('@inquirer/prompts')
  const seconds = Math.ceil(count.total / rate)
  const message = `Send ${shown(count.total)} deliveries, in about ${seconds} s?`
  if (await answered((terminal) => confirm({ message, default: false }, terminal))) return true
  throw new CommandFailed(`nothing is sent by the preview ${id}`)
}

/** Shows the progress until the replay has ended. A signal cancels it. */
async function followed(api: Client, { id, count }: Replay, stop: AbortSignal): Promise<Replay> {
  const bar = new Progress(process.stderr)
  const params = { replay: id }
  bar.begin('sent again', count.total, 0)
  let before = 0
  for (;;) {
    if (stop.aborted) {
      const cancelled = await api.request('POST', `${path}/cancel`, { params })
      bar.end()
      process.stderr.write(`Cancelled: ${id}\n`)
      return cancelled
    }
    const now = await api.request('GET', path, { params })
    const done = now.count.done + now.count.skipped
    bar.advance(done - before)
    before = done
    if (now.state !== 'running') {
      bar.end()
      return now
    }
    await sleep(againMs, undefined, { signal: stop }).catch(() => {})
  }
}

function declareList(replay: Command): void {
  const command = listOptions(replay.command('list'))
    .description('list replays, newest first')
    .option('--tenant <tenant>', 'only those of a tenant')
  withExamples(
    onServer<ListFlags & { readonly tenant?: string }>(command, async (session, { tenant, ...flags }) => {
      const page = await readList(flags, (part) =>
        session.api.request('GET', '/v1/replays', { query: { ...part, tenant } }),
      )
      await assertTenant(session, page, tenant)
      printList(session, page, (rows) =>
        table(
          ['id', 'tenant', 'state', 'matches', 'sent', 'skipped', 'created'],
          rows.map(({ id, tenant: of, state, count, createdAt }) => [
            id,
            of,
            stateCell(state),
            count.total,
            count.done,
            count.skipped,
            timeText(createdAt),
          ]),
        ),
      )
    }),
    'posthorn replay list --tenant acme',
  )
}

function replayText({ id, tenant, state, count, endpoints, rate, error, filter }: Replay): string {
  return facts({
    id,
    tenant,
    state: stateCell(state),
    accepted: `${timeText(filter.from)} to ${timeText(filter.to)}`,
    matches: `${shown(count.total)}${count.isExact ? '' : ' so far'}`,
    ...Object.fromEntries(endpoints.map((one) => [`  ${one.endpoint}`, one.count])),
    sent: count.done,
    ...(count.skipped > 0 && { skipped: count.skipped }),
    rate: `${rate}/s`,
    ...(error !== null && { error }),
  })
}
