// The examples from the vendor's own pages: the second witness. Checks that follow from the definition cannot find a wrong
// definition.

import { isDeepStrictEqual } from 'node:util'
import { durationMs } from '../dialect-kit/durations.ts'
import type { DeliveryExample, RequestExample } from '../dialect-kit/examples.ts'
import type { Field } from '../dialect-kit/fields/fields.ts'
import { idForm } from '../dialect-kit/id-forms.ts'
import { splitRoute } from '../dialect-kit/operations/routes.ts'
import { type Answer, shortened } from './document.ts'
import { messageOf } from './messages.ts'
import type { Fields, Served, Subject } from './subject.ts'
import type { Check, Trial } from './trial.ts'

export const witnessChecks: readonly Check[] = [
  { title: "the requests of the vendor's examples have the vendor's answers", run: answersExamples },
  { title: "the deliveries of the vendor's examples have the vendor's bytes", run: deliversExamples },
  { title: "retries are as the vendor's examples say", run: retriesAsSaid },
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
  const asked = { ...(id !== null && { id }), body: example.body }
  const presented =
    example.key === 'none'
      ? {}
      : trial.credentials(
          example.key === 'unknown' ? { ...customer, key: `${customer.key.slice(0, -4)}0000` } : customer,
        )
  const answer = await trial.askAs(presented, served, asked)
  if (answer.status !== example.answer.status) {
    const { status, text } = answer
    return trial.fault(
      `${served.title} answered ${status}, and the example has ${example.answer.status}: ${shortened(text)}`,
    )
  }
  new Comparison(trial, served.title, example).run(answer)
}

/** The id of the path: that of a webhook with the values of the answer; null: the path has none. */
async function idFor(
  trial: Trial,
  customer: Awaited<ReturnType<Trial['customer']>>,
  { absentId, answer }: RequestExample,
  served: Served,
): Promise<string | null> {
  const { subject } = trial
  if (absentId !== undefined) return absentId
  const isList = served.kind === 'list'
  if (subject.idNameIn(served) === '' && !isList) return null
  const { creation: create } = subject
  const [endpoint = {}] = subject.endpointsIn(answer.body)
  if (create === undefined || (isList && Object.keys(endpoint).length === 0)) return null
  const { properties = {} } = subject.requestSchema(create)
  const secretNames = subject.fieldsOf('secret', 'secrets').map(([name]) => name)
  const given = Object.entries(endpoint).filter(
    ([name, value]) => name in properties && value !== null && !secretNames.includes(name),
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
        if (prefixOf(expected) !== prefixOf(found)) this.#fault(path, shown(expected), shown(found))
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
  }
}

function encoded({ dialect }: Subject, example: DeliveryExample) {
  const message = messageOf(dialect, example)
  const keys = example.secret === undefined ? [] : [dialect.signingKey(example.secret)]
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
  if (said.timeout === undefined) return
  const isSame = durationMs(said.timeout, 'examples.retries.timeout') === dialect.timeoutMs
  trial.expect(isSame, `deliveries.timeout is ${dialect.timeoutMs} ms, and the vendor says ${said.timeout}`)
}

/** A text with its digits as 0: the form of a time. */
function shapeOf(value: unknown): string {
  return `${typeof value} ${String(value).replaceAll(/\d/g, '0')}`
}

/** The letters of a secret before its random part. */
function prefixOf(value: unknown): string {
  return /^[a-z]+[_-]/.exec(String(value))?.[0] ?? ''
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
