// One check while it runs: it makes customers, asks the API as they do, posts events, and collects faults. Each answer is
// held against the OpenAPI document, and each refusal is searched for secrets.

import qs from 'qs'
import { request as httpRequest } from 'undici'
import type { Presented } from '../dialect-kit/access/authentication.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import { type Answer, departures, shortened } from './document.ts'
import type { Arrival, Hook, Receiver } from './receiver.ts'
import type { Fields, Served, Subject } from './subject.ts'
import { until } from './until.ts'

/** A running service with the dialect, and a receiver. */
export interface Site {
  readonly url: string
  readonly operatorKey: string
  readonly receiver: Receiver
  /** The same dialects on another service, on which each quota allows one request an hour. */
  readonly limited: () => Promise<Site>
}

export interface Check {
  /** A sentence that is true of a good dialect. */
  readonly title: string
  readonly run: (trial: Trial) => Promise<void> | void
}

/** A request of a customer. The id and the values of the path's other parameters are texts that stand for nothing. */
export interface Asked {
  readonly id?: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Sent unchanged, in place of `body`. */
  readonly raw?: string
  readonly mediaType?: string
}

/** A customer: a tenant with an API key. */
export interface Customer {
  readonly tenant: string
  readonly key: string
  readonly keyId: string
}

/** An endpoint with its URL at the receiver. */
export interface Registered {
  readonly id: string
  readonly hook: Hook
  readonly sent: Fields
  readonly shown: Fields
}

/** The facts that all checks of a dialect share. */
export interface Shared {
  /** Texts that no refusal may hold: keys, secrets and payloads. */
  readonly confidential: Set<string>
  /** Where answers depart from the OpenAPI document. */
  readonly departures: Set<string>
  /** Refusals that hold such a text, or are the fault of the service. */
  readonly badRefusals: Set<string>
}

/** The check cannot go on after its last fault. */
export class Stopped extends Error {}

export class Trial {
  readonly subject: Subject
  readonly #site: Site
  readonly #shared: Shared
  readonly faults: Set<string>

  constructor(subject: Subject, site: Site, shared: Shared, faults = new Set<string>()) {
    this.subject = subject
    this.#site = site
    this.#shared = shared
    this.faults = faults
  }

  /** The same check on the service with the smallest quotas. */
  async limited(): Promise<Trial> {
    return new Trial(this.subject, await this.#site.limited(), this.#shared, this.faults)
  }

  fault(text: string): void {
    this.faults.add(text)
  }

  /** Adds a fault unless the condition holds. */
  expect(condition: boolean, text: string): void {
    if (!condition) this.fault(text)
  }

  /** Adds a fault and ends the check. */
  stop(text: string): never {
    this.fault(text)
    throw new Stopped(text)
  }

  hook(): Hook {
    return this.#site.receiver.hook()
  }

  /** A new tenant with a key. */
  async customer(key: Fields = {}, settings: Fields = {}): Promise<Customer> {
    const { name: dialect } = this.subject
    const { id: tenant } = await this.operator(201, 'POST', '/v1/tenants', { dialect, settings })
    return this.keyFor(String(tenant), key)
  }

  async keyFor(tenant: string, key: Fields = {}): Promise<Customer> {
    const made = await this.operator(201, 'POST', '/v1/keys', { tenants: [tenant], ...key })
    this.#shared.confidential.add(String(made['key']))
    return { tenant, key: String(made['key']), keyId: String(made['id']) }
  }

  /** Calls the operator API, whose answer must have `status`. */
  async operator(status: number, method: string, path: string, body?: unknown, raw?: string): Promise<Fields> {
    const presented = { headers: { authorization: `Bearer ${this.#site.operatorKey}` } }
    const text = raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const answer = await this.#send(method, path, presented, text, 'application/json')
    if (answer.status !== status)
      this.stop(`the operator API answered ${answer.status} to ${method} ${path}: ${answer.text}`)
    return (answer.body ?? {}) as Fields
  }

  /** Calls an operation as a customer. The answer is held against the OpenAPI document. */
  async ask(customer: Pick<Customer, 'key' | 'tenant'>, served: Served, asked: Asked = {}): Promise<Answer> {
    return this.askAs(this.subject.credentials(customer), served, asked)
  }

  async askAs(presented: Presented, served: Served, asked: Asked): Promise<Answer> {
    const { subject } = this
    const { id = 'absent', query: more, body, raw, mediaType } = asked
    const path = subject.pathOf(served, id)
    const query = { ...subject.queryOf(served, id), ...more, ...presented.query }
    const { in: place, name: idName = '' } = served.operation.id ?? {}
    const content = place === 'body' ? { ...(body as Fields | undefined), [idName]: id } : body
    const type = mediaType ?? mediaTypeOf(served)
    const written = /[/+]json$/.test(type)
      ? JSON.stringify(content)
      : qs.stringify(content, { arrayFormat: 'brackets' })
    const text = raw ?? (content === undefined ? undefined : written)
    const answer = await this.#send(served.method, path, { ...presented, query }, text, type)
    // A fault of the service is a fault of its own.
    for (const departure of answer.status >= 500 ? [] : departures(served.documented, answer)) {
      this.#shared.departures.add(`${served.title} answered ${answer.status}: ${departure}`)
    }
    this.#look(served.title, answer)
    return answer
  }

  /** Sends any request to the API of the dialect. */
  async send(method: string, path: string, presented: Presented, raw?: string): Promise<Answer> {
    const answer = await this.#send(method, path, presented, raw, 'application/json')
    this.#look(`${method} ${path}`, answer)
    return answer
  }

  /** Calls an operation that must succeed. */
  async want(customer: Customer, served: Served, asked: Asked = {}): Promise<Answer> {
    const answer = await this.ask(customer, served, asked)
    if (answer.status < 300) return answer
    return this.stop(`${served.title} should succeed, and answered ${answer.status}: ${shortened(answer.text)}`)
  }

  /** Creates an endpoint with the fewest fields; with all fields if there is no such operation for customers. */
  async register(customer: Customer, more: Fields = {}, type?: string): Promise<Registered> {
    const { subject } = this
    const hook = this.hook()
    const { creation } = subject
    if (creation === undefined) return this.stop('no route creates a webhook')
    const sent = { ...subject.sample(creation, hook.url, 'required', type), ...more }
    const answer = await this.want(customer, creation, subject.asked(creation, sent))
    const [shown = {}] = subject.endpointsIn(answer.body)
    const id = subject.idIn(shown, sent)
    if (id === '') return this.stop(`${creation.title}: the answer has no ${subject.idField}`)
    this.keepSecret(sent, shown)
    const registered = { id, hook, sent, shown }
    if (creation.operation.pings) await this.#passPing(customer, registered)
    return registered
  }

  /** Waits until the ping of a new endpoint has come and is recorded. The checks do not see it. */
  async #passPing(customer: Customer, { id, hook, sent }: Registered): Promise<void> {
    const isHere = Object.values(sent).includes(hook.url)
    if (isHere && !(await hook.until(1))) this.fault('a new webhook got no ping')
    await until(async () => (await this.inOperatorView(customer, id))['attempts'] === 1)
    hook.clear()
  }

