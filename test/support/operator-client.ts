// A thin client of the operator API, and of the call of Allo's API that creates an endpoint. It does not check the
// bodies of answers: it is for tests, the demo and benchmarks, which check the fields that they need.

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

/** An endpoint of the `standard` dialect in the operator API. */
export interface Endpoint {
  readonly id: string
  readonly tenant: string
  readonly url: string
  readonly enabled: boolean
  readonly secrets: readonly { readonly value: string }[]
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

export interface OperatorClient {
  /** Sends any request. Returns an answer of any status. A broken connection throws. */
  call(method: Method, path: string, body?: unknown): Promise<Answer>
  /** Sends a request as a customer, with these headers instead of the operator's key. */
  callAs(headers: Readonly<Record<string, string>>, method: Method, path: string, body?: unknown): Promise<Answer>
  createTenant(tenant: { id?: string; dialect: string; name?: string }): Promise<{ id: string }>
  createKey(key: { tenants: string[]; scopes?: string[]; role?: string }): Promise<{ id: string; key: string }>
  /** Returns an answer of any status: callers treat 202 and 503 in different ways. */
  postEvent(event: EventPost): Promise<Answer>
  postBatch(events: readonly EventPost[]): Promise<Answer>
  /** Returns one page, in the server's order. */
  listDeliveries(query: Readonly<Record<string, string>>): Promise<readonly DeliveryRow[]>
  getDelivery(id: string): Promise<unknown>
  /** Creates an endpoint through the operator API. */
  createEndpoint(tenant: string, endpoint: { url: string; eventTypes: readonly string[] }): Promise<Endpoint>
  /** Creates an endpoint as a customer, through Allo's API. */
  createAlloEndpoint(apiKey: string, endpoint: { url: string; topics: readonly string[] }): Promise<AlloEndpoint>
  close(): Promise<void>
}

/** A client with at most `connections` kept-alive connections. A request fails after `timeoutMs`. */
export function createOperatorClient(
  url: string,
  operatorKey: string,
  connections = 16,
  timeoutMs = 20_000,
): OperatorClient {
  const pool = new Pool(url, { connections, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
  const callAs: OperatorClient['callAs'] = async (headers, method, path, body) => {
    const answer = await pool.request({
      method,
      path,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const text = await answer.body.text()
    return { status: answer.statusCode, body: parsed(text) }
  }
  const call: OperatorClient['call'] = (method, path, body) =>
    callAs({ authorization: `Bearer ${operatorKey}` }, method, path, body)
  return {
    call,
    callAs,
    createTenant: async (tenant) => expectStatus(await call('POST', '/v1/tenants', tenant), 201) as { id: string },
    createKey: async (key) => expectStatus(await call('POST', '/v1/keys', key), 201) as { id: string; key: string },
    postEvent: (event) => call('POST', '/v1/events', event),
    postBatch: (events) => call('POST', '/v1/events/batch', { events }),
    async listDeliveries(query) {
      for (let cursor: string | null = null; ;) {
        const path = `/v1/deliveries?${new URLSearchParams({ ...query, ...(cursor !== null && { cursor }) }).toString()}`
        const page = expectStatus(await call('GET', path), 200) as { data: DeliveryRow[]; nextCursor: string | null }
        // A search may have to go on before it finds the first delivery.
        if (page.data.length > 0 || page.nextCursor === null) return page.data
        cursor = page.nextCursor
      }
    },
    getDelivery: async (id) => expectStatus(await call('GET', `/v1/deliveries/${id}`), 200),
    createEndpoint: async (tenant, endpoint) =>
      expectStatus(await call('POST', `/v1/tenants/${tenant}/endpoints`, endpoint), 201) as Endpoint,
    async createAlloEndpoint(apiKey, endpoint) {
      const answer = await callAs({ authorization: `Api-Key ${apiKey}` }, 'POST', '/v2/api/webhooks', endpoint)
      const created = expectStatus(answer, 201) as { data: AlloEndpoint }
      return created.data
    },
    close: () => pool.destroy(),
  }
}

/** Returns the body of an answer that must have `status`. Throws an error with the whole answer if it has not. */
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
