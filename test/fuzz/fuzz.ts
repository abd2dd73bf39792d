// The fuzzer: sends generated requests to a running server and checks every response against the OpenAPI documents.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/schema'
import { malformed } from './malformed.ts'
import {
  type DocumentedRoute,
  documentedRoutes,
  type FrontName,
  frontNames,
  profileOf,
  type Schema,
} from './documents.ts'
import { Parties, type Party } from './parties.ts'
import { type FuzzRequest, nameOf, requestTo } from './requests.ts'
import { type Reply, type WireAnswer, WireClient } from './wire-client.ts'

export interface FuzzOptions {
  readonly seed: number
  readonly requests: number
  /** After this time the run ends successfully, even if fewer requests were sent. */
  readonly timeMs: number
  readonly report?: (line: string) => void
  /** The path of a failure that fast-check printed in an earlier run; replays that failure. */
  readonly path?: string
}

export interface FuzzResult {
  readonly requests: number
  readonly seconds: number
  /** The number of requests by response status. */
  readonly statuses: Readonly<Record<string, number>>
  readonly residentBytes: number
  readonly slowestMs: number
}

/** The most requests in flight at once. */
const batchSize = 40
/** After so many batches the tenants are replaced, because requests delete what the tenants have. */
const batchesPerParty = 50
/** The most 503 responses, as a share: a test or a replay gets one while another request changes the same endpoint. */
const unavailableMax = 0.005
/** Bounds of the server's memory: of the heap and of the whole process. */
const heapMibMax = 160
const residentBytesMax = 400 * 1024 * 1024

export async function fuzz({
  seed,
  requests,
  timeMs,
  path,
  report = () => undefined,
}: FuzzOptions): Promise<FuzzResult> {
  const run = await FuzzRun.start()
  const startedAt = Date.now()
  try {
    const anyRequest = fc.oneof(...run.routes.map(requestTo))
    const mixed = fc.oneof({ weight: 9, arbitrary: anyRequest }, { weight: 1, arbitrary: malformed(anyRequest) })
    const batch = fc.array(mixed, { minLength: 1, maxLength: batchSize, size: 'max' })
    await fc.assert(
      fc.asyncProperty(batch, (all) => run.sendAll(all, report)),
      {
        seed,
        ...(path !== undefined && { path }),
        numRuns: Math.ceil((2 * requests) / batchSize),
        interruptAfterTimeLimit: timeMs,
        markInterruptAsFailure: false,
        reporter: (details) => {
          if (!details.failed) return
          throw new Error(`${fc.defaultReportMessage(details)}\n${run.log()}`, { cause: details.errorInstance })
        },
      },
    )
    return { ...(await run.finish()), seconds: (Date.now() - startedAt) / 1000 }
  } finally {
    await run.close()
  }
}

class FuzzRun {
  readonly #parties: Parties
  readonly #client: WireClient
  readonly routes: readonly DocumentedRoute[]
  readonly #routeOf: ReadonlyMap<string, DocumentedRoute>
  readonly #known = new Map<FrontName, Readonly<Record<string, string>>>()
  #batches = 0
  #sent = 0
  #slowestMs = 0
  readonly #statuses: Record<string, number> = {}
  readonly #validators = new WeakMap<object, ReturnType<typeof Compile>>()

  private constructor(parties: Parties, routes: readonly DocumentedRoute[]) {
    this.#parties = parties
    this.routes = routes
    this.#routeOf = new Map(routes.map((route) => [nameOf(route), route]))
    this.#client = new WireClient(parties.server.port)
  }

  static async start(): Promise<FuzzRun> {
    const watch = pathToFileURL(join(import.meta.dirname, 'prototype-watch.ts')).href
    // The heap is small, so that a memory leak ends the server.
    const options = `--import=${watch} --max-old-space-size=${heapMibMax}`
    const parties = await Parties.start({ NODE_OPTIONS: options, POSTHORN_RETRY_SCALE: '0.001' })
    return new FuzzRun(parties, await documentedRoutes(parties.server.url))
  }

  /** The last 3,000 characters of the server's output. */
  log(): string {
    return this.#parties.server.output().slice(-3000)
  }

