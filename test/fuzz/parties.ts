// One running installation that serves every dialect, and tenants that each have an endpoint, an event, a delivery and
// an API key.

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import type { Caller, Fields, Headers } from '../conformance/dialects/profile.ts'
import { answerText } from '../support/event-stream.ts'
import { type Receiver, type ReceiverOptions, startReceiver } from '../support/receiver.ts'
import { createInstallation, type ServerProcess, startServer } from '../support/server-process.ts'
import { type FrontName, profileOf } from './documents.ts'
import { fromAnAddress } from '../support/addresses.ts'

/** A kind of object that has an id. */
export type Noun = 'tenant' | 'endpoint' | 'event' | 'delivery' | 'key' | 'operatorKey'
export type Ids = Readonly<Record<Noun, string>>

/** A tenant with an endpoint, an event that was delivered to it, and an API key. */
export interface Party extends Caller {
  readonly front: FrontName
  readonly ids: Ids
  /** The URL of its endpoint. No other tenant has it. */
  readonly url: string
  /** The signing secrets and header values of its endpoint. */
  readonly secrets: readonly string[]
}

export interface Request {
  readonly method: string
  readonly path: string
  readonly headers?: Headers
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent unchanged, instead of `body`. */
  readonly raw?: string
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

const waitMsMax = 15_000
/** The id of an event, a delivery or a key that never existed. */
export const absentUuid = '00000000-0000-7000-8000-000000000000'

export class Parties {
  readonly server: ServerProcess
  readonly receiver: Receiver
  readonly #pool: Pool
  readonly #asOperator: Headers
  readonly #removeInstallation: () => Promise<void>
  #hooks = 0

  private constructor(server: ServerProcess, receiver: Receiver, operatorKey: string, remove: () => Promise<void>) {
    this.server = server
    this.receiver = receiver
    this.#pool = new Pool(server.url, { connections: 32, headersTimeout: waitMsMax, bodyTimeout: waitMsMax })
    this.#asOperator = { authorization: `Bearer ${operatorKey}` }
    this.#removeInstallation = remove
  }

  /** Starts a server without quotas, which are not under test here. */
  static async start(
    env: Readonly<Record<string, string>> = {},
    behave: NonNullable<ReceiverOptions['behave']> = () => ({}),
  ): Promise<Parties> {
    const installation = await createInstallation()
    const receiver = await startReceiver({ keep: false, behave })
    const server = await startServer(installation, { POSTHORN_RATE_LIMITS: 'off', ...env })
    return new Parties(server, receiver, installation.operatorKey, () => installation.remove())
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
    await this.server.stop()
    await this.receiver.close()
    await this.#removeInstallation()
  }

  get asOperator(): Headers {
    return this.#asOperator
  }

  hookUrl(): string {
    return `${this.receiver.url}/hook-${++this.#hooks}/`
  }

