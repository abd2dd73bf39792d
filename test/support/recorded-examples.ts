// Writes recorded-examples.ts of each dialect: the examples of answers and parameters in the OpenAPI documents. A real
// server answers every operation of its documents. Ids, secrets, times and addresses are replaced by stable ones of the
// same form, and lists are cut to their first items.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { RecordedExample } from '../../src/contracts/recorded-example.ts'
import {
  type DocumentedRoute,
  documentedRoutes,
  type FrontName,
  frontNames,
  profileOf,
  type Schema,
} from '../fuzz/documents.ts'
import type { Answer, Parties } from '../fuzz/parties.ts'
import { nounIn, rows } from '../fuzz/rows.ts'
import { jsonLines } from './api-answer.ts'
import { eventsIn, eventStream } from './event-stream.ts'
import { type Body, callOperator, type Sent, startExampleServer } from './example-scenario.ts'

export type Recorded = Readonly<Record<string, Readonly<Record<string, RecordedExample>>>>

const root = resolve(import.meta.dirname, '../..')

/** Sends the requests of one document, and keeps them with their answers. */
export class Recorder {
  readonly examples: Record<string, RecordedExample> = {}
  readonly #parties: Parties
  readonly #routes: readonly DocumentedRoute[]

  constructor(parties: Parties, routes: readonly DocumentedRoute[]) {
    this.#parties = parties
    this.#routes = routes
  }

  async send(operationId: string, { path = {}, query = {}, body, headers }: Sent = {}): Promise<Body> {
    const route = this.#routes.find(({ operation }) => operation.operationId === operationId)
    assert.ok(route !== undefined, operationId)
    const { method, operation, front } = route
    const sent = body ?? operation.requestBody?.content?.['application/json']?.example
    const filled = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''))
    const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
    const answer = await this.#parties.ask({
      method,
      path: search.size === 0 ? filled : `${filled}?${search.toString()}`,
      headers: headers ?? this.#parties.asOperator,
      ...(sent !== undefined && { body: sent }),
    })
    const isDocumented = answer.status < 300 && operation.responses[answer.status] !== undefined
    assert.ok(isDocumented, `${front} ${operationId}: ${answer.status} ${answer.text}`)
    const shown = shownIn(answer)
    const given: Readonly<Record<string, unknown>> = { ...path, ...query }
    const used = (operation.parameters ?? []).filter(({ name }) => given[name] !== undefined)
    this.examples[operationId] = {
      parameters: Object.fromEntries(used.map(({ name, schema }) => [name, exampleOf(given[name], schema)])),
      // The operator API has most of its bodies in the code.
      ...((front !== 'operator' || body !== undefined) && sent !== undefined && { request: sent }),
      status: answer.status,
      ...(shown !== undefined && { answer: shown }),
    }
    return shown as Body
  }
}

/** A parameter's value as its schema has it, not as the text of a URL. */
function exampleOf(value: unknown, { type }: Schema): unknown {
  if (type === 'array') return [value]
  return type === 'integer' ? Number(value) : value
}

/** The value that the schema of the answer describes: of JSON lines and of a stream, one of them. */
export function shownIn({ text, headers }: Pick<Answer, 'text' | 'headers'>): unknown {
  const [mediaType = ''] = String(headers['content-type'] ?? '').split(';')
  if (text === '') return undefined
  if (mediaType === eventStream) return eventsIn(text).at(-1)?.data
  if (mediaType === jsonLines) return JSON.parse(text.split('\n')[0] ?? '')
  return mediaType === 'application/json' ? JSON.parse(text) : text
}

const agentId = '6f1c1a7e-3d0b-4c52-9a41-0d8f3c5b7e21'
/** Values of the query of dialects. */
const queries: Readonly<Record<string, string | number | boolean>> = {
  page: 1,
  limit: 20,
  per_page: 20,
  pageSize: 20,
  is_active: true,
  status: 'success',
  agentId,
}

async function recordVendor(
  parties: Parties,
  recorder: Recorder,
  front: FrontName,
  routes: readonly DocumentedRoute[],
) {
  const party = await parties.party(front)
  const { api, subject } = profileOf(front)
  const headers = api.credentials(party)
  const ofTenant = subject?.definition.tenantOf?.present(party.ids.tenant).query
  const type = api.eventType(0)
  const [from, to] = [-1, 1].map((days) => new Date(Date.now() + 86_400_000 * days).toISOString().slice(0, 10))
  const order = ['POST', 'GET', 'PUT', 'PATCH', 'DELETE']
  for (const route of routes.toSorted((a, b) => order.indexOf(a.method) - order.indexOf(b.method))) {
    const { operationId, parameters = [] } = route.operation
    const valueOf = (place: string, name: string) => {
      const noun = nounIn(route, place as 'path', name)
      return noun === null ? { ...queries, ...ofTenant, from, to, eventType: type }[name] : party.ids[noun]
    }
    const at = (place: string) =>
      Object.fromEntries(
        parameters
          .filter((one) => one.in === place && one.name !== 'cursor')
          .map(({ name }) => [name, valueOf(place, name) ?? '']),
      )
    const plain = rows[front]?.[operationId]?.body?.(party.ids, parties.hookUrl()) as object | undefined
    const body = operationId === 'webhooks_create' ? { ...plain, agentId } : plain
    await recorder.send(operationId, {
      path: at('path'),
      query: at('query'),
      headers,
      ...(body !== undefined && { body }),
    })
  }
}

/** The operator API's examples are about a dialect of the reader's own. */
function withoutVendors<Value>(examples: Value): Value {
  const names = new RegExp(`\\b(?:${frontNames.filter((name) => name !== 'operator').join('|')})\\b`, 'g')
  return JSON.parse(JSON.stringify(examples).replaceAll(names, 'acme-api')) as Value
}

/** Records the examples of all documents. */
export async function recordExamples(): Promise<Recorded> {
  const server = await startExampleServer()
  const { parties } = server
  try {
    const all = await documentedRoutes(parties.server.url)
    const recorded: Record<string, unknown> = {}
    for (const front of frontNames) {
      const routes = all.filter((route) => route.front === front)
      const recorder = new Recorder(parties, routes)
      if (front === 'operator') await callOperator(server, recorder.send.bind(recorder))
      else await recordVendor(parties, recorder, front, routes)
      recorded[front] = recorder.examples
    }
    const stable = server.stable(recorded) as Recorded
    return { ...stable, operator: withoutVendors(stable['operator'] ?? {}) }
  } finally {
    await server.close()
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [front, examples] of Object.entries(await recordExamples())) {
    const code = [
      '// The examples in the OpenAPI document. `node test/support/recorded-examples.ts` wrote this file, from the answers of a',
      '// real server.\n',
      `export const recordedExamples = ${JSON.stringify(examples)}`,
    ].join('\n')
    const program = join(root, 'node_modules/.bin/oxfmt')
    const file = join(root, 'src/dialects', front === 'operator' ? 'standard' : front, 'recorded-examples.ts')
    writeFileSync(file, spawnSync(program, ['--stdin-filepath=examples.ts'], { input: code, encoding: 'utf8' }).stdout)
  }
  process.exit()
}
