// Writes docs/api-reference.md from the OpenAPI document of the operator API: `node test/support/api-reference.ts`.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { limits } from '../../src/domain/limits.ts'
import { type DocumentedRoute, routesOf, type Schema } from '../fuzz/documents.ts'
import { createInstallation, startServer } from './server-process.ts'
import { examplePath } from './shown-examples.ts'

export const apiPage = resolve(import.meta.dirname, '../../docs/api-reference.md')
/** The address of the server in the examples, in double quotes. The service reads the same variable. */
const exampleServer = 'http://127.0.0.1:${POSTHORN_PORT:-4080}'

/** The variables in place of ids, by the operations and the parameters whose examples have these ids. */
const variables: readonly (readonly [variable: string, operationId: string, parameter: string])[] = [
  ['KEY_ID', 'revokeKey', 'key'],
  ['OPERATOR_KEY_ID', 'getOperatorKey', 'operatorKey'],
  ['LINK', 'deletePortalLink', 'link'],
  ['ENDPOINT', 'getEndpoint', 'endpoint'],
  ['ENDPOINT', 'listFailures', 'endpoint'],
  ['SPARE', 'deleteEndpoint', 'endpoint'],
  ['POLLING', 'poll', 'endpoint'],
  ['EVENT', 'getEvent', 'event'],
  ['DELIVERY', 'getDelivery', 'delivery'],
  ['DELIVERY', 'eraseResponse', 'delivery'],
  ['REPLAY', 'getReplay', 'replay'],
  ['PREVIEW', 'cancelReplay', 'replay'],
  ['ERASURE', 'getErasure', 'erasure'],
]
/** The variables in place of ids in bodies. */
const variablesOfBodies: readonly (readonly [variable: string, operationId: string])[] = [
  ['FETCHED', 'acknowledge'],
  ['REFUSED', 'refuse'],
]

/** The variable of each id. */
function variablesIn(routes: readonly DocumentedRoute[]): ReadonlyMap<string, string> {
  const operationOf = (id: string) => routes.find(({ operation }) => operation.operationId === id)?.operation
  const inPaths = variables.map(([variable, id, parameter]) => {
    const { example } = operationOf(id)?.parameters?.find(({ name }) => name === parameter) ?? {}
    return [example as string, variable] as const
  })
  const inBodies = variablesOfBodies.map(([variable, id]) => {
    const example = operationOf(id)?.requestBody?.content?.['application/json']?.example
    return [(example as { readonly ids: readonly [string] }).ids[0], variable] as const
  })
  return new Map([...inPaths, ...inBodies])
}

const head = `# The operator API

A server shows this API with all fields and answers at \`/docs\`, and has it as an OpenAPI document at \`/openapi.json\`. This page
is made from that document: \`node test/support/api-reference.ts\` writes it. The errors are on [a page of their own](errors.md).

Each request has a key: \`Authorization: Bearer <key>\`. The column _Keys_ names the roles of
[operator keys](operating.md#operator-keys) that may send a request. Where it has a scope, customers of the dialect \`standard\`
may send it too, with an API key of this scope; \`/openapi/standard.json\` is their document.

Each operation names the status of its answer, such as \`201\`, and the content. A name with a question mark, such as \`?tenant\`,
is a parameter of the query, and the other names are fields of the body. Bodies are JSON. Times are ISO 8601, in UTC. A list
answers \`data\` and \`nextCursor\`: its parameter \`cursor\` is the \`nextCursor\` of the page before, and \`limit\` the length of a
page, ${limits.pageSizeMax} at most (default: ${limits.pageSizeDefault}).

## Run the examples

The examples need Bash, curl 7.82 or later, and a service that you started as [README.md](../README.md#start) says. They read its
port from \`POSTHORN_PORT\` (default: 4080). Paste these lines first, in the folder of the project:

    OPERATOR="Authorization: Bearer $(cat data/operator-key)"

The examples are about a tenant \`globex\` with three endpoints. These lines create it, and set a variable for each id in the
examples. \`call\` sends a request and prints the ids of the answer, or says why the request was refused:

    call() {
      curl -sS -H "$OPERATOR" "\${@:2}" "${exampleServer}/v1/$1" | npx node -e '
        const answer = JSON.parse(require("fs").readFileSync(0))
        if (answer.detail) console.error(answer.detail)
        else console.log((answer.data ?? [answer]).map((one) => one.id).join(" "))'
    }
    call tenants --json '{"id":"globex","dialect":"standard","name":"Globex"}'
    KEY_ID=$(call keys --json '{"tenants":["globex"]}')
    OPERATOR_KEY_ID=$(call operator-keys --json '{"name":"Reports","role":"read"}')
    LINK=$(call tenants/globex/portal-links --json '{}')
    ENDPOINT=$(call tenants/globex/endpoints --json '{"url":"https://example.com/webhooks","eventTypes":["order.*"]}')
    SPARE=$(call tenants/globex/endpoints --json '{"url":"https://example.com/spare","eventTypes":["invoice.*"]}')
    POLLING=$(call tenants/globex/endpoints --json '{"kind":"polling","eventTypes":["order.*"]}')
    call events --json '{"tenant":"globex","type":"order.paid","data":{"order":"A-1041"}}'
    EVENT=$(call events --json '{"tenant":"globex","type":"order.paid","data":{"order":"A-1042"}}')
    DELIVERY=$(call "deliveries?tenant=globex&endpoint=$ENDPOINT&limit=1")
    read -r FETCHED REFUSED <<< "$(call "tenants/globex/endpoints/$POLLING/poll" --json '{"limit":2,"ackSeconds":3600}')"
    REPLAY=$(call replays --json '{"filter":{"tenant":"globex","from":"2026-01-01T00:00:00Z"},"dryRun":true}')
    PREVIEW=$(call replays --json '{"filter":{"tenant":"globex","from":"2026-01-01T00:00:00Z"},"dryRun":true}')
    ERASED=$(call events --json '{"tenant":"globex","type":"invoice.sent","data":{"invoice":"B-7"}}')
    ERASURE=$(call "events/$ERASED/data?tenant=globex" -X DELETE)

Then every example can be run, from the top of the page to its end, except these:

- \`createTenant\` answers 409, because the lines above have created \`globex\`. \`deleteTenant\` deletes it: run this example last.
- \`rotateTenantSecret\` answers 409, and \`getTenantSecrets\` an empty list: dialect \`standard\` signs with secrets of endpoints.
- The three examples with \`acme-api\` need a dialect that signs with a key of the installation. Put its name in place of \`acme-api\`.
- \`retrySetAside\` and \`deleteSetAside\` need [an event that was set aside](transactions.md#events-that-cannot-be-accepted). Put its
  number in place of \`1\`. Without one, \`listSetAside\` answers an empty list.
- \`listFailures\` answers an empty list until an attempt has failed.
- \`poll\` waits for up to 20 seconds, because the lines above have fetched the deliveries that there were.
- \`stream\` ends after 5 seconds, because of \`-m 5\`. It shows what happens in this time.

The examples have no filters by time or state: the objects that the lines above have made are found at any time.

The answer below an example is that of another installation: your ids and times are others. Long texts are cut, which \`…\` shows.
`

