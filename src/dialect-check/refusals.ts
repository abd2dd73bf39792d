// Requests that must be refused, in the dialect's own form, and that change nothing.

import type { TSchema } from 'typebox'
import { Compile } from 'typebox/schema'
import type { Field } from '../dialect-kit/fields/fields.ts'
import { type Answer, shortened } from './document.ts'
import type { Served } from './subject.ts'
import { type Check, type Customer, mediaTypeOf, type Trial } from './trial.ts'

export const refusalChecks: readonly Check[] = [
  { title: 'a request without a required field is refused', run: refusesMissing },
  { title: 'values of wrong types are refused', run: refusesWrongTypes },
  { title: 'an unknown event type is refused, where the catalogue is closed', run: refusesUnknownTypes },
  { title: 'unknown ids are not found', run: refusesUnknownIds },
  { title: 'a body that is not a JSON object is refused', run: refusesMalformed },
  { title: 'unknown paths and methods are refused in the form of the errors', run: refusesUnknownRoutes },
  { title: 'requests without a good key are refused', run: refusesWrongKeys },
  { title: 'keys without the permission are refused', run: refusesWeakKeys },
]

async function refusesMissing(trial: Trial): Promise<void> {
  const { subject } = trial
  for (const served of writes(trial, 'create', 'createMany', 'put')) {
    const customer = await trial.customer()
    const { required = [] } = subject.requestSchema(served)
    const needed = subject.fieldsOf('url', 'eventType', 'eventTypes').filter(([, field]) => !hasDefault(field))
    for (const [name] of needed.filter(([one]) => one !== subject.keyInPath(served))) {
      const isRequired = required.includes(name) || subject.dialect.endpointRules.eventTypesAsWritten === true
      trial.expect(isRequired, `endpoint.${name} must be required on create: write "create!" in "on"`)
    }
    for (const name of required) {
      const { [name]: _, ...fields } = subject.sample(served, trial.hook().url, 'all')
      const answer = await trial.ask(customer, served, subject.asked(served, fields))
      refused(trial, `${served.title} without ${name}`, answer)
    }
    await nothingCreated(trial, customer)
  }
}

function hasDefault(field: Field): boolean {
  return field.is === 'eventTypes' && (field.default !== undefined || field.all !== undefined)
}

const anyValues: readonly unknown[] = [12, 1.5, 'a text', '', true, [], [12], {}, null]

async function refusesWrongTypes(trial: Trial): Promise<void> {
  const { subject } = trial
  for (const served of writes(trial, 'create', 'createMany', 'put', 'change', 'replace').filter(takesJson)) {
    const customer = await trial.customer()
    const isCreate = served.kind.startsWith('create') || served.kind === 'put'
    const id = isCreate ? undefined : (await trial.register(customer)).id
    const before = id === undefined ? null : await trial.inOperatorView(customer, id)
    for (const [name, schema] of Object.entries(subject.requestSchema(served).properties ?? {})) {
      const validator = Compile(schema as unknown as TSchema)
      for (const value of anyValues.filter((one) => !validator.Check(one))) {
        const fields = { ...subject.sample(served, trial.hook().url, 'required'), [name]: value }
        const answer = await trial.ask(customer, served, { ...(id && { id }), ...subject.asked(served, fields) })
        refused(trial, `${served.title} with ${name}: ${JSON.stringify(value)}`, answer)
      }
    }
    if (id === undefined) await nothingCreated(trial, customer)
    else unchanged(trial, served.title, before, await trial.inOperatorView(customer, id))
  }
}

async function refusesUnknownTypes(trial: Trial): Promise<void> {
  const { subject } = trial
  if (subject.dialect.openCatalogue || subject.dialect.endpointRules.wildcards === 'prefix') return
  for (const served of writes(trial, 'create', 'createMany', 'put')) {
    const customer = await trial.customer()
    const fields = subject.sample(served, trial.hook().url, 'required', 'no.such.event')
    refused(
      trial,
      `${served.title} with the event type no.such.event`,
      await trial.ask(customer, served, subject.asked(served, fields)),
    )
  }
}

async function refusesUnknownIds(trial: Trial): Promise<void> {
  const { subject } = trial
  const customer = await trial.customer()
  const absent = subject.absentId
  for (const served of onOneWebhook(trial)) {
    for (const id of [absent, 'x', `${absent}x`, '0', '-1', 'a b', '../x', 'x'.repeat(3000)]) {
      const answer = await trial.ask(customer, served, { id, body: bodyFor(trial, served) })
      refused(trial, `${served.title} with the id ${shortened(id)}`, answer)
    }
  }
}

async function refusesMalformed(trial: Trial): Promise<void> {
  const customer = await trial.customer()
  const { id } = await trial.register(customer)
  for (const served of writes(trial, 'create', 'createMany', 'put', 'change', 'replace').filter(takesJson)) {
    for (const raw of ['{', '[]', '"text"', '12', 'null', '{}{}']) {
      refused(trial, `${served.title} with the body ${raw}`, await trial.ask(customer, served, { id, raw }))
    }
    const asked = { id, raw: '{}', mediaType: 'text/plain' }
    refused(trial, `${served.title} with the media type text/plain`, await trial.ask(customer, served, asked))
  }
}

