// The examples from the vendor's own pages: the second witness. Checks that follow from the definition cannot find a wrong
// definition.

import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Presented } from '../dialect-kit/access/authentication.ts'
import { durationMs } from '../dialect-kit/durations.ts'
import type { DeliveryExample, RequestExample } from '../dialect-kit/examples.ts'
import type { Field } from '../dialect-kit/fields/fields.ts'
import type { Outcome } from '../domain/attempt.ts'
import { idForm } from '../dialect-kit/id-forms.ts'
import { splitRoute } from '../dialect-kit/operations/routes.ts'
import { schedulesOf } from '../dialect-kit/outcomes/endpoint-options.ts'
import { type Answer, shortened } from './document.ts'
import { messageOf } from './messages.ts'
import { problemOf } from './problems.ts'
import type { Fields, Served, Subject } from './subject.ts'
import type { Check, Customer, Trial } from './trial.ts'

export const witnessChecks: readonly Check[] = [
  { title: "the requests of the vendor's examples have the vendor's answers", run: answersExamples },
  { title: "the errors of the vendor's examples have the vendor's words", run: refusesAsSaid },
  { title: "the deliveries of the vendor's examples have the vendor's bytes", run: deliversExamples },
  { title: "retries are as the vendor's examples say", run: retriesAsSaid },
  { title: "ids, keys and secrets have the forms of the vendor's examples", run: hasForms },
]

async function answersExamples(trial: Trial): Promise<void> {
  for (const example of trial.subject.definition.examples?.requests ?? []) await answersExample(trial, example)
}

async function answersExample(trial: Trial, example: RequestExample): Promise<void> {
  const { subject } = trial
  const { method, template } = splitRoute(example.route)
  const served = subject.served.find((one) => one.method === method && one.template === template)
  if (served === undefined) return trial.fault(`an example has ${method} ${template}, which is no route`)
  const customer = await trial.customer()
  const id = await idFor(trial, customer, example, served)
  const query = Object.fromEntries(new URLSearchParams(example.query))
  const asked = { ...(id !== null && { id }), query, body: example.body }
  const presented = presentedAs(subject, example, customer)
  const answer = await trial.askAs(presented, served, asked)
  if (answer.status !== example.answer.status) {
    const { status, text } = answer
    return trial.fault(
      `${served.title} answered ${status}, and the example has ${example.answer.status}: ${shortened(text)}`,
    )
  }
  new Comparison(trial, served.title, example).run(answer)
}

function presentedAs(subject: Subject, { headers, key }: RequestExample, customer: Customer): Presented {
  if (key === 'none') return {}
  const caller = key === 'unknown' ? { ...customer, key: `${customer.key.slice(0, -4)}0000` } : customer
  if (headers === undefined) return subject.credentials(caller)
  const filled = Object.entries(headers).map(([name, value]) => [
    name,
    value.replaceAll('{key}', caller.key).replaceAll('{tenant}', caller.tenant),
  ])
  return { headers: Object.fromEntries(filled) as Record<string, string> }
}

/** The id of the path: that of a webhook with the values of the answer that the request does not set; null: the path has none. */
async function idFor(
  trial: Trial,
  customer: Customer,
  { absentId, answer, body }: RequestExample,
  served: Served,
): Promise<string | null> {
  const { subject } = trial
  if (absentId !== undefined) return absentId
  const isList = served.kind === 'list'
  if (subject.idNameIn(served) === '' && !isList) return null
  const { creation: create } = subject
  const [endpoint = {}] = answer.status < 300 ? subject.endpointsIn(answer.body) : []
  if (create === undefined || (isList && Object.keys(endpoint).length === 0)) return null
  const { properties = {} } = subject.requestSchema(create)
  const secretNames = subject.fieldsOf('secret', 'secrets').map(([name]) => name)
  // The request itself gives these fields their values.
  const isChanged = (name: string): boolean => isObject(body) && name in body
  const given = Object.entries(endpoint).filter(
    ([name, value]) => name in properties && value !== null && !secretNames.includes(name) && !isChanged(name),
  )
  const { id } = await trial.register(customer, Object.fromEntries(given))
  return id
}

/** Holds an answer against that of an example. */
class Comparison {
  readonly #trial: Trial
  readonly #title: string
  readonly #varies: ReadonlySet<string>
  readonly #example: RequestExample

  constructor(trial: Trial, title: string, example: RequestExample) {
    this.#trial = trial
    this.#title = title
    this.#example = example
    this.#varies = new Set(example.answer.varies)
  }

  run({ body, text }: Answer): void {
    const expected = this.#example.answer.body
    if (expected === undefined) this.#trial.expect(text === '', `${this.#title}: the body should be empty: ${text}`)
    else this.#compare(expected, body, '')
  }