const paged = new Set(['limit', 'cursor'])
/** Filters that examples leave out, besides those by time: a new installation has nothing in these states. */
const filtersByState = new Set(['status', 'failing', 'outcome', 'httpStatus', 'health'])

/** The text of the page. */
export function apiReference(routes: readonly DocumentedRoute[]): string {
  const shownIds = variablesIn(routes)
  const groups = Map.groupBy(routes, ({ operation }) => operation.tags[0] ?? '')
  const sections = [...groups].map(([tag, ofTag]) => {
    const rows = ofTag.map((route) => [
      `[\`${route.operation.operationId}\`](#${route.operation.operationId.toLowerCase()})`,
      `\`${route.method} ${route.path}\``,
      keysOf(route),
    ])
    const table = [['Operation', 'Request', 'Keys'], ['---', '---', '---'], ...rows]
    const lines = table.map((cells) => `| ${cells.join(' | ')} |`)
    return [`## ${tag}`, lines.join('\n'), ...ofTag.map((route) => operationText(route, shownIds))].join('\n\n')
  })
  return formatted(`${head}\n${sections.join('\n\n')}\n`)
}

function formatted(text: string): string {
  const program = resolve(import.meta.dirname, '../../node_modules/.bin/oxfmt')
  return spawnSync(program, ['--stdin-filepath=docs/api-reference.md'], { input: text, encoding: 'utf8' }).stdout
}

function keysOf({ operation: { security = [] } }: DocumentedRoute): string {
  const named = (kind: string): string => security.flatMap((one) => one[kind] ?? []).join(', ')
  return [named('operator'), named('customer') && `scope ${named('customer')}`].filter(Boolean).join('; ')
}

function operationText(route: DocumentedRoute, shownIds: ReadonlyMap<string, string>): string {
  const { operationId, summary, description = '', parameters = [], responses } = route.operation
  // The description begins with the keys, which are in the table.
  const words = description.replace(/^[^.]*\. ?/, '')
  const answers = Object.entries(responses).filter(([status]) => status.startsWith('2'))
  const answered = answers.map(([status, answer]) => `\`${status}\`: ${answer.description}`)
  const text = [`${summary}.`, words, ...answered].filter(Boolean).join(' ')
  const query = parameters.filter(({ in: place, name }) => place === 'query' && !paged.has(name))
  const fields = [
    ...query.map((one) =>
      fieldText(`?${one.name}`, one.schema, one.required === true, one.description ?? wordsOf(one.schema)),
    ),
    ...bodyFields(route),
  ]
  const example = [`\`\`\`sh\n${commandOf(route, shownIds)}\n\`\`\``, answerOf(route)]
  return [`### ${operationId}`, text, fields.join('\n'), ...example].filter(Boolean).join('\n\n')
}

