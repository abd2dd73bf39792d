// The questions of `posthorn dialect new`.

import { confirm, input, select } from '@inquirer/prompts'
import { type Code, type Draft, quoted } from '../dialect-draft/draft.ts'

/** The streams of the questions; default: those of the process. */
interface Terminal {
  readonly input?: NodeJS.ReadableStream
  readonly output?: NodeJS.WritableStream
  /** Its abort ends the questions. */
  readonly signal?: AbortSignal
}

/** The answer that stands for no such field. */
const none = '-'

/** The draft with the answers to a dozen questions in place of guesses. */
export async function asked(plain: Draft, terminal: Terminal = {}): Promise<Draft> {
  const ask = (message: string, standard: string, pattern = /\S/) =>
    input({ message, default: standard, pattern, patternError: `must match ${pattern.source}` }, terminal)
  const textIn = ({ code }: Code): string => code.slice(1, -1)
  const path = await ask('The path that lists the webhooks', textIn(plain.prefix), /^\/[^\s{}]+$/)
  const title = await ask("The product's name", textIn(plain.title))
  const way = await select({ message: 'How customers send their key', choices: ways }, terminal)
  const header = way === 'header' ? await ask('The name of the header', 'X-API-Key', /^[\w-]+$/) : null
  const types = await ask('The types of events, with blanks between them', 'thing.happened')
  const url = await ask('The field of the URL', 'url')
  const events = await ask('The field of the event types', 'events')
  const isMany = await confirm({ message: 'Does a webhook have several event types?', default: true }, terminal)
  const enabled = await ask(`The field that switches a webhook on and off (${none}: there is none)`, 'enabled')
  const wrap = await ask(`The member that holds the list (${none}: the list is the answer)`, 'data')
  const id = await ask('The form of the ids of webhooks', textIn(plain.ids.endpoint), /\{.+\}/)
  const signature = await select({ message: 'The signature of deliveries', choices: signatures }, terminal)
  const timeout = await ask('How long a delivery waits for an answer', '10s', /^\d+(?:ms|s|m)$/)
  const waits = await ask('The waits between attempts', textIn(plain.waits))
  return {
    ...plain,
    title: known(quoted(title)),
    prefix: known(quoted(path)),
    ids: { ...plain.ids, endpoint: known(quoted(id)) },
    authentication: known(header === null ? 'auth.bearer()' : `auth.header(${quoted(header)})`),
    events: {
      types: Object.fromEntries(
        types
          .trim()
          .split(/\s+/)
          .map((type) => [type, `The event ${type}`]),
      ),
      guess: 'the descriptions of the events',
    },
    fields: fieldsFor(plain, { url, events, isMany, enabled }),
    routes: routesFor(path, wrap),
    ...signature,
    timeout: known(quoted(timeout)),
    waits: known(quoted(waits)),
  }
}

const known = (code: string): Code => ({ code })

interface FieldNames {
  readonly url: string
  readonly events: string
  readonly isMany: boolean
  readonly enabled: string
}

function fieldsFor({ fields }: Draft, { url, events, isMany, enabled }: FieldNames): Draft['fields'] {
  const { url: _url, events: _events, enabled: _enabled, id = known("{ is: 'id' }"), ...others } = fields
  return {
    id,
    [url]: known("{ is: 'url', on: 'create! change' }"),
    [events]: known(`{ is: '${isMany ? 'eventTypes' : 'eventType'}', on: 'create! change' }`),
    ...(enabled !== none && { [enabled]: known("{ is: 'enabled', on: 'create change' }") }),
    ...others,
  }
}

function routesFor(path: string, wrap: string): Draft['routes'] {
  return {
    [`GET ${path}`]: known(`webhooks.list(${wrap === none ? '' : `{ wrap: ${quoted(wrap)} }`})`),
    [`POST ${path}`]: known('webhooks.create()'),
    [`GET ${path}/{id}`]: known('webhooks.get()'),
    [`PATCH ${path}/{id}`]: known('webhooks.change()'),
    [`DELETE ${path}/{id}`]: known('webhooks.remove()'),
  }
}

const ways = [
  { name: 'Authorization: Bearer <key>', value: 'bearer' },
  { name: 'a header of its own', value: 'header' },
] as const

const textSecrets: Code = { code: "secrets.text({ form: 'whsec_{base62:32}' })", guess: 'the form of your secrets' }

const signatures: readonly { readonly name: string; readonly value: Pick<Draft, 'secrets' | 'signature'> }[] = [
  {
    name: 'Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature',
    value: { signature: { code: '...sign.standardWebhooks()' }, secrets: { code: 'secrets.standard' } },
  },
  {
    name: 'a header with sha256=<hex> over the body',
    value: {
      signature: {
        code: "'x-signature-256': text('sha256=', sign.newest(sign.hmac()))",
        guess: 'the name of the header',
      },
      secrets: textSecrets,
    },
  },
  {
    name: 'a header with t=<time>,v1=<hex> over time and body',
    value: {
      signature: { code: "'x-signature': sign.timestamped()", guess: 'the name of the header' },
      secrets: textSecrets,
    },
  },
]