  #compare(expected: unknown, found: unknown, path: string): void {
    if (this.#varies.has(path)) return
    const { endpoint } = this.#trial.subject.definition
    const name = Object.keys(endpoint).find((one) => path === one || path.endsWith(`.${one}`)) ?? ''
    const field = endpoint[name]
    if (field !== undefined && this.#isEndpoint(path.slice(0, -name.length))) {
      return this.#compareField(field, expected, found, path)
    }
    if (Array.isArray(expected) && Array.isArray(found)) {
      if (!this.#hasEndpoints(expected) && expected.length !== found.length) {
        return this.#fault(path, `${expected.length} entries`, String(found.length))
      }
      const count = Math.min(expected.length, found.length)
      if (count < expected.length && count === 0) this.#fault(path, 'an entry', 'none')
      for (let index = 0; index < count; index++) this.#compare(expected[index], found[index], path)
      return
    }
    if (isObject(expected) && isObject(found)) return this.#compareMembers(expected, found, path)
    if (expected !== found) this.#fault(path, shown(expected), shown(found))
  }

  #compareMembers(expected: Fields, found: Fields, path: string): void {
    const place = (name: string): string => (path === '' ? name : `${path}.${name}`)
    for (const name of Object.keys(expected)) {
      if (this.#varies.has(place(name))) continue
      if (name in found) this.#compare(expected[name], found[name], place(name))
      else this.#fault(place(name), 'it', 'nothing')
    }
    for (const name of Object.keys(found)) {
      if (!(name in expected) && !this.#varies.has(place(name))) this.#fault(place(name), 'nothing', 'it')
    }
  }

  /** Whether a list is one of endpoints: only those that were made for the example are in the answer. */
  #hasEndpoints(list: readonly unknown[]): boolean {
    return list.some((one) => isObject(one) && this.#trial.subject.idField in one)
  }

  /** Whether a path leads to an endpoint, not to an error for example. */
  #isEndpoint(path: string): boolean {
    const outer = path.split('.').filter((one) => one !== '')
    const holder = outer.reduce<unknown>(
      (value, name) => (isObject(value) ? firstOf(value[name]) : undefined),
      firstOf(this.#example.answer.body),
    )
    return isObject(holder) && this.#trial.subject.idField in holder
  }

  /** A field that customers write has its value. The values of other fields are of the same form. */
  #compareField(field: Field, expected: unknown, found: unknown, path: string): void {
    const { is: kind, on } = field
    const { subject } = this.#trial
    switch (kind) {
      case 'id':
      case 'tenant': {
        const { definition, dialect } = subject
        const form = kind === 'id' ? idForm(definition.ids.endpoint, 'ids').pattern : dialect.tenantIdPattern
        const isOfForm = form.test(String(expected)) && typeof expected === typeof found
        if (!isOfForm) this.#fault(path, shown(expected), `${shown(found)}, of the form ${form.source}`)
        return
      }
      case 'createdAt':
      case 'updatedAt':
        if (shapeOf(expected) !== shapeOf(found)) this.#fault(path, shown(expected), shown(found))
        return
      case 'secret':
        if (prefixOf(expected) !== prefixOf(found) || isMasked(expected) !== isMasked(found)) {
          this.#fault(path, shown(expected), shown(found))
        }
        return
      default: {
        const isWritten = kind === 'enabled' || (on !== undefined && kind !== 'secrets')
        const isSame = isWritten
          ? isDeepStrictEqual(expected, found)
          : expected === null || found === null || typeof expected === typeof found
        if (!isSame) this.#fault(path, shown(expected), shown(found))
      }
    }
  }

  #fault(path: string, expected: string, found: string): void {
    this.#trial.fault(
      `${this.#title}: at ${path || 'the body'} the example has ${expected}, and the answer has ${found}`,
    )
  }
}

const exampleRequest = { id: 'x', method: 'GET', url: '/x', headers: {}, body: undefined }

function refusesAsSaid(trial: Trial): void {
  const { definition, dialect, answerProblem } = trial.subject
  for (const [name, { status, body, headers = {} }] of Object.entries(definition.examples?.errors ?? {})) {
    const problem = problemOf(name, {
      method: 'GET',
      path: '/x',
      id: 'x',
      detail: 'it is so',
      accepted: [],
      bytesMax: 1000,
      limit: dialect.quotas[0]?.requests ?? 0,
      retryAfterSeconds: 1,
    })
    if (problem === null) {
      trial.fault(`examples.errors: there is no problem ${name}`)
      continue
    }
    const answer = answerProblem(problem, exampleRequest)
    trial.expect(
      answer.status === status,
      `the error ${name} has the status ${answer.status}, and the example ${status}`,
    )
    const [found, expected] = [answer.body, body].map((one) => JSON.stringify(one) ?? '')
    trial.expect(found === expected, `the error ${name} is ${found}, and the example has ${expected}`)
    for (const [header, value] of Object.entries(headers)) {
      const sent = answer.headers?.[header.toLowerCase()]
      trial.expect(sent === value, `the error ${name} has ${header}: ${String(sent)}, and the example ${value}`)
    }
  }
}

