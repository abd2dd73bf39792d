// `posthorn delivery`: lists, shows and retries deliveries.

import type { Command } from 'commander'
import type { Attempt, Delivery } from '../../packages/client/src/index.ts'
import {
  assertDialect,
  assertRange,
  dialectOption,
  type ListFlags,
  listOptions,
  oneOf,
  onServer,
  printList,
  readList,
  someOf,
  time,
  wholeNumber,
  withExamples,
} from './command.ts'
import { facts, safeLines, stateCell, table, timeText } from './output.ts'

interface Filters extends ListFlags {
  readonly tenant?: string
  readonly endpoint?: string
  readonly status?: Delivery['status'][]
  readonly failing?: true
  readonly event?: string
  readonly dialect?: string
  readonly from?: string
  readonly to?: string
  readonly outcome?: Attempt['outcome']
  readonly httpStatus?: number
}

export const statuses = ['pending', 'delivered', 'failed', 'cancelled'] as const satisfies readonly Delivery['status'][]
export const outcomes = [
  'delivered',
  'rejected',
  'timedOut',
  'unreachable',
  'blocked',
] as const satisfies readonly Attempt['outcome'][]

export function declareDelivery(program: Command): void {
  const delivery = program.command('delivery').description('events on their way to endpoints')
  declareList(delivery)
  withExamples(
    onServer(
      delivery.command('show <delivery>').description('show a delivery with its attempts'),
      async ({ api, print }, _flags, [id = '']) => {
        const found = await api.request('GET', '/v1/deliveries/{delivery}', { params: { delivery: id } })
        print(found, () => `${deliveryText(found)}${found.history.map(attemptText).join('')}`)
      },
    ),
    'posthorn delivery show 019c1a52-7b1c-7d3a-9c55-3f6a0f7f2b11',
  )
  withExamples(
    onServer(
      delivery.command('retry <delivery>').description('attempt a delivery now'),
      async ({ api, print }, _flags, [id = '']) => {
        const retried = await api.request('POST', '/v1/deliveries/{delivery}/retry', { params: { delivery: id } })
        print(retried, () => deliveryText(retried))
      },
    ),
    'posthorn delivery retry 019c1a52-7b1c-7d3a-9c55-3f6a0f7f2b11',
  )
}

function declareList(delivery: Command): void {
  const command = listOptions(delivery.command('list'))
    .description('list deliveries, newest first')
    .option('--tenant <tenant>', 'only those of a tenant')
    .option('--endpoint <endpoint>', 'only those to an endpoint')
    .addOption(someOf('--status <status>', 'may be given several times', statuses))
    .option('--failing', 'pending ones that have failed so far')
    .option('--event <type>', 'only those of an event type')
    .addOption(dialectOption('only those of a dialect'))
    .option('--from <time>', 'events that were accepted since a time, or a duration before now', time)
    .option('--to <time>', 'events that were accepted before a time', time)
    .addOption(oneOf('--outcome <outcome>', 'how one of its attempts ended', outcomes))
    .option('--http-status <code>', 'an attempt was answered with this status', wholeNumber(100, 599))
  withExamples(
    onServer<Filters>(command, async (session, { event: eventType, limit, cursor, ...flags }) => {
      assertRange(flags)
      const { tenant, endpoint, status, failing, dialect, from, to, outcome, httpStatus } = flags
      const query = { tenant, endpoint, status, failing, eventType, dialect, from, to, outcome, httpStatus }
      const list: ListFlags = { limit, ...(cursor !== undefined && { cursor }) }
      const page = await readList(list, (part) =>
        session.api.request('GET', '/v1/deliveries', { query: { ...part, ...query } }),
      )
      await assertDialect(session, page, dialect)
      printList(session, page, (rows) =>
        table(
          ['id', 'created', 'status', 'attempts', 'last', 'event type', 'tenant', 'endpoint'],
          rows.map((row) => [
            row.id,
            timeText(row.createdAt),
            stateCell(row.status),
            row.attempts,
            row.lastAttempt === null ? null : (row.lastAttempt.status ?? row.lastAttempt.outcome),
            row.eventType,
            row.tenant,
            row.endpoint,
          ]),
        ),
      )
    }),
    'posthorn delivery list --tenant acme --status failed --from 2h',
    'posthorn delivery list --failing --json',
  )
}

function deliveryText(delivery: Delivery): string {
  return facts({
    id: delivery.id,
    status: stateCell(delivery.status),
    ...(delivery.reason !== null && { because: delivery.reason }),
    tenant: delivery.tenant,
    endpoint: delivery.endpoint,
    event: delivery.event,
    'event type': delivery.eventType,
    created: timeText(delivery.createdAt),
    attempts: delivery.attempts,
    ...(delivery.nextAttemptAt !== null && { 'next attempt': timeText(delivery.nextAttemptAt) }),
    ...(delivery.endedAt !== null && { ended: timeText(delivery.endedAt) }),
  })
}

function attemptText({ number, startedAt, durationMs, outcome, detail, response }: Attempt): string {
  const answer = response === null || response === '' ? '' : `${safeLines(response).replaceAll(/^/gm, '    ')}\n`
  const head = facts({
    [`attempt ${number}`]: `${timeText(startedAt)}  ${durationMs} ms  ${detail || outcome}`,
  })
  return `\n${head}${answer}`
}
