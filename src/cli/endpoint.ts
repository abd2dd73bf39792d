// `posthorn endpoint`: the endpoints of tenants.

import { type Command, InvalidArgumentError } from 'commander'
import type { Endpoint } from '../../packages/client/src/index.ts'
import { allTypes } from './event-types.ts'
import { hasStrayStar } from '../domain/matching.ts'
import {
  assertTenant,
  collected,
  confirmed,
  given,
  type ListFlags,
  listOptions,
  oneOf,
  onServer,
  pairs,
  printList,
  readList,
  type RemoteFlags,
  type Session,
  withExamples,
  wholeNumber,
  yesOption,
} from './command.ts'
import { WrongUse } from './faults.ts'
import { facts, safe, stateCell, table, timeText } from './output.ts'

interface Fields extends RemoteFlags {
  readonly event?: string[]
  readonly description?: string
  readonly header?: Record<string, string>
  readonly filter?: Record<string, string>
  readonly detail?: Record<string, unknown>
  readonly disabled?: true
  /** The new URL of a change. */
  readonly to?: string
}

interface ListedFlags extends ListFlags {
  readonly tenant?: string
  readonly search?: string
  readonly health?: 'failing' | 'disabled' | 'paused'
}

const ids = '<tenant> <endpoint>'
const path = '/v1/tenants/{tenant}/endpoints/{endpoint}'
const notShown = '(not shown)'
const withoutSecrets = { secrets: 'hidden' } as const

function paramsOf(args: readonly string[]): { readonly tenant: string; readonly endpoint: string } {
  const [tenant = '', endpoint = ''] = args
  return { tenant, endpoint }
}

export function declareEndpoint(program: Command): void {
  const endpoint = program.command('endpoint').description('the addresses that get the events of tenants')
  declareList(endpoint)
  declareCreate(endpoint)
  declareShow(endpoint)
  declareChange(endpoint)
  declareSwitch(endpoint, 'enable', 'send events to an endpoint again; earlier failures do not count any more')
  declareSwitch(endpoint, 'disable', 'send no more events to an endpoint; its pending deliveries are cancelled')
  declareDelete(endpoint)
  declareRotate(endpoint)
  declareTest(endpoint)
}

function declareList(endpoint: Command): void {
  const command = listOptions(endpoint.command('list'))
    .description('list endpoints, newest first')
    .option('--tenant <tenant>', 'only those of a tenant')
    .option('--search <text>', 'an id, or the beginning of a URL or of its host')
    .addOption(oneOf('--health <health>', 'only those in this state', ['failing', 'disabled', 'paused']))
  withExamples(
    onServer<ListedFlags>(command, async (session, { tenant, search: q, health, ...flags }) => {
      const isPlain = q === undefined && health === undefined
      // A customer's own key may call the route of its tenant, and not the search.
      const page = await readList<Endpoint>(flags, (part) =>
        tenant !== undefined && isPlain
          ? session.api.request('GET', '/v1/tenants/{tenant}/endpoints', { params: { tenant }, query: part })
          : session.api.request('GET', '/v1/endpoints', { query: { ...part, tenant, q, health } }),
      )
      if (!isPlain) await assertTenant(session, page, tenant)
      printList(session, page, (rows) =>
        table(
          ['id', 'tenant', 'health', 'events', 'url'],
          rows.map((row) => [row.id, row.tenant, stateCell(row.health.status), row.eventTypes.join(' '), row.url]),
        ),
      )
    }),
    'posthorn endpoint list --tenant acme',
    'posthorn endpoint list --health failing --json',
  )
}

function fieldOptions(command: Command): Command {
  return command
    .option(
      '--event <type>',
      'an event type, order.* for those that begin so, or * for all; may be given several times',
      collected,
    )
    .option('--description <text>', 'a note for people')
    .option('--header <name=value>', 'a header of its deliveries; may be given several times', pairs)
    .option('--filter <name=value>', 'an attribute that events must have; may be given several times', pairs)
    .option('--detail <name=json>', 'a field that only the dialect has; may be given several times', details)
}

function details(text: string, before: Readonly<Record<string, unknown>> | undefined): Record<string, unknown> {
  const [[name, value]] = Object.entries(pairs(text, undefined)) as [[string, string]]
  try {
    return { ...before, [name]: JSON.parse(value) as unknown }
  } catch {
    throw new InvalidArgumentError('Its value must be JSON, such as "text", 5 or true.')
  }
}

function bodyOf({ event, description, header, filter, detail, to }: Fields) {
  return given({ eventTypes: event, description, headers: header, filters: filter, details: detail, url: to })
}

/** Event types may have a `*` in any place, so the server accepts it. The user most often means a pattern. */
function warnOfStars({ event = [] }: Fields): void {
  for (const type of event.filter(hasStrayStar)) {
    const forms = 'a pattern is an event type, a prefix such as order.*, or *'
    process.stderr.write(`${safe(type)} matches only event types that have a * too: ${forms}\n`)
  }
}

function declareCreate(endpoint: Command): void {
  const command = fieldOptions(endpoint.command('create <tenant> <address>'))
    .description('register an endpoint, and show its signing secret; default: all event types')
    .option('--disabled', 'it gets no events until it is enabled')
  withExamples(
    onServer<Fields>(command, async (session, flags, [tenant = '', url = '']) => {
      const body = {
        ...bodyOf(flags),
        url,
        eventTypes: flags.event ?? (await allTypes(session.api, tenant)),
        enabled: !flags.disabled,
      }
      show(session, await session.api.request('POST', '/v1/tenants/{tenant}/endpoints', { params: { tenant }, body }))
      warnOfStars(flags)
    }),
    'posthorn endpoint create acme https://hooks.example.com/in',
    'posthorn endpoint create acme https://hooks.example.com/calls --event call.ended --header X-Team=voice',
  )
}