  async ask({ method, path, headers = {}, body, raw }: Request): Promise<Answer> {
    const content = raw ?? (body === undefined ? null : JSON.stringify(body))
    const answer = await this.#pool.request({
      method,
      path,
      headers: { ...fromAnAddress(), ...(content !== null && { 'content-type': 'application/json' }), ...headers },
      body: content,
    })
    return { status: answer.statusCode, headers: answer.headers, text: await answerText(answer.headers, answer.body) }
  }

  /** Sends a request as the operator and returns the response body. Fails if the response has another status. */
  async want(status: number, method: string, path: string, body?: unknown): Promise<Fields> {
    return this.#want(status, { method, path, body, headers: this.#asOperator })
  }

  /** Like `want`, for a POST with a body of JSON text. */
  async wantRaw(status: number, path: string, raw: string): Promise<Fields> {
    return this.#want(status, { method: 'POST', path, raw, headers: this.#asOperator })
  }

  async #want(status: number, request: Request): Promise<Fields> {
    const answer = await this.ask(request)
    assert.equal(answer.status, status, `${request.method} ${request.path}: ${answer.text}`)
    return answer.text === '' ? {} : (JSON.parse(answer.text) as Fields)
  }

  /** @param id the tenant id; default: generated in the form of its dialect */
  async party(front: FrontName, id?: string): Promise<Party> {
    const { dialect, api } = profileOf(front)
    const created = await this.want(201, 'POST', '/v1/tenants', {
      dialect: dialect.name,
      ...(id !== undefined && { id }),
    })
    const tenant = String(created['id'])
    const { id: keyId, key } = await this.key(tenant)
    const type = api.eventType(0)
    const url = this.hookUrl()
    const headers = front === 'operator' ? { 'X-Own': `value-of-${tenant}` } : {}
    const path = `/v1/tenants/${tenant}/endpoints`
    const endpoint = await this.want(201, 'POST', path, { url, eventTypes: [type], headers })
    const secrets = (endpoint['secrets'] as { value: string }[]).map(({ value }) => value)
    const event = await this.want(202, 'POST', '/v1/events', { tenant, type, data: { of: tenant } })
    const delivery = await this.delivered(tenant, String(event['id']))
    const objects = { endpoint: String(endpoint['id']), event: String(event['id']), delivery }
    const ids = { tenant, ...objects, key: keyId, operatorKey: absentUuid }
    return { front, tenant, key, ids, url, secrets: [...secrets, ...Object.values(headers)] }
  }

  /** Deletes a tenant if it still exists. */
  async remove(tenant: string): Promise<void> {
    await this.ask({ method: 'DELETE', path: `/v1/tenants/${tenant}`, headers: this.#asOperator })
  }

  /** Creates one more endpoint of a tenant and one more delivery for its first endpoint. */
  async grow({ front, ids }: Party): Promise<void> {
    const [first, second] = [profileOf(front).api.eventType(0), profileOf(front).api.eventType(1)]
    await this.want(202, 'POST', '/v1/events', { tenant: ids.tenant, type: first, data: {} })
    const endpoint = { url: this.hookUrl(), eventTypes: [second] }
    await this.want(201, 'POST', `/v1/tenants/${ids.tenant}/endpoints`, endpoint)
  }

  async key(tenant: string, more: Fields = {}): Promise<{ readonly id: string; readonly key: string }> {
    const { id, key } = await this.want(201, 'POST', '/v1/keys', { tenants: [tenant], ...more })
    return { id: String(id), key: String(key) }
  }

  /** The party with an operator key of its own. There may be only so many of these keys, and they belong to no tenant. */
  async withOperatorKey(party: Party): Promise<Party> {
    const { id } = await this.operatorKey({ role: 'read' })
    return { ...party, ids: { ...party.ids, operatorKey: id } }
  }

  async operatorKey(more: Fields): Promise<{ readonly id: string; readonly key: string }> {
    const { id, key } = await this.want(201, 'POST', '/v1/operator-keys', { name: 'of a test', ...more })
    return { id: String(id), key: String(key) }
  }

  /** Everything of a tenant as the operator sees it, as text. Equal texts mean that nothing changed. */
  async inventory({ ids }: Party): Promise<string> {
    const paths = [`/v1/tenants/${ids.tenant}`, `/v1/tenants/${ids.tenant}/endpoints`, `/v1/keys?tenant=${ids.tenant}`]
    const lists = [`/v1/events?tenant=${ids.tenant}`, `/v1/deliveries?tenant=${ids.tenant}`]
    const all = await Promise.all([...paths, ...lists].map((path) => this.want(200, 'GET', path)))
    return JSON.stringify(all)
  }

  /** The only delivery of an event, once it has arrived. */
  async delivered(tenant: string, event: string): Promise<string> {
    const giveUpAt = Date.now() + waitMsMax
    for (;;) {
      const { deliveries } = await this.want(200, 'GET', `/v1/events/${event}?tenant=${tenant}`)
      const [delivery] = deliveries as { id: string; status: string }[]
      if (delivery?.status === 'delivered') return delivery.id
      assert.ok(Date.now() < giveUpAt, `event ${event} was not delivered`)
      await sleep(5)
    }
  }
}
