// The real service as a child process, a receiver, and a caller of the operator API. Every answer is checked
// (api-answer.ts). A test file has one rig, and calls `close` in an `after` hook. Its service is its own, or shared.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { readDocument } from '../../src/dialect-check/document.ts'
import { type ApiAnswer, type Body, createAnswerCheck, jsonLines, type OpenApiDocument } from './api-answer.ts'
import { fromAnAddress } from './addresses.ts'
import { answerText, eventsIn, eventStream } from './event-stream.ts'
import { type Behaviour, type ReceivedRequest, type Receiver, startReceiver } from './receiver.ts'
import { createInstallation, type Installation, type ServerProcess, startServer } from './server-process.ts'
import { type Service, sharedService } from './shared-service.ts'

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS'
  readonly path: string
  /** Sent as `Bearer <key>`; default: the operator's key. Null: no key is sent. */
  readonly key?: string | null
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent unchanged, instead of `body`. */
  readonly raw?: string | Buffer
  /** These replace the headers that the fields above produce. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface TestTenant {
  readonly id: string
  readonly dialect: string
  /** An API key of its customer. */
  readonly key: string
  readonly keyId: string
}

export interface SharedApiRig {
  readonly url: string
  readonly operatorKey: string
  readonly receiver: Receiver
  readonly document: OpenApiDocument
  /** How the receiver answers, by path; default: 200 at once. */
  readonly behaviours: Map<string, (request: ReceivedRequest) => Behaviour>
  ask(request: ApiRequest): Promise<ApiAnswer>
  /** Sends a request whose answer must have `status`. Returns the body. */
  want(status: number, request: ApiRequest): Promise<Body>
  /** Creates a tenant with an API key. */
  tenant(dialect: string): Promise<TestTenant>
  /** Creates an endpoint of the tenant with its own path on the receiver. */
  endpoint(tenant: TestTenant, fields?: Readonly<Record<string, unknown>>): Promise<Body & { readonly path: string }>
  /** Posts an event. Returns its id. */
  event(tenant: TestTenant, fields?: Readonly<Record<string, unknown>>): Promise<string>
  /** Waits until `count` requests came to a path. Returns them. */
  received(path: string, count: number): Promise<readonly ReceivedRequest[]>
  close(): Promise<void>
}

export interface ApiRig extends SharedApiRig {
  readonly installation: Installation
  readonly server: ServerProcess
}

let lastNumber = 0

/** Returns a name that no other tenant, event or path of this file has. */
export function fresh(prefix: string): string {
  return `${prefix}-${++lastNumber}-${randomBytes(3).toString('hex')}`
}

/** An event type that both dialects of these tests know. */
export const eventType = 'call.received'

/** Starts a service for the rig. */
export async function startApiRig(env: Readonly<Record<string, string>> = {}): Promise<ApiRig> {
  const installation = await createInstallation()
  const server = await startServer(installation, env)
  const close = async (): Promise<void> => {
    await server.kill('SIGKILL')
    await installation.remove()
  }
  return { ...(await rigOn({ ...installation, url: server.url, close })), installation, server }
}

/** A rig on a service that other test files use too (shared-service.ts says which tests can do that). */
export async function shareApiRig(env: Readonly<Record<string, string>> = {}): Promise<SharedApiRig> {
  return rigOn(await sharedService(env))
}

async function rigOn(service: Service): Promise<SharedApiRig> {
  const { url, operatorKey } = service
  const behaviours: SharedApiRig['behaviours'] = new Map()
  const receiver = await startReceiver({ behave: (request) => behaviours.get(request.path)?.(request) ?? {} })
  const pool = new Pool(url, { connections: 16, headersTimeout: 20_000, bodyTimeout: 20_000 })
  const document = readDocument(await (await fetch(`${url}/openapi.json`)).text()) as unknown as OpenApiDocument
  const check = createAnswerCheck(document)
  const secrets = [operatorKey, service.masterKey]

  const ask: SharedApiRig['ask'] = async ({ method = 'GET', path, key = operatorKey, body, raw, headers }) => {
    const content = raw ?? (body === undefined ? null : JSON.stringify(body))
    const response = await pool.request({
      method,
      path,
      headers: {
        ...fromAnAddress(),
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(content !== null && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: content,
    })
    const text = await answerText(response.headers, response.body)
    const json = jsonOf(text, response.headers['content-type'])
    const parsed = json === '' ? null : (JSON.parse(json) as unknown)
    const answer = {
      status: response.statusCode,
      headers: response.headers as Record<string, string>,
      text,
      body: parsed as Body,
    }
    for (const secret of secrets) assert.ok(!text.includes(secret), 'an answer contains a key of the installation')
    if (method !== 'HEAD') check(method, path, answer)
    return answer
  }
  const want: SharedApiRig['want'] = async (status, request) => {
    const answer = await ask(request)
    assert.equal(answer.status, status, `${request.method ?? 'GET'} ${request.path}: ${answer.text}`)
    return answer.body
  }

  return {
    url,
    operatorKey,
    receiver,
    document,
    behaviours,
    ask,
    want,
    async tenant(dialect) {
      const { id } = await want(201, { method: 'POST', path: '/v1/tenants', body: { id: fresh('tenant'), dialect } })
      const created = await want(201, { method: 'POST', path: '/v1/keys', body: { tenants: [id] } })
      return { id, dialect, key: created.key, keyId: created.id }
    },
    async endpoint(tenant, fields = {}) {
      const path = `/${fresh('hook')}`
      const body = { url: `${receiver.url}${path}`, eventTypes: [eventType], ...fields }
      return { ...(await want(201, { method: 'POST', path: `/v1/tenants/${tenant.id}/endpoints`, body })), path }
    },
    async event(tenant, fields = {}) {
      const body = { tenant: tenant.id, type: eventType, data: {}, ...fields }
      return (await want(202, { method: 'POST', path: '/v1/events', body })).id
    },
    async received(path, count) {
      const at = (): ReceivedRequest[] => receiver.requests.filter((request) => request.path === path)
      await until(() => at().length >= count, `${count} requests came to ${path}`)
      return at()
    },
    async close() {
      await pool.destroy()
      await service.close()
      await receiver.close()
    },
  }
}

/** JSON lines, and the data of events, as the text of an array. */
function jsonOf(text: string, mediaType: unknown): string {
  if (mediaType === jsonLines) return `[${text.trimEnd().replaceAll('\n', ',')}]`
  return mediaType === eventStream ? JSON.stringify(eventsIn(text).map(({ data }) => data)) : text
}

/** Waits until a condition holds, at most `timeoutMs` (default 30 s). */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs: number = 30_000,
): Promise<void> {
  const giveUpAt = Date.now() + timeoutMs
  while (!(await holds())) {
    if (Date.now() > giveUpAt) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await sleep(10)
  }
}