  async sendAll(requests: readonly FuzzRequest[], report: (line: string) => void): Promise<void> {
    if (this.#batches++ % batchesPerParty === 0) await this.#renew(report)
    await Promise.all(requests.map((request) => this.#send(request)))
  }

  /** Asserts that the server still works, has logged no errors and uses no more memory than allowed. */
  async finish(): Promise<Omit<FuzzResult, 'seconds'>> {
    for (const front of frontNames) await this.#parties.party(front)
    const residentBytes = await this.#residentBytes()
    assert.ok(residentBytes <= residentBytesMax, `the server holds ${residentBytes} bytes`)
    assert.ok(!this.log().includes('"level":50'), `the server logged errors: ${this.log()}`)
    const unavailable = this.#statuses['503'] ?? 0
    assert.ok(unavailable <= this.#sent * unavailableMax, `${unavailable} of ${this.#sent} requests were answered 503`)
    return { requests: this.#sent, statuses: this.#statuses, residentBytes, slowestMs: Math.round(this.#slowestMs) }
  }

  /** Stops the server. Fails if its exit code is not 0, as after pollution of a prototype (prototype-watch.ts). */
  async close(): Promise<void> {
    this.#client.close()
    await this.#parties.close()
  }

  async #renew(report: (line: string) => void): Promise<void> {
    await Promise.all(frontNames.map((front) => this.#renewFront(front)))
    report(`${this.#sent} requests, ${Math.round((await this.#residentBytes()) / 1e6)} MB`)
  }

  async #renewFront(front: FrontName): Promise<void> {
    const { 'own.tenant': before, 'own.operatorKey': operatorKey } = this.#known.get(front) ?? {}
    const [own, foreign] = await Promise.all([this.#parties.party(front), this.#parties.party(front)])
    const kept = operatorKey ?? (await this.#parties.withOperatorKey(own)).ids.operatorKey
    this.#known.set(front, { ...this.#placeholders(own, foreign), 'own.operatorKey': kept })
    if (before !== undefined) await this.#parties.remove(before)
  }

  #placeholders(own: Party, foreign: Party): Readonly<Record<string, string>> {
    const named = (whose: string, ids: object) =>
      Object.entries(ids).map(([noun, id]) => [`${whose}.${noun}`, String(id)])
    return {
      ...Object.fromEntries([...named('own', own.ids), ...named('foreign', foreign.ids)]),
      'own.key': own.key,
      operator: (this.#parties.asOperator['authorization'] ?? '').replace('Bearer ', ''),
      hook: own.url,
    }
  }

  async #send(request: FuzzRequest): Promise<void> {
    const { method, isMalformed } = request
    const route = this.#routeOf.get(request.route)
    assert.ok(route !== undefined)
    const known = this.#known.get(route.front) ?? {}
    const fill = (text: string): string =>
      text.replaceAll(/\{([a-z.]+)\}/g, (whole, name: string) => known[name] ?? whole)
    const bytes = bytesOf(request, fill)
    const reply = await this.#client.send(bytes, { alone: isMalformed, head: method === 'HEAD' })
    this.#sent += 1
    const status = typeof reply === 'string' ? reply : String(reply.status)
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1
    if (typeof reply !== 'string') this.#slowestMs = Math.max(this.#slowestMs, reply.milliseconds)
    try {
      this.#check(route, request, reply)
    } catch (error) {
      const sent = bytes.subarray(0, 1000).toString('latin1')
      throw new Error(`${sent}\n=> ${JSON.stringify(reply).slice(0, 1000)}`, { cause: error })
    }
  }

  #check(route: DocumentedRoute, { method, body, isMalformed }: FuzzRequest, reply: Reply): void {
    assert.notEqual(reply, 'silent')
    if (isMalformed) return assert.ok(reply === 'closed' || (typeof reply !== 'string' && reply.status < 500))
    // If the body is longer than the server reads, the connection may break before the response arrives.
    if (reply === 'closed') return assert.ok(body !== null && body.length > 1_000_000)
    assert.ok(typeof reply !== 'string')
    assert.ok(reply.status < 500 || (reply.status === 503 && reply.headers.has('retry-after')))
    // The HTTP parser refuses headers that are too large, before any front.
    if (reply.status === 431) return
    assert.ok(reply.headers.get('x-request-id'), 'a response has no request id')
    assert.equal(reply.headers.get('cache-control'), 'no-store')
    assert.equal(reply.headers.get('x-content-type-options'), 'nosniff')
    if (method === 'HEAD' || reply.status === 204) return
    if (reply.status >= 400) this.#holds(profileOf(route.front).api.refusalSchema as Schema, reply)
    if (method !== route.method) return
    const mediaType = (reply.headers.get('content-type') ?? '').split(';')[0] ?? ''
    const schema = route.operation.responses[reply.status]?.content?.[mediaType]?.schema
    assert.ok(schema !== undefined, `the response ${reply.status} ${mediaType} is not declared`)
    if (reply.status < 400 && /[/+]json/.test(mediaType)) this.#holds(schema, reply)
  }

  #holds(schema: Schema, { text }: WireAnswer): void {
    const validator = this.#validators.get(schema) ?? Compile(schema as unknown as TSchema)
    this.#validators.set(schema, validator)
    const [, [fault]] = validator.Errors(JSON.parse(text))
    assert.ok(fault === undefined, `${fault?.instancePath} ${fault?.message}`)
  }

  async #residentBytes(): Promise<number> {
    const { text } = await this.#parties.ask({ method: 'GET', path: '/metrics' })
    return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1])
  }
}

function bytesOf({ method, target, headers, body }: FuzzRequest, fill: (text: string) => string): Buffer {
  const content = typeof body === 'string' ? Buffer.from(fill(body)) : body
  const length = content === null ? [] : [['content-length', String(content.length)] as const]
  const lines = [...headers, ...length].map(([name, value]) => `${name}: ${fill(value)}\r\n`)
  const head = `${method} ${fill(target)} HTTP/1.1\r\nhost: posthorn\r\n${lines.join('')}\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), content ?? Buffer.alloc(0)])
}