function declareShow(endpoint: Command): void {
  const command = endpoint
    .command(`show ${ids}`)
    .description('show an endpoint')
    .option('--secrets', 'with its signing secrets and header values; the audit log records that')
  withExamples(
    onServer<RemoteFlags & { readonly secrets?: true }>(command, async (session, { secrets }, args) => {
      const query = secrets === true ? {} : withoutSecrets
      show(session, await session.api.request('GET', path, { params: paramsOf(args), query }))
    }),
    'posthorn endpoint show acme ep_4oM2pZr81TqXw0cYbL7n',
    'posthorn endpoint show acme ep_4oM2pZr81TqXw0cYbL7n --secrets --json',
  )
}

function declareChange(endpoint: Command): void {
  const command = fieldOptions(endpoint.command(`change ${ids}`))
    .description('change the given fields of an endpoint; secrets and header values are not shown')
    .option('--to <address>', 'its new URL')
  const changes = command.options.map(({ long }) => long)
  withExamples(
    onServer<Fields>(command, async (session, flags, args) => {
      const body = bodyOf(flags)
      if (Object.keys(body).length === 0) throw new WrongUse(`nothing to change: give ${changes.join(', ')}`)
      const options = { params: paramsOf(args), query: withoutSecrets, body }
      show(session, await session.api.request('PATCH', path, options))
      warnOfStars(flags)
    }),
    'posthorn endpoint change acme ep_4oM2pZr81TqXw0cYbL7n --event call.ended --event call.started',
    'posthorn endpoint change acme ep_4oM2pZr81TqXw0cYbL7n --to https://hooks.example.com/new',
  )
}

function declareSwitch(endpoint: Command, name: 'enable' | 'disable', description: string): void {
  withExamples(
    onServer(endpoint.command(`${name} ${ids}`).description(description), async (session, _flags, args) => {
      const options = { params: paramsOf(args), query: withoutSecrets, body: { enabled: name === 'enable' } }
      show(session, await session.api.request('PATCH', path, options))
    }),
    `posthorn endpoint ${name} acme ep_4oM2pZr81TqXw0cYbL7n`,
  )
}

function declareDelete(endpoint: Command): void {
  const command = yesOption(endpoint.command(`delete ${ids}`)).description(
    'delete an endpoint; its pending deliveries are cancelled',
  )
  withExamples(
    onServer<RemoteFlags & { readonly yes?: true }>(command, async ({ api, print }, flags, args) => {
      const [tenant, id = ''] = args
      await confirmed(`Delete the endpoint ${id} of ${tenant}?`, flags)
      print(await api.request('DELETE', path, { params: paramsOf(args) }), () => facts({ deleted: id }))
    }),
    'posthorn endpoint delete acme ep_4oM2pZr81TqXw0cYbL7n --yes',
  )
}

function declareRotate(endpoint: Command): void {
  const command = endpoint
    .command(`rotate ${ids}`)
    .description('add a new signing secret and show it; the old ones sign too for a while')
    .option('--overlap <seconds>', 'how long the old ones still sign', wholeNumber(0, 10_000_000))
  withExamples(
    onServer<RemoteFlags & { readonly overlap?: number }>(command, async (session, { overlap }, args) => {
      const options = { params: paramsOf(args), body: given({ overlapSeconds: overlap }) }
      show(session, await session.api.request('POST', `${path}/rotate-secret`, options))
    }),
    'posthorn endpoint rotate acme ep_4oM2pZr81TqXw0cYbL7n --overlap 3600',
  )
}

function declareTest(endpoint: Command): void {
  const command = endpoint
    .command(`test ${ids}`)
    .description('send a test event to an endpoint')
    .option('--event <type>', 'with the example that the dialect has of this type')
  withExamples(
    onServer<RemoteFlags & { readonly event?: string }>(command, async ({ api, print }, { event: eventType }, args) => {
      const options = { params: paramsOf(args), body: given({ eventType }) }
      const sent = await api.request('POST', `${path}/test`, options)
      print(sent, () => facts(sent))
    }),
    'posthorn endpoint test acme ep_4oM2pZr81TqXw0cYbL7n',
  )
}

function show({ print }: Session, endpoint: Endpoint): void {
  print(endpoint, () => endpointText(endpoint))
}

function endpointText(endpoint: Endpoint): string {
  const { id, tenant, url, eventTypes, description, health, headers, filters, details: own, secrets } = endpoint
  const named = (name: string, values: Readonly<Record<string, unknown>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        `${name} ${key}`,
        value === null ? notShown : typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    )
  return facts({
    id,
    tenant,
    url,
    events: eventTypes.join(' '),
    ...(description !== null && { description }),
    health: stateCell(health.status),
    ...(health.reason !== null && { because: health.reason }),
    ...named('filter', filters),
    ...named('header', headers),
    ...named('detail', own),
    ...secretFacts(secrets),
    attempts: endpoint.attempts,
    'last attempt': timeText(endpoint.lastAttemptAt),
    created: timeText(endpoint.createdAt),
  })
}

/** The secrets, the newest first. After a rotation, the others sign until a time. */
function secretFacts(secrets: Endpoint['secrets']): Record<string, string | null> {
  const shown: Record<string, string | null> = {}
  for (const [index, { value, expiresAt }] of secrets.entries()) {
    const name = `secret ${index + 1}`
    shown[name] = value ?? notShown
    if (expiresAt !== null) shown[`${name} signs until`] = timeText(expiresAt)
  }
  return shown
}