function deliversExamples(trial: Trial): void {
  const { subject } = trial
  for (const [index, example] of (subject.definition.examples?.deliveries ?? []).entries()) {
    const title = `the delivery ${index + 1} of the examples`
    const { body, headers } = encoded(subject, example)
    if (body !== example.body) trial.fault(`${title} has the body ${example.body}, and deliveries.body gives ${body}`)
    for (const [name, value] of Object.entries(example.headers)) {
      const found = headers[name.toLowerCase()]
      if (found !== value) trial.fault(`${title} has ${name}: ${value}, and deliveries.headers gives ${String(found)}`)
    }
    const names = new Set(Object.keys(example.headers).map((name) => name.toLowerCase()))
    const others = Object.keys(headers).filter((name) => example.isComplete === true && !names.has(name))
    trial.expect(others.length === 0, `${title} has no ${others.join(', ')}, and deliveries.headers gives it`)
  }
}

function encoded({ dialect }: Subject, example: DeliveryExample) {
  const message = messageOf(dialect, example)
  const keys = [example.secret ?? []].flat().map((secret) => dialect.signingKey(secret))
  const sentAt = example.sentAt === undefined ? message.event.occurredAt : Date.parse(example.sentAt)
  const body = dialect.encode(message, keys, sentAt)
  return { body, headers: dialect.headers(message, Buffer.from(body), keys, sentAt) }
}

function retriesAsSaid(trial: Trial): void {
  const { definition, dialect } = trial.subject
  const said = definition.examples?.retries
  if (said === undefined) return
  const attempts = dialect.retries.waitsMs.length + 1
  trial.expect(
    attempts === said.attempts,
    `deliveries.waits gives ${attempts} attempts, and the vendor says ${said.attempts}`,
  )
  if (said.timeout !== undefined) {
    const isSame = durationMs(said.timeout, 'examples.retries.timeout') === dialect.timeoutMs
    trial.expect(isSame, `deliveries.timeout is ${dialect.timeoutMs} ms, and the vendor says ${said.timeout}`)
  }
  if (said.waits !== undefined) {
    const isSame = isDeepStrictEqual(schedulesOf(said.waits).usual, dialect.retries)
    trial.expect(isSame, `deliveries.waits is not ${said.waits}, as the vendor says`)
  }
  if (said.ends !== undefined) endsAsSaid(trial, said.ends)
}

const failures = [300, 301, 400, 401, 403, 404, 408, 410, 422, 429, 499, 500, 502, 503, 504]

function endsAsSaid(trial: Trial, ends: readonly number[]): void {
  const { dialect, eventTypes } = trial.subject
  const { event } = messageOf(dialect, { event: { type: eventTypes[0], data: '{}' } })
  const outcomes: readonly (readonly [title: string, outcome: Outcome])[] = [
    ...[...new Set([...failures, ...ends])].map(
      (status) => [String(status), { kind: 'rejected', status, retryAfterMs: null }] as const,
    ),
    ['a timeout', { kind: 'timedOut', phase: 'headers' }],
    ['no connection', { kind: 'unreachable', error: 'connection refused' }],
  ]
  for (const [title, outcome] of outcomes) {
    const isRetried = dialect.verdict(outcome, 1, event).kind === 'retry'
    const isSaid = !ends.map(String).includes(title)
    trial.expect(
      isRetried === isSaid,
      `after ${title} a delivery is ${isRetried ? '' : 'not '}retried: the vendor says else`,
    )
  }
}

function hasForms(trial: Trial): void {
  const { definition, dialect } = trial.subject
  const { tenant, event, key, secret } = definition.examples?.forms ?? {}
  const check = (field: string, example: string | undefined, form: RegExp): void =>
    trial.expect(example === undefined || form.test(example), `${field} does not have the form of ${String(example)}`)
  check('ids.tenant', tenant, dialect.tenantIdPattern)
  check('ids.event', event, idForm(definition.ids.event, 'ids.event').pattern)
  check('keys.form', key, idForm(definition.keys.form, 'keys.form').pattern)
  const made = dialect.endpointRules.newSecret?.(randomBytes)
  const isSame = secret === undefined || (made?.length === secret.length && prefixOf(made) === prefixOf(secret))
  trial.expect(isSame, `deliveries.secrets does not have the form of ${String(secret)}`)
}

/** A text with its digits as 0: the form of a time. */
function shapeOf(value: unknown): string {
  return `${typeof value} ${String(value).replaceAll(/\d/g, '0')}`
}

/** The letters of a secret before its random part. */
function prefixOf(value: unknown): string {
  return /^[a-z]+[_-]/.exec(String(value))?.[0] ?? ''
}

/** Whether a secret has letters in place of its own. */
function isMasked(secret: unknown): boolean {
  return /[•*…]{3}|\.{3}/.test(String(secret))
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing'
}
