// Every operation on success: answers show the values that requests gave, and the operator sees the same endpoint.

import { isDeepStrictEqual } from 'node:util'
import { idForm } from '../dialect-kit/id-forms.ts'
import type { Answer } from './document.ts'
import { nextPage } from './paging.ts'
import type { Fields, Served, Subject } from './subject.ts'
import type { Check, Customer, Trial } from './trial.ts'

export const operationChecks: readonly Check[] = [
  { title: 'a webhook is created, and answers show the values of the request', run: creates },
  { title: 'a change is read back, and the other fields keep their values', run: changes },
  { title: 'the list has each webhook once, whole and in pages', run: lists },
  { title: 'a deleted webhook is gone', run: deletes },
  { title: 'a rotation gives a new secret', run: rotates },
  { title: 'the list of event types has each type once', run: listsEventTypes },
  { title: 'the secret is in the answers that "shown" names, and in no others', run: showsSecrets },
]

async function creates(trial: Trial): Promise<void> {
  const { subject } = trial
  const { creation: create } = subject
  if (create === undefined) return trial.stop('no route creates a webhook')
  for (const which of ['required', 'all'] as const) {
    const customer = await trial.customer()
    const sent = subject.sample(create, trial.hook().url, which)
    const answer = await trial.want(customer, create, subject.asked(create, sent))
    const [shown] = subject.endpointsIn(answer.body)
    if (shown === undefined) return trial.stop(`${create.title}: no member of the answer has ${subject.idField}`)
    const id = subject.idIn(shown, sent)
    const { pattern } = idForm(subject.definition.ids.endpoint, 'ids.endpoint')
    const isOfForm = subject.key !== null || pattern.test(id)
    trial.expect(isOfForm, `${create.title}: the id ${String(shown[subject.idField])} does not match ids.endpoint`)
    compare(trial, create.title, sent, shown)
    await compareOperatorView(trial, customer, create.title, id, shown)
    await compareReads(trial, customer, id, shown)
  }
}

async function compareReads(trial: Trial, customer: Customer, id: string, shown: Fields): Promise<void> {
  const { subject } = trial
  const names = stableFields(subject)
  for (const served of [subject.one('get'), subject.one('list')]) {
    if (served === undefined) continue
    const [read] = subject.endpointsIn((await trial.want(customer, served, { id })).body)
    // An answer may leave out the key that the customer chose.
    const isShown = read !== undefined && [id, ...(subject.key === null ? [] : [''])].includes(subject.idIn(read))
    if (!isShown) return trial.fault(`${served.title} does not show the new webhook`)
    for (const name of names) {
      if (!(name in read) || !(name in shown) || isDeepStrictEqual(read[name], shown[name])) continue
      trial.fault(`${served.title} shows ${name} as ${text(read[name])}, and the create answered ${text(shown[name])}`)
    }
  }
}

async function changes(trial: Trial): Promise<void> {
  const { subject } = trial
  for (const served of subject.served.filter(({ kind }) => ['change', 'replace', 'put'].includes(kind))) {
    const customer = await trial.customer()
    const { id, sent } = await trial.register(customer)
    const { properties = {} } = subject.requestSchema(served)
    for (const name of Object.keys(properties).filter((one) => one !== subject.key?.name)) {
      const value = otherValue(trial, served, name)
      const base = served.kind === 'change' ? {} : sent
      const before = await trial.inOperatorView(customer, id)
      const answer = await trial.want(customer, served, { id, ...subject.asked(served, { ...base, [name]: value }) })
      const [shown = {}] = subject.endpointsIn(answer.body)
      compare(trial, served.title, { [name]: value }, shown)
      const after = await trial.inOperatorView(customer, id)
      const get = subject.one('get')
      const read = get === undefined ? {} : subject.endpointsIn((await trial.want(customer, get, { id })).body)[0]
      compare(trial, `${served.title}, then a read`, { [name]: value }, read ?? {})
      if (served.kind === 'change') compareOthers(trial, served, name, before, after)
    }
  }
}

/** The operator's names of the parts of an endpoint, by what a field is. */
const parts = {
  url: ['url'],
  description: ['description'],
  eventType: ['eventTypes'],
  eventTypes: ['eventTypes'],
  enabled: ['enabled', 'disabledReason'],
  secret: ['secrets'],
  secrets: ['secrets'],
  headers: ['headers'],
  filter: ['filters'],
} as const

