// The service with a dialect that a test defines, in this process, and a customer of that dialect. Every answer to the
// customer that is no error must be as the OpenAPI document of the dialect says, with no other fields.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Compile } from 'typebox/schema'
import type { TSchema } from 'typebox'
import { request } from 'undici'
import { startApp } from '../../src/app.ts'
import { readSettings } from '../../src/config/settings.ts'
import type { DefinedDialect, DialectDefinition } from '../../src/dialect-kit/index.ts'
import { defineDialect, errors, event, json, secrets } from '../../src/dialect-kit/index.ts'
import { ownDialect, registry } from '../../src/dialects/registry.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { fromAnAddress } from './addresses.ts'
import { type OpenApiDocument, operationOf, type Schema, strict } from './api-answer.ts'
import { createOperatorClient, type OperatorClient } from './operator-client.ts'
import { type Receiver, startReceiver } from './receiver.ts'

type Json = Readonly<Record<string, unknown>>

/** The dialect of the operator API's paths. Without the other shipped dialects, a service starts faster. */
const own = registry.filter(({ dialect }) => dialect.name === ownDialect)

/** The validators of answers, by their schema. */
const validators = new WeakMap<Schema, ReturnType<typeof Compile>>()

export interface CustomerAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  readonly body: Json
}

export interface CustomerRequest {
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent unchanged, instead of `body`, as this media type. */
  readonly raw?: readonly [mediaType: string, content: string | Buffer]
}

export interface DialectRig {
  readonly url: string
  readonly operator: OperatorClient
  readonly receiver: Receiver
  readonly document: OpenApiDocument
  readonly tenant: string
  /** The API key of the customer. */
  readonly key: string
  readonly ask: (method: string, path: string, request?: CustomerRequest) => Promise<CustomerAnswer>
  /** Like `ask`; the answer must have the status. Returns its body. */
  readonly want: (status: number, method: string, path: string, request?: CustomerRequest) => Promise<Json>
}

export const acmeDeliveries: DialectDefinition['deliveries'] = {
  body: json({ type: event.type, data: event.data }),
  headers: {},
  secrets: secrets.text({ form: 'sec_{hex:32}' }),
  timeout: '5s',
  waits: '1m',
}

/** A definition for tests: the parts that a test does not give are as simple as possible. */
export function acme(parts: Partial<DialectDefinition>): DefinedDialect {
  return defineDialect({
    name: 'acme',
    title: 'Acme',
    api: { title: 'Acme', version: '1', prefixes: ['/acme'] },
    ids: { tenant: 'acc_{base62:12}', endpoint: 'hook_{base62:12}', event: 'evt_{time:20}' },
    keys: { form: 'acme_{base62:40}' },
    authentication: {
      present: (key) => ({ headers: { 'x-key': key } }),
      credential: ({ headers }) => (headers['x-key'] as string | undefined) ?? null,
      schemes: { key: { type: 'apiKey', in: 'header', name: 'X-Key' } },
    },
    events: { 'order.paid': 'An order was paid', 'order.sent': 'An order was sent' },
    testEvent: () => ({ type: 'order.paid', data: {} }),
    endpoint: {
      id: { is: 'id' },
      url: { is: 'url', on: 'create! change' },
      events: { is: 'eventTypes', on: 'create! change' },
    },
    routes: {},
    errors: errors.own<object>({
      otherwise: {},
      body: ({ message, faults }) => ({ message, faults: faults.map(({ field, rule }) => `${field} ${rule}`) }),
    }),
    deliveries: acmeDeliveries,
    ...parts,
  })
}

/** Starts the service with the dialect. The test ends it. @param t the test, or a suite's context with `after` */
export async function startDialect(
  t: Pick<TestContext, 'after'>,
  dialect: DefinedDialect,
  env: Readonly<Record<string, string>> = {},
): Promise<DialectRig> {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-dialect-'))
  const operatorKey = 'an-operator-key-for-tests'
  const app = await startApp({
    settings: readSettings({
      POSTHORN_DATABASE: `sqlite:${join(folder, 'posthorn.db')}`,
      POSTHORN_PORT: '0',
      POSTHORN_ALLOW_HTTP: 'on',
      POSTHORN_ALLOW_NETWORKS: '127.0.0.0/8',
      POSTHORN_TRUSTED_PROXIES: '127.0.0.0/8',
      ...env,
    }),
    registrations: [...own, dialect],
    keys: () => ({ operatorKey, masterKeys: [Buffer.alloc(32, 7)] }),
    log: await createLog('silent'),
    version: 'test',
  })
  const receiver = await startReceiver()
  const operator = createOperatorClient(app.url, operatorKey)
  t.after(async () => {
    await operator.close()
    await app.stop()
    await receiver.close()
    await rm(folder, { recursive: true })
  })
  const { name } = dialect.dialect
  const { id: tenant } = await operator.createTenant({ dialect: name })
  const { key } = await operator.createKey({ tenants: [tenant] })
  const document = (await operator.call('GET', `/openapi/${name}.json`)).body as OpenApiDocument

  const ask: DialectRig['ask'] = async (method, path, { headers, body, raw } = {}) => {
    const [mediaType, content] = raw ?? ['application/json', body === undefined ? null : JSON.stringify(body)]
    const answer = await request(`${app.url}${path}`, {
      method: method as 'GET',
      headers: {
        'x-key': key,
        ...fromAnAddress(),
        ...(content !== null && { 'content-type': mediaType }),
        ...headers,
      },
      body: content,
    })
    const text = await answer.body.text()
    const found = {
      status: answer.statusCode,
      headers: answer.headers,
      text,
      body: (text === '' ? null : JSON.parse(text)) as Json,
    }
    if (found.status < 400) checkAnswer(document, method, path, found)
    return found
  }
  return {
    url: app.url,
    operator,
    receiver,
    document,
    tenant,
    key,
    ask,
    async want(status, method, path, asked) {
      const answer = await ask(method, path, asked)
      assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`)
      return answer.body
    },
  }
}

function checkAnswer(document: OpenApiDocument, method: string, path: string, answer: CustomerAnswer): void {
  const { content = {} } = operationOf(document, method, path)?.responses[answer.status] ?? {}
  const [mediaType, part] = Object.entries(content)[0] ?? []
  if (mediaType === undefined || part === undefined) return assert.equal(answer.text, '', `${method} ${path}`)
  assert.equal(String(answer.headers['content-type']).split(';')[0], mediaType)
  const validator = validators.get(part.schema) ?? Compile(strict(part.schema) as unknown as TSchema)
  validators.set(part.schema, validator)
  if (validator.Check(answer.body)) return
  const [, [fault]] = validator.Errors(answer.body)
  assert.fail(`${fault?.instancePath} ${fault?.message}: ${answer.text}`)
}