  /** No refusal may hold the secrets of these fields. */
  keepSecret(...endpoints: readonly Fields[]): void {
    for (const secret of endpoints.flatMap((one) => this.subject.secretsIn(one))) this.#shared.confidential.add(secret)
  }

  /** The endpoint as the operator sees it. */
  async inOperatorView({ tenant }: Customer, id: string): Promise<Fields> {
    const all = `/v1/tenants/${tenant}/endpoints`
    if (this.subject.key === null) return this.operator(200, 'GET', `${all}/${encodeURIComponent(id)}`)
    const { data } = await this.operator(200, 'GET', all)
    const found = (data as readonly Endpoint[]).find((one) => this.subject.key?.textOf(one) === id)
    return this.operator(200, 'GET', `${all}/${found?.id}`)
  }

  /** Posts an event; gives its id, and the number of its deliveries. `data` is JSON text. */
  async post(tenant: string, type: string, data = '{}'): Promise<{ readonly id: string; readonly deliveries: number }> {
    const { attributes } = this.subject
    const rest = JSON.stringify({ tenant, type, ...(Object.keys(attributes).length > 0 && { attributes }) })
    const posted = await this.operator(202, 'POST', '/v1/events', undefined, `${rest.slice(0, -1)},"data":${data}}`)
    return posted as unknown as { id: string; deliveries: number }
  }

  /** The only delivery of an event, once it is in one of these states. */
  async delivery(tenant: string, event: string, ...states: readonly string[]): Promise<Fields> {
    let found: Fields = {}
    await until(async () => {
      const { deliveries } = await this.operator(200, 'GET', `/v1/events/${event}?tenant=${tenant}`)
      const [{ id } = { id: '' }] = deliveries as readonly { readonly id: string }[]
      found = await this.operator(200, 'GET', `/v1/deliveries/${id}`)
      return states.includes(String(found['status']))
    })
    return found
  }

  /** Posts an event, and waits for its delivery. */
  async deliver(
    customer: Customer,
    hook: Hook,
    type: string,
    data: string,
  ): Promise<{ event: string; arrival: Arrival }> {
    const before = hook.arrivals.length
    const { id, deliveries } = await this.post(customer.tenant, type, data)
    if (deliveries !== 1) this.stop(`an event of the type ${type} has ${deliveries} deliveries to one webhook`)
    await hook.until(before + 1)
    const arrival = hook.arrivals[before]
    if (arrival !== undefined) return { event: id, arrival }
    const { reason, history } = await this.delivery(customer.tenant, id, 'failed')
    const why = textOf(reason) || JSON.stringify(history)
    return this.stop(`an event of the type ${type} with the data ${shortened(data)} did not arrive: ${why}`)
  }

  #look(title: string, { status, text }: Answer): void {
    if (status < 400) return
    const { confidential, badRefusals } = this.#shared
    if (status >= 500) badRefusals.add(`${title} answered ${status}: ${shortened(text)}`)
    for (const secret of confidential) {
      if (text.includes(secret)) badRefusals.add(`${title}: the error ${status} quotes a key, a secret or a payload`)
    }
  }

  async #send(
    method: string,
    path: string,
    { headers, query = {} }: Presented,
    text: string | undefined,
    mediaType: string,
  ): Promise<Answer> {
    const url = new URL(path, this.#site.url)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    const response = await httpRequest(url, {
      method,
      headers: { ...headers, ...(text !== undefined && { 'content-type': mediaType }) },
      body: text ?? null,
      headersTimeout: 10_000,
    })
    const answered = await response.body.text()
    const [type = ''] = String(response.headers['content-type'] ?? '').split(';')
    const link = String(response.headers['link'] ?? '')
    return { status: response.statusCode, link, mediaType: type, text: answered, body: parsed(type, answered) }
  }
}

function parsed(mediaType: string, text: string): unknown {
  if (!/[/+]json$/.test(mediaType)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The media type of a request body: JSON where it is taken, or else a form. */
export function mediaTypeOf({ documented }: Served): string {
  const types = Object.keys(documented.requestBody?.content ?? {})
  const find = (pattern: RegExp) => types.find((type) => pattern.test(type))
  return find(/[/+]json$/) ?? find(/urlencoded$/) ?? types[0] ?? 'application/json'
}

/** The text of an id or a reason; empty: it is neither a text nor a number. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