function compareOthers(trial: Trial, { title }: Served, name: string, before: Fields, after: Fields): void {
  const field = trial.subject.definition.endpoint[name]
  if (field === undefined || !Object.hasOwn(parts, field.is)) return
  const own: readonly string[] = parts[field.is as keyof typeof parts]
  for (const part of Object.values(parts).flat()) {
    if (own.includes(part) || isDeepStrictEqual(before[part], after[part])) continue
    trial.fault(`${title}: a change of ${name} also changes the ${part} of the webhook`)
  }
}

/** A good value that the webhook does not have yet. */
function otherValue(trial: Trial, served: Served, name: string): unknown {
  const { subject } = trial
  const field = subject.definition.endpoint[name]
  const schema = subject.requestSchema(served).properties?.[name] ?? {}
  const type = subject.eventTypes[1] ?? subject.eventTypes[0]
  if (field?.is === 'enabled') return field.words === undefined ? field.inverted === true : field.words[1]
  return subject.valueFor(name, schema, trial.hook().url, type)
}

async function lists(trial: Trial): Promise<void> {
  const { subject } = trial
  const list = subject.one('list')
  if (list === undefined) return
  const customer = await trial.customer()
  const ids: string[] = []
  const { eventTypes } = subject
  for (let count = 0; count < Math.min(3, subject.keysMax); count++) {
    ids.push((await trial.register(customer, subject.keyField(count), eventTypes[count % eventTypes.length])).id)
  }
  await compareList(trial, customer, list, null, ids)
  if (list.operation.pages !== undefined) for (const size of [1, 2]) await compareList(trial, customer, list, size, ids)
}

/** @param size the size of the pages; null: that of a request that does not say it */
async function compareList(
  trial: Trial,
  customer: Customer,
  list: Served,
  size: number | null,
  ids: readonly string[],
): Promise<void> {
  const { subject } = trial
  const pages: Answer[] = []
  while (pages.length <= ids.length) {
    const query = size === null ? (pages.length === 0 ? {} : null) : nextPage(subject, list, size, pages)
    if (query === null) break
    pages.push(await trial.want(customer, list, { query }))
  }
  const listed = pages.flatMap(({ body }) => subject.endpointsIn(body)).map((one) => subject.idIn(one))
  if (isDeepStrictEqual(listed.toSorted(), ids.toSorted())) return
  const what = size === null ? '' : ` in pages of ${size}`
  trial.fault(
    `${list.title}${what} shows the webhooks ${listed.join(', ') || '(none)'}, and there are ${ids.join(', ')}`,
  )
}

async function deletes(trial: Trial): Promise<void> {
  const { subject } = trial
  const [remove, get, list] = [subject.one('remove'), subject.one('get'), subject.one('list')]
  if (remove === undefined) return
  const customer = await trial.customer()
  const { id } = await trial.register(customer)
  await trial.want(customer, remove, { id })
  for (const served of [get, remove]) {
    if (served === undefined) continue
    const { status } = await trial.ask(customer, served, { id })
    trial.expect(status >= 400 && status < 500, `${served.title} answered ${status} for a deleted webhook`)
  }
  if (list !== undefined) {
    const { body } = await trial.want(customer, list)
    trial.expect(subject.endpointsIn(body).length === 0, `${list.title} shows a deleted webhook`)
  }
  const { deliveries } = await trial.post(customer.tenant, subject.eventTypes[0])
  trial.expect(deliveries === 0, 'a deleted webhook gets events')
}

async function rotates(trial: Trial): Promise<void> {
  const rotate = trial.subject.one('rotate')
  if (rotate === undefined) return
  const customer = await trial.customer()
  const { id } = await trial.register(customer)
  const [before] = secretsOf(await trial.inOperatorView(customer, id))
  await trial.want(customer, rotate, { id })
  const [after] = secretsOf(await trial.inOperatorView(customer, id))
  trial.expect(after !== undefined && after !== before, `${rotate.title}: the webhook has the same secret as before`)
}

async function listsEventTypes(trial: Trial): Promise<void> {
  const list = trial.subject.one('eventTypes')
  if (list === undefined) return
  const { text: shown } = await trial.want(await trial.customer(), list)
  for (const { name } of trial.subject.dialect.eventTypes) {
    const count = shown.split(JSON.stringify(name)).length - 1
    trial.expect(count === 1, `${list.title} has the event type ${name} ${count} times`)
  }
}