function bodyFields({ operation: { requestBody } }: DocumentedRoute): readonly string[] {
  const schema = requestBody?.content?.['application/json']?.schema
  return schema === undefined ? [] : fieldsOf(schema, '')
}

/** The fields of an object, and those of the objects in it. */
function fieldsOf({ properties = {}, required = [] }: Schema, before: string): readonly string[] {
  return Object.entries(properties).flatMap(([name, schema]) => [
    fieldText(before + name, schema, (required as readonly string[]).includes(name), wordsOf(schema)),
    ...fieldsOf(schema, `${before}${name}.`),
  ])
}

function fieldText(name: string, schema: Schema, isRequired: boolean, words: string): string {
  const facts = [isRequired && 'required', typeOf(schema), defaultOf(schema)].filter(Boolean).join('; ')
  return `- \`${name}\` (${facts})${words === '' ? '' : `: ${words}`}`
}

function partsOf({ anyOf = [] }: Schema): readonly Schema[] {
  return anyOf as readonly Schema[]
}

function wordsOf(schema: Schema): string {
  const described = [schema, ...partsOf(schema)].find(({ description }) => description !== undefined)
  return (described?.['description'] as string | undefined) ?? ''
}

function defaultOf(schema: Schema): string {
  return schema['default'] === undefined ? '' : `default: \`${JSON.stringify(schema['default'])}\``
}

function typeOf(schema: Schema): string {
  const { type, enum: values, items, format, minimum, maximum } = schema
  const parts = partsOf(schema)
  if (parts.length > 0) return [...new Set(parts.map((part) => typeOf(part)))].join(' or ')
  if ('x-extensible-enum' in schema) return 'string'
  if (Array.isArray(values)) return values.map((value) => `\`${String(value)}\``).join(', ')
  if (type === 'array') return `list of ${typeOf(items as Schema)}`
  if (format === 'date-time') return 'time'
  if (type === 'integer' && minimum !== undefined && maximum !== undefined)
    return `${minimum as number} to ${maximum as number}`
  return type === undefined ? 'any JSON' : (type as string)
}

/** The command of the example of an operation. */
function commandOf(route: DocumentedRoute, shownIds: ReadonlyMap<string, string>): string {
  const { method, operation } = route
  const { parameters = [], requestBody, operationId } = operation
  const query = parameters
    .filter(({ in: place, example }) => place === 'query' && example !== undefined)
    .filter(({ name, schema }) => !filtersByState.has(name) && typeOf(schema) !== 'time')
    .map(({ name, example }) => `${name}=${encodeURIComponent(String(example))}`)
  const url = `${exampleServer}${examplePath(route)}${query.length === 0 ? '' : `?${query.join('&')}`}`
  const body = requestBody?.content?.['application/json']?.example
  const isPlain = method === 'GET' || (method === 'POST' && body !== undefined)
  const withVariables = (text: string, shown: (variable: string) => string): string =>
    [...shownIds].reduce((before, [id, variable]) => before.replaceAll(id, () => shown(`$${variable}`)), text)
  const quoted = JSON.stringify(body)?.replaceAll("'", String.raw`'\''`)
  return [
    operationId === 'stream' ? 'curl -sN -m 5' : 'curl -s',
    ...(isPlain ? [] : [`-X ${method}`]),
    '-H "$OPERATOR"',
    ...(body === undefined ? [] : [`--json '${withVariables(quoted, (variable) => `'"${variable}"'`)}'`]),
    `"${withVariables(url, (variable) => variable)}"`,
  ].join(' ')
}

/** The longest text in an answer. */
const shownCharsMax = 160

/** The example of the answer of an operation, or nothing if it has no content. */
function answerOf({ operation: { responses } }: DocumentedRoute): string {
  const contents = Object.entries(responses).flatMap(([status, { content = {} }]) =>
    status.startsWith('2') ? Object.values(content) : [],
  )
  const example = contents.find((one) => one.example !== undefined)?.example
  if (example === undefined) return ''
  const cut = (_name: string, value: unknown): unknown =>
    typeof value === 'string' && value.length > shownCharsMax ? `${value.slice(0, shownCharsMax)}…` : value
  if (typeof example === 'string') return `\`\`\`text\n${example.trimEnd()}\n\`\`\``
  return `\`\`\`json\n${JSON.stringify(example, cut)}\n\`\`\``
}

/** The commands of the page, by the ids of the operations, in their order. */
export function commandsIn(page: string): ReadonlyMap<string, string> {
  const sections = page.matchAll(/^### (\w+)\n[^]*?^(curl .*)$/gm)
  return new Map([...sections].map(([, operationId = '', command = '']) => [operationId, command]))
}

if (process.argv[1] === import.meta.filename) {
  const installation = await createInstallation()
  const server = await startServer(installation)
  writeFileSync(apiPage, apiReference(await routesOf(server.url, 'operator')))
  await server.stop()
  await installation.remove()
}
