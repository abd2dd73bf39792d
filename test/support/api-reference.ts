// Writes docs/api-reference.md from the OpenAPI document of the operator API: `node test/support/api-reference.ts`.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { limits } from '../../src/domain/limits.ts'
import { type DocumentedRoute, routesOf, type Schema } from '../fuzz/documents.ts'
import { createInstallation, startServer } from './server-process.ts'
import { examplePath } from './shown-examples.ts'

export const apiPage = resolve(import.meta.dirname, '../../docs/api-reference.md')
/** The server and the key of the examples. */
export const exampleServer = 'http://127.0.0.1:4080'
export const exampleKey = '"$OPERATOR"'

const head = `# The operator API

A server shows this API with all fields and answers at \`/docs\`, and has it as an OpenAPI document at \`/openapi.json\`. This page
is made from that document: \`node test/support/api-reference.ts\` writes it. The errors are on [a page of their own](errors.md).

Each request has a key: \`Authorization: Bearer <key>\`. The examples are about a tenant \`acme\`, with ids of one installation.
They need curl 7.82 or later, and a variable:

    OPERATOR="Authorization: Bearer $(cat data/operator-key)"

The column _Keys_ names the roles of [operator keys](operating.md#operator-keys) that may send a request. Where it has a scope,
customers of the dialect \`standard\` may send it too, with an API key of this scope; \`/openapi/standard.json\` is their document.

Each operation names the status of its answer, such as \`201\`, and the content. A name with a question mark, such as \`?tenant\`,
is a parameter of the query, and the other names are fields of the body. Bodies are JSON. Times are ISO 8601, in UTC. A list
answers \`data\` and \`nextCursor\`: its parameter \`cursor\` is the \`nextCursor\` of the page before, and \`limit\` the length of a
page, ${limits.pageSizeMax} at most (default: ${limits.pageSizeDefault}).
`

const paged = new Set(['limit', 'cursor'])

/** The text of the page. */
export function apiReference(routes: readonly DocumentedRoute[]): string {
  const groups = Map.groupBy(routes, ({ operation }) => operation.tags[0] ?? '')
  const sections = [...groups].map(([tag, ofTag]) => {
    const rows = ofTag.map((route) => [
      `[\`${route.operation.operationId}\`](#${route.operation.operationId.toLowerCase()})`,
      `\`${route.method} ${route.path}\``,
      keysOf(route),
    ])
    const table = [['Operation', 'Request', 'Keys'], ['---', '---', '---'], ...rows]
    const lines = table.map((cells) => `| ${cells.join(' | ')} |`)
    return [`## ${tag}`, lines.join('\n'), ...ofTag.map(operationText)].join('\n\n')
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

function operationText(route: DocumentedRoute): string {
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
  return [`### ${operationId}`, text, fields.join('\n'), `\`\`\`sh\n${commandOf(route)}\n\`\`\``]
    .filter(Boolean)
    .join('\n\n')
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
function commandOf(route: DocumentedRoute): string {
  const { method, operation } = route
  const { parameters = [], requestBody, operationId } = operation
  const query = parameters
    .filter(({ in: place, example }) => place === 'query' && example !== undefined)
    .map(({ name, example }) => `${name}=${encodeURIComponent(String(example))}`)
  const url = `${exampleServer}${examplePath(route)}${query.length === 0 ? '' : `?${query.join('&')}`}`
  const body = requestBody?.content?.['application/json']?.example
  const isPlain = method === 'GET' || (method === 'POST' && body !== undefined)
  return [
    operationId === 'stream' ? 'curl -sN' : 'curl -s',
    ...(isPlain ? [] : [`-X ${method}`]),
    `-H ${exampleKey}`,
    ...(body === undefined ? [] : [`--json '${JSON.stringify(body).replaceAll("'", String.raw`'\''`)}'`]),
    query.length > 0 ? `'${url}'` : url,
  ].join(' ')
}

/** The commands of the page, by the ids of the operations. */
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