async function showsSecrets(trial: Trial): Promise<void> {
  const { subject } = trial
  const fields = subject.fieldsOf('secret', 'secrets')
  for (const [name, { shown }] of fields) {
    trial.expect(shown !== undefined, `endpoint.${name}: say in "shown" which answers have the secret, or "never"`)
  }
  const shownIn = fields.flatMap(([, { shown = '' }]) => shown.split(' '))
  const customer = await trial.customer()
  const { creation: create } = subject
  if (create === undefined) return
  const sent = subject.sample(create, trial.hook().url, 'all')
  const created = await trial.want(customer, create, subject.asked(create, sent))
  const id = subject.idIn(subject.endpointsIn(created.body)[0] ?? {}, sent)
  for (const served of subject.served) {
    if (['remove', 'create', 'createMany', 'secret'].includes(served.kind)) continue
    const view = subject.viewOf(served)
    const isChange = ['change', 'replace', 'put'].includes(served.kind)
    const answer = await trial.ask(customer, served, {
      id,
      ...(isChange && { body: subject.bodyOf(served, unsecret(subject, served, trial)) }),
    })
    checkSecret(trial, served, view, answer.text, secretsOf(await trial.inOperatorView(customer, id)), shownIn)
  }
  checkSecret(trial, create, 'create', created.text, secretsOf(await trial.inOperatorView(customer, id)), shownIn)
}

function checkSecret(
  trial: Trial,
  { title, kind }: Served,
  view: string | undefined,
  answer: string,
  secrets: readonly string[],
  shownIn: readonly string[],
): void {
  const isShown = secrets.some((secret) => answer.includes(secret))
  const isDeclared = view !== undefined && shownIn.includes(view)
  if (isShown && !isDeclared) trial.fault(`${title} shows the secret, and no field says so in "shown"`)
  const changed = ['rotate', 'replace', 'put', 'create', 'createMany'].includes(kind)
  if (!isShown && isDeclared && secrets.length > 0 && !changed) trial.fault(`${title} does not show the secret`)
}

/** A change of the URL, so that the secret stays. */
function unsecret(subject: Subject, served: Served, trial: Trial): Fields {
  const { properties = {} } = subject.requestSchema(served)
  const names = subject.fieldsOf('url', 'eventTypes', 'eventType').map(([name]) => name)
  const all = subject.sample(served, trial.hook().url, 'all')
  return Object.fromEntries(names.filter((name) => name in properties).map((name) => [name, all[name]]))
}

function secretsOf(endpoint: Fields): readonly string[] {
  return (endpoint['secrets'] as readonly { readonly value: string }[]).map(({ value }) => value)
}

/** Faults for the fields of a request that the answer shows with other values. */
function compare(trial: Trial, title: string, sent: Fields, shown: Fields): void {
  const secretNames = trial.subject.fieldsOf('secret', 'secrets').map(([name]) => name)
  for (const [name, value] of Object.entries(sent)) {
    if (!(name in shown) || secretNames.includes(name) || isDeepStrictEqual(shown[name], value)) continue
    trial.fault(`${title}: ${name} was sent as ${text(value)}, and is shown as ${text(shown[name])}`)
  }
}

async function compareOperatorView(
  trial: Trial,
  customer: Customer,
  title: string,
  id: string,
  shown: Fields,
): Promise<void> {
  const seen = await trial.inOperatorView(customer, id)
  for (const kind of ['url', 'description', 'eventTypes'] as const) {
    const [name] = trial.subject.fieldsOf(kind)[0] ?? []
    if (name === undefined || !(name in shown) || isDeepStrictEqual(seen[kind], shown[name])) continue
    trial.fault(`${title} shows ${name} as ${text(shown[name])}, and it is stored as ${text(seen[kind])}`)
  }
  const [created] = trial.subject.fieldsOf('createdAt')[0] ?? []
  if (created === undefined || !(created in shown)) return
  const at = shown[created]
  const ms = typeof at === 'number' ? (at < 1e11 ? at * 1000 : at) : Date.parse(String(at))
  const isNow = Math.abs(Date.now() - ms) < 60_000
  trial.expect(isNow, `${title}: ${created} is ${text(at)}, which is not the time of the request`)
}

/** The fields whose values do not change by themselves, without secrets. */
function stableFields(subject: Subject): readonly string[] {
  const secrets = subject.fieldsOf('secret', 'secrets').map(([name]) => name)
  const written = Object.entries(subject.definition.endpoint).filter(([, { on }]) => on !== undefined)
  const lasting = [...written, ...subject.fieldsOf('id', 'tenant', 'enabled', 'createdAt')]
  return lasting.map(([name]) => name).filter((name) => !secrets.includes(name))
}

function text(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing'
}
