// A running service, its operator, and a receiver. Tests share it. They do not affect each other, because each test has its
// own customers and receiver paths.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { fromAnAddress } from '../../support/addresses.ts'
import type { Site } from '../../../src/dialect-check/trial.ts'
import { checkShape } from './answers.ts'
import { Customer, type KeyInput } from './customer.ts'
import type { ApiAnswer, ApiRequest, Fields, Headers, Profile } from './profile.ts'
import type { Behaviour, ReceivedRequest, Support } from './support.ts'

/** A path of the receiver that belongs to one test. */
export interface Hook {
  readonly url: string
  /** Sets how the path answers from now on; default: 200 at once. */
  behave(behaviour: (request: ReceivedRequest) => Behaviour): void
  received(): readonly ReceivedRequest[]
  /** Waits for `count` requests, and gives all requests received so far. */
  until(count: number): Promise<readonly ReceivedRequest[]>
}

/** An event that the operator posts; `data` is JSON text. */
export interface EventPost {
  readonly type: string
  readonly data?: string
  readonly occurredAt?: string
}

/** Retries wait a thousandth of the vendor's times, so that a test takes seconds. */
const retryScale = '0.001'
const waitMsMax = 15_000

export class World {
  readonly profile: Profile
  readonly #support: Support
  #pool: Pool | null = null
  #close: (() => Promise<void>) | null = null
  /** The operator's headers. Requests of customers never use this object: `ask` compares by identity. */
  #asOperator: Headers = {}
  #receiverUrl = ''
  #requests: readonly ReceivedRequest[] = []
  readonly #behaviours = new Map<string, (request: ReceivedRequest) => Behaviour>()
  /** The beginning of the receiver's paths. A shared service may still send what another world's endpoints await. */
  readonly #name = `hook-${randomBytes(4).toString('hex')}`
  #hooks = 0
  publicKey: string | null = null
  /** The installation, for the checks of `posthorn dialect check`. They have a receiver of their own. */
  site: Omit<Site, 'receiver' | 'limited'> = { url: '', operatorKey: '' }

  constructor(profile: Profile, support: Support) {
    this.profile = profile
    this.#support = support
  }

  async start(): Promise<void> {
    const closing: (() => Promise<void>)[] = []
    // Set before anything is started: if the server fails to start, the parts already started must still be closed, or
    // they keep the test process alive.
    this.#close = async () => {
      for (const step of closing.toReversed()) await step()
    }
    const receiver = await this.#support.startReceiver({
      behave: (request) => this.#behaviours.get(request.path)?.(request) ?? {},
    })
    closing.push(() => receiver.close())
    const service = await this.#support.service({ POSTHORN_RETRY_SCALE: retryScale })
    closing.push(() => service.close())
    this.#pool = new Pool(service.url, { connections: 32, headersTimeout: 20_000, bodyTimeout: 20_000 })
    this.#asOperator = { authorization: `Bearer ${service.operatorKey}` }
    this.site = { url: service.url, operatorKey: service.operatorKey }
    this.#receiverUrl = receiver.url
    this.#requests = receiver.requests
    closing.push(async () => this.#pool?.destroy())
    const { dialect } = this.profile
    if (dialect.installationSecret === null) return
    const answer = await this.ask({ method: 'GET', path: `/v1/dialects/${dialect.name}/public-key` }, this.#asOperator)
    this.publicKey = answer.text
  }

  async stop(): Promise<void> {
    await this.#close?.()
  }

  /** Sends a request unchanged. A refusal by the vendor's API must match the profile's `refusalSchema`. */
  async ask(request: ApiRequest, headers: Headers = {}): Promise<ApiAnswer> {
    assert.ok(this.#pool !== null, 'the world has not started')
    const { method, path, raw, body } = request
    const content = raw ?? (body === undefined ? null : JSON.stringify(body))
    const all = {
      ...fromAnAddress(),
      ...(content !== null && { 'content-type': 'application/json' }),
      ...headers,
      ...request.headers,
    }
    const response = await this.#pool.request({ method, path, headers: all, body: content })
    const text = await response.body.text()
    const answered = response.headers as Record<string, string>
    const isJson = /[/+]json\b/.test(answered['content-type'] ?? '')
    const answer = { status: response.statusCode, headers: answered, text, body: isJson ? JSON.parse(text) : null }
    if (headers !== this.#asOperator && method !== 'HEAD' && answer.status >= 400) {
      checkShape(this.profile.api.refusalSchema, answer)
    }
    return answer
  }

  /** Calls the operator API, whose answer must have `status`; gives the body. */
  async operator(status: number, method: string, path: string, body?: unknown, raw?: string): Promise<Fields> {
    const answer = await this.ask(
      { method, path, ...(body !== undefined && { body }), ...(raw !== undefined && { raw }) },
      this.#asOperator,
    )
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`)
    return (answer.body ?? {}) as Fields
  }

  /** Creates a tenant with a key. */
  async customer(key: KeyInput = {}, dialect: string = this.profile.dialect.name): Promise<Customer> {
    const { id } = await this.operator(201, 'POST', '/v1/tenants', { dialect })
    return new Customer(this, id as string, key).newKey()
  }

  /** Posts an event; gives its id and the number of its deliveries. */
  async post(
    tenant: string,
    { type, data = '{}', occurredAt }: EventPost,
  ): Promise<{ id: string; deliveries: number }> {
    const rest = JSON.stringify({ tenant, type, ...(occurredAt !== undefined && { occurredAt }) })
    const posted = await this.operator(202, 'POST', '/v1/events', undefined, `${rest.slice(0, -1)},"data":${data}}`)
    return posted as unknown as { id: string; deliveries: number }
  }

  /** The only delivery of an event. */
  async deliveryOf(tenant: string, event: string): Promise<Fields> {
    const { deliveries } = await this.operator(200, 'GET', `/v1/events/${event}?tenant=${tenant}`)
    const [delivery, ...others] = deliveries as Fields[]
    assert.ok(delivery !== undefined && others.length === 0, 'the event has one delivery')
    return this.operator(200, 'GET', `/v1/deliveries/${String(delivery['id'])}`)
  }

  hook(): Hook {
    const path = `/${this.#name}-${++this.#hooks}/in?from=vendor`
    const received = (): readonly ReceivedRequest[] => this.#requests.filter((request) => request.path === path)
    return {
      url: `${this.#receiverUrl}${path}`,
      received,
      behave: (behaviour) => void this.#behaviours.set(path, behaviour),
      async until(count) {
        await until(() => received().length >= count, `${path} received ${count} requests`)
        return received()
      },
    }
  }
}

/** Waits until a condition holds, at most 15 s. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const giveUpAt = Date.now() + waitMsMax
  while (!(await holds())) {
    if (Date.now() > giveUpAt) assert.fail(`after ${waitMsMax} ms, still not so: ${what}`)
    await sleep(10)
  }
}