async function refusesUnknownRoutes(trial: Trial): Promise<void> {
  const { definition, served } = trial.subject
  const { prefixes } = definition.api
  const customer = await trial.customer()
  for (const { title, template } of served) {
    const inside = prefixes.some(
      (prefix) => template.startsWith(prefix) && ['', '/', ':'].includes(template.charAt(prefix.length)),
    )
    trial.expect(inside, `${title} is below no prefix of api.prefixes: unknown paths beside it get other errors`)
  }
  const presented = trial.subject.credentials(customer)
  const form = Compile(definition.errors.schema as TSchema)
  const check = (title: string, { status, body, text }: Answer): void => {
    refused(trial, title, { status, text })
    if (status < 500 && !form.Check(body))
      trial.fault(`${title}: the error does not have the form of errors.schema: ${shortened(text)}`)
  }
  for (const prefix of prefixes) {
    const path = `${prefix}/no/such/path`
    check(`GET ${path}`, await trial.send('GET', path, presented))
    check(`POST ${path}`, await trial.send('POST', path, presented, '{}'))
  }
  const paths = new Set(served.map(({ template }) => template))
  for (const path of paths) {
    const own = served.filter(({ template }) => template === path).map(({ method }) => method)
    const method = ['PATCH', 'PUT', 'DELETE'].find((one) => !own.includes(one))
    if (method === undefined) continue
    check(`${method} ${path}`, await trial.send(method, path.replaceAll(/\{\w+\}/g, 'absent'), presented, '{}'))
  }
}

async function refusesWrongKeys(trial: Trial): Promise<void> {
  const { subject } = trial
  const customer = await trial.customer()
  const { id } = await trial.register(customer)
  const before = await trial.inOperatorView(customer, id)
  const { id: foreign } = await trial.operator(201, 'POST', '/v1/tenants', { dialect: 'standard' })
  const revoked = await trial.keyFor(customer.tenant)
  await trial.operator(204, 'DELETE', `/v1/keys/${revoked.keyId}`)
  const last = customer.key.endsWith('a') ? 'b' : 'a'
  const wrong = {
    'an unknown key': customer.key.slice(0, -1) + last,
    'a part of a key': customer.key.slice(0, -1),
    'a key of another dialect': (await trial.keyFor(String(foreign))).key,
    'a revoked key': revoked.key,
  }
  for (const served of subject.served.filter(({ isPublic }) => !isPublic)) {
    const asked = { id, body: bodyFor(trial, served) }
    refused(trial, `${served.title} without a key`, await trial.askAs({}, served, asked))
    for (const [title, key] of Object.entries(wrong)) {
      refused(trial, `${served.title} with ${title}`, await trial.ask({ ...customer, key }, served, asked))
    }
  }
  unchanged(trial, 'a request without a good key', before, await trial.inOperatorView(customer, id))
}

async function refusesWeakKeys(trial: Trial): Promise<void> {
  const { keys, routes } = trial.subject.definition
  const { needs, roles = [], rolesWithAccess = roles } = keys
  const strong = await trial.customer()
  const role = roles.find((one) => !rolesWithAccess.includes(one))
  const weak = needs !== undefined ? { scopes: [] } : role !== undefined ? { role } : null
  if (weak === null) return
  const customer = await trial.keyFor(strong.tenant, weak)
  const { id } = await trial.register(strong)
  const free = Object.values(routes).filter((operation) => operation.needs === null)
  for (const served of trial.subject.served) {
    if (free.some(({ kind }) => kind === served.kind)) continue
    const answer = await trial.ask(customer, served, { id, body: bodyFor(trial, served) })
    refused(trial, `${served.title} with a key that lacks the permission`, answer)
  }
}

/** The operations on one webhook, which have its id in their path. */
export function onOneWebhook({ subject }: Trial): readonly Served[] {
  return subject.served.filter((served) => subject.idNameIn(served) !== '')
}

/** A good body for an operation; undefined: it has none. */
export function bodyFor({ subject }: Trial, served: Served): unknown {
  if (served.documented.requestBody === undefined) return undefined
  return subject.asked(served, subject.sample(served, 'https://example.com/hook', 'required')).body
}

function writes({ subject }: Trial, ...kinds: readonly string[]): readonly Served[] {
  return subject.served.filter(({ kind }) => kinds.includes(kind))
}

/** In a form all values are texts. */
const takesJson = (served: Served): boolean => /[/+]json$/.test(mediaTypeOf(served))

function refused(trial: Trial, title: string, { status, text }: Pick<Answer, 'status' | 'text'>): void {
  // Answers of 500 and more are faults of a check of their own.
  if (status >= 400) return
  trial.fault(`${title} should be refused, and was answered ${status}: ${shortened(text)}`)
}

async function nothingCreated(trial: Trial, { tenant }: Customer): Promise<void> {
  const { data } = await trial.operator(200, 'GET', `/v1/tenants/${tenant}/endpoints`)
  trial.expect((data as readonly unknown[]).length === 0, 'a request that was refused has created a webhook')
}

function unchanged(trial: Trial, title: string, before: unknown, after: unknown): void {
  if (JSON.stringify(before) !== JSON.stringify(after))
    trial.fault(`${title}: a refused request has changed the webhook`)
}
