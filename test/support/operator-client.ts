// A thin client of the operator API, and of the one call of Allo's API that registers an endpoint. It trusts the
// server's shapes: it is for tests, the demo and benchmarks, which check what matters to them.

import { Pool } from 'undici'

export interface Answer {
  readonly status: number
  readonly body: unknown
}

export interface EventPost {
  readonly tenant: string
  readonly type: string
  readonly data: unknown
  readonly id?: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly occurredAt?: string
}

export interface DeliveryRow {
  readonly id: string
  readonly status: string
}

export interface AlloEndpoint {
  readonly id: string
  readonly signing_secret: string
}

export interface OperatorClient {
  /** Any request; an answer of any status is returned, a broken connection throws. */
  call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<Answer>
  createTenant(tenant: { id?: string; dialect: string; name?: string }): Promise<{ id: string }>
  createKey(key: { tenants: string[]; scopes?: string[]; role?: string }): Promise<{ id: string; key: string }>
  /** Returns the answer, whatever its status: what 202 and 503 mean is the caller's to say. */
  postEvent(event: EventPost): Promise<Answer>
  postBatch(events: readonly EventPost[]): Promise<Answer>
  /** One page, newest or oldest first as the server has it. */
  listDeliveries(query: Readonly<Record<string, string>>): Promise<readonly DeliveryRow[]>
  getDelivery(id: string): Promise<unknown>
  /** Registers an endpoint as a customer would, through Allo's own API. */
  createAlloEndpoint(apiKey: string, endpoint: { url: string; topics: readonly string[] }): Promise<AlloEndpoint>
  close(): Promise<void>
}

/** A client over at most `connections` (default 16) kept-alive connections; no request takes longer than 20 s. */
export function createOperatorClient(url: string, operatorKey: string, connections = 16): OperatorClient {
  const pool = new Pool(url, { connections, headersTimeout: 20_000, bodyTimeout: 20_000 })
  const send = async (authorization: string, method: string, path: string, body?: unknown): Promise<Answer> => {
    const answer = await pool.request({
      method,
      path,
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const text = await answer.body.text()
    return { status: answer.statusCode, body: parsed(text) }
  }
  const call: OperatorClient['call'] = (method, path, body) => send(`Bearer ${operatorKey}`, method, path, body)
  return {
    call,
    createTenant: async (tenant) => expectStatus(await call('POST', '/v1/tenants', tenant), 201) as { id: string },
    createKey: async (key) => expectStatus(await call('POST', '/v1/keys', key), 201) as { id: string; key: string },
    postEvent: (event) => call('POST', '/v1/events', event),
    postBatch: (events) => call('POST', '/v1/events/batch', { events }),
    async listDeliveries(query) {
      const path = `/v1/deliveries?${new URLSearchParams(query).toString()}`
      const page = expectStatus(await call('GET', path), 200) as { data: DeliveryRow[] }
      return page.data
    },
    getDelivery: async (id) => expectStatus(await call('GET', `/v1/deliveries/${id}`), 200),
    async createAlloEndpoint(apiKey, endpoint) {
      const answer = await send(`Api-Key ${apiKey}`, 'POST', '/v2/api/webhooks', endpoint)
      const created = expectStatus(answer, 201) as { data: AlloEndpoint }
      return created.data
    },
    close: () => pool.destroy(),
  }
}

/** The body of an answer that must have `status`; throws with the whole answer otherwise. */
export function expectStatus(answer: Answer, status: number): unknown {
  if (answer.status === status) return answer.body
  throw new Error(`expected status ${status}, got ${answer.status}: ${JSON.stringify(answer.body)}`)
}

function parsed(text: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
