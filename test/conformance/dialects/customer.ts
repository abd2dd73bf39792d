// A customer of the vendor: one tenant that calls the vendor's API. It takes a new API key when the quota of the old
// one is used up, so that quotas never refuse a long test. The quotas have tests of their own.

import assert from 'node:assert/strict'
import { checkShape, idIn } from './answers.ts'
import type {
  ApiAnswer,
  ApiProfile,
  ApiRequest,
  Caller,
  Fields,
  Headers,
  Operation,
  Operations,
  Profile,
} from './profile.ts'

/** The server that a customer calls. */
export interface Server {
  readonly profile: Profile
  ask(request: ApiRequest, headers: Headers): Promise<ApiAnswer>
  /** Calls the operator API, whose answer must have `status`; gives the body. */
  operator(status: number, method: string, path: string, body: unknown): Promise<Fields>
}

export interface KeyInput {
  readonly scopes?: readonly string[]
  readonly role?: string
}

export class Customer implements Caller {
  readonly tenant: string
  readonly #server: Server
  readonly keyInput: KeyInput
  readonly #requestsPerKey: number
  #asked = 0
  key = ''
  keyId = ''

  constructor(server: Server, tenant: string, keyInput: KeyInput) {
    this.#server = server
    this.tenant = tenant
    this.keyInput = keyInput
    const perKey = server.profile.dialect.quotas.filter(({ per }) => per === 'key')
    this.#requestsPerKey = Math.min(...perKey.map(({ requests }) => requests))
  }

  async newKey(): Promise<this> {
    const body = { tenants: [this.tenant], ...this.keyInput }
    const created = await this.#server.operator(201, 'POST', '/v1/keys', body)
    this.key = created['key'] as string
    this.keyId = created['id'] as string
    this.#asked = 0
    return this
  }

  /** A customer of the same tenant with keys of another kind. */
  withKey(keyInput: KeyInput): Customer {
    return new Customer(this.#server, this.tenant, keyInput)
  }

  /** Sends any request, with a key of this customer. */
  async ask(request: ApiRequest): Promise<ApiAnswer> {
    if (++this.#asked > this.#requestsPerKey) {
      await this.newKey()
      this.#asked = 1
    }
    return this.#server.ask(request, this.#server.profile.api.credentials(this))
  }

  /** Runs an operation that must succeed and answer in the shape that the vendor publishes. */
  async want<Input extends readonly unknown[]>(operation: Operation<Input>, ...input: Input): Promise<ApiAnswer> {
    const request = operation.request(this, ...input)
    const answer = await this.ask(request)
    assert.equal(answer.status, operation.status, `${request.method} ${request.path}: ${answer.text}`)
    if (operation.schema === null) assert.equal(answer.text, '')
    else checkShape(operation.schema, answer)
    return answer
  }

  async create(fields: Fields): Promise<Fields> {
    return this.#api.endpointIn('create', (await this.want(this.#operations.create, fields)).body)
  }

  async get(id: string): Promise<Fields> {
    return this.#api.endpointIn('get', (await this.want(this.#operations.get, id)).body)
  }

  async change(id: string, fields: Fields): Promise<Fields> {
    return this.#api.endpointIn('change', (await this.want(this.#operations.change, id, fields)).body)
  }

  async list(): Promise<readonly Fields[]> {
    return this.#api.endpointsIn((await this.want(this.#operations.list)).body)
  }

  async remove(id: string): Promise<void> {
    await this.want(this.#operations.remove, id)
  }

  /**
   * Creates an endpoint for the event type of this index; gives its id, the answer's endpoint and the request's fields.
   */
  async endpoint(url: string, index = 0): Promise<{ id: string; created: Fields; sent: Fields }> {
    const sent = this.#api.sample(url, index)
    const created = await this.create(sent)
    return { id: idIn(this.#server.profile, created), created, sent }
  }

  get #api(): ApiProfile {
    return this.#server.profile.api
  }

  get #operations(): Operations {
    return this.#api.operations
  }
}
