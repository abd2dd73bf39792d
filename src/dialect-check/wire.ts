// The dialect's functions without a service: ids, secrets, bodies, headers, verdicts, health.

import { type KeyObject, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/schema'
import type { Message } from '../contracts/delivery-dialect.ts'
import { contentTypeOf } from '../dialect-kit/deliveries/body.ts'
import type { Outcome } from '../domain/attempt.ts'
import type { DeliveryId, EndpointKey } from '../domain/ids.ts'
import { shortened } from './document.ts'
import { messageOf, newKeys } from './messages.ts'
import type { Check, Trial } from './trial.ts'

export const wireChecks: readonly Check[] = [
  { title: 'ids, keys and secrets do not repeat', run: makesDifferentIds },
  { title: 'the fields of a webhook are complete', run: hasFields },
  { title: 'bodies are the same at any time, and carry the data as posted', run: encodes },
  { title: 'headers are complete, and the signature changes with the body and with the key', run: signs },
  { title: 'successes are successes, failures are not, and retries end', run: judges },
  { title: 'one failure does not disable a webhook', run: keepsHealth },
  { title: 'the test event is in the catalogue', run: hasTestEvent },
]

/** Ids of nine digits do not repeat by chance among so few. */
const madeCount = 300

function makesDifferentIds(trial: Trial): void {
  const { dialect } = trial.subject
  const { endpointRules } = dialect
  const { newSecret } = endpointRules
  const now = Date.now()
  const makers = {
    'ids.tenant': () => dialect.newTenantId(randomBytes),
    'ids.endpoint': (index: number) => dialect.newEndpointId((index + 1) as EndpointKey, randomBytes),
    'ids.event': () => dialect.newEventId(now, randomBytes),
    'keys.form': () => dialect.newApiKey(randomBytes),
    ...(newSecret !== null && { 'deliveries.secrets': () => newSecret(randomBytes) }),
  }
  for (const [field, make] of Object.entries(makers)) {
    const made = new Set(Array.from({ length: madeCount }, (_, index) => make(index)))
    trial.expect(made.size === madeCount, `${field}: only ${made.size} of ${madeCount} are different`)
    const weak = (field === 'keys.form' || field === 'deliveries.secrets') && [...made].some((one) => one.length < 16)
    trial.expect(!weak, `${field}: a key or secret has fewer than 16 characters, and can be guessed`)
  }
  const tenant = dialect.newTenantId(randomBytes)
  trial.expect(dialect.tenantIdPattern.test(tenant), `ids.tenant: ${tenant} does not match ids.tenantPattern`)
  if (newSecret === null) return
  const fault = endpointRules.secretFault(newSecret(randomBytes))
  trial.expect(fault === null, `deliveries.secrets: a customer may not choose a secret of the generated form: ${fault}`)
}

function hasFields(trial: Trial): void {
  const { subject } = trial
  const onCreate = (on = ''): boolean => /\bcreate\b/.test(on)
  const given = [subject.fieldsOf('url'), subject.fieldsOf('eventType', 'eventTypes')] as const
  for (const [index, fields] of given.entries()) {
    const what = ['the URL', 'the event types'][index]
    trial.expect(
      fields.some(([, { on }]) => onCreate(on)),
      `endpoint: no field that a create takes is ${what}`,
    )
  }
  for (const kind of ['id', 'url', 'description', 'enabled', 'createdAt', 'updatedAt'] as const) {
    const names = subject.fieldsOf(kind).map(([name]) => name)
    trial.expect(names.length < 2, `endpoint: ${names.join(' and ')} are both ${kind}`)
  }
  // A field that no answer shows may be shown in another form: as a link, or computed.
  for (const [name, { is, shown = 'create get list' }] of subject.fieldsOf('id', 'url')) {
    if (shown === 'never') continue
    for (const view of is === 'id' ? ['create', 'get', 'list'] : ['get', 'list']) {
      trial.expect(shown.split(' ').includes(view), `endpoint.${name} must be shown in the answer to ${view}`)
    }
  }
  for (const type of subject.dialect.eventTypes) {
    trial.expect(type.description.trim() !== '', `events: ${type.name} has no description`)
  }
  trial.expect(
    subject.dialect.openCatalogue || subject.dialect.eventTypes.length > 0,
    'events: the catalogue is empty, and openCatalogue is not set',
  )
}

/** Long enough for a clock that counts seconds to go on. */
const laterMs = 1100
const data = '{"id":12345678901234567890,"price":1.0, "text":"Zoë \\u00e9"}'

async function encodes(trial: Trial): Promise<void> {
  const { dialect, definition } = trial.subject
  const { body: form } = definition.deliveries
  const schema = Compile(form.schema as TSchema)
  const types = [...trial.subject.eventTypes, ...(dialect.openCatalogue ? ['a "quoted" \\ type'] : [])]
  const messages = types.map((type) => messageOf(dialect, { event: { type, data } }))
  const keys = await newKeys(dialect)
  const encoded = (message: Message): string => dialect.encode(message, keys)
  const bodies = messages.map(encoded)
  for (const [index, body] of bodies.entries()) {
    const type = types[index] ?? ''
    trial.expect(Buffer.from(body).toString() === body, `the body of ${type} is no well-formed text`)
    const value = jsonOf(body)
    const contentType = contentTypeOf(form, messages[index] as Message)
    if (/[/+]json\b/.test(contentType ?? '')) {
      if (value === undefined) trial.fault(`the body of ${type} is not JSON: ${shortened(body)}`)
      else if (!schema.Check(value)) trial.fault(`the body of ${type} does not match the schema of its parts: ${body}`)
    } else if (typeof value === 'object') {
      trial.fault(`the body of ${type} is JSON, and its content type is ${contentType ?? 'none'}`)
    }
    const quotes = body.includes('"price"')
    trial.expect(!quotes || body.includes(data), `the body of ${type} changes the data: ${shortened(body)}`)
  }
  const [one, other] = ['{"n":1}', '{"n":2}'].map((text) =>
    encoded(messageOf(dialect, { ...fixed, event: { ...fixed.event, data: text } })),
  )
  const isThin = one === other
  const again = messageOf(dialect, { ...fixed, attempt: 2, event: { ...fixed.event, data: '{"n":1}' } })
  const differs = dialect.bodyPerAttempt === true
  trial.expect(differs || encoded(again) === one, 'deliveries.body: the second attempt has another body than the first')
  const idOnly = encoded(messageOf(dialect, { ...fixed, event: { ...fixed.event, id: 'other_id' } }))
  trial.expect(!isThin || idOnly !== one, 'deliveries.body: all events have the same body')
  // A token has another signature each time.
  if (differs) return
  await sleep(laterMs)
  for (const [index, message] of messages.entries()) {
    const later = encoded(structuredClone(message))
    trial.expect(later === bodies[index], `the body of ${types[index]} is another one a second later`)
  }
}

const fixed = {
  tenant: 'tenant-1',
  endpoint: { id: 'endpoint-1' },
  event: { id: 'event_1', type: 'check.happened', data: '{}' },
} as const

async function signs(trial: Trial): Promise<void> {
  const { dialect, definition } = trial.subject
  const [type] = trial.subject.eventTypes
  const message = messageOf(dialect, { event: { type, data } })
  const at = Date.parse('2026-03-04T05:06:07.089Z')
  const [keys, otherKeys] = await Promise.all([newKeys(dialect), newKeys(dialect)])
  const [bytes, otherBytes] = [keys, otherKeys].map((one) => Buffer.from(dialect.encode(message, one, at)))
  if (bytes === undefined || otherBytes === undefined) return
  const headersOf = (signing: readonly KeyObject[], body = bytes) =>
    dialect.headers(structuredClone(message), body, signing, at)
  const headers = headersOf(keys)
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') trial.fault(`the header ${name} is ${typeof value}, not a text`)
    else if (/[^\t\x20-\x7e]/.test(value)) trial.fault(`the header ${name} has letters beyond ASCII: ${value}`)
    else if (value === '' || /\b(?:undefined|null|NaN|\[object)\b(?![+/=])/.test(value)) {
      trial.fault(`the header ${name} is "${value}"`)
    }
    if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) trial.fault(`${name} is not a name of a header`)
  }
  const contentType = contentTypeOf(definition.deliveries.body, message) ?? undefined
  const sent = headers['content-type']
  trial.expect(
    sent === contentType,
    `the content type is ${String(sent)}, and that of the body is ${String(contentType)}`,
  )
  const differ = (other: Readonly<Record<string, string>>) =>
    Object.keys(headers).filter((name) => headers[name] !== other[name])
  // An installation's key may sign with a random number, so that a signature is never the same.
  const again = dialect.installationSecret === null ? headersOf(keys) : headers
  trial.expect(differ(again).length === 0, `the header ${differ(again).join(', ')} differs for the same attempt`)
  // A signature inside the body covers the parts of the body that the vendor names.
  if (keys.length === 0 || !bytes.equals(otherBytes)) return
  const ofBody = differ(headersOf(keys, Buffer.concat([bytes, Buffer.from(' ')])))
  const ofKey = differ(headersOf(otherKeys))
  trial.expect(ofKey.length > 0, 'webhooks have secrets, and no header depends on them: deliveries are not signed')
  const signing = ofKey.filter((name) => ofBody.includes(name))
  trial.expect(
    ofKey.length === 0 || signing.length > 0,
    `the header ${ofKey.join(', ')} does not change with the body: it proves nothing about the body`,
  )
}

const outcomes: readonly Outcome[] = [
  ...[300, 301, 400, 401, 404, 408, 410, 422, 429, 500, 502, 503].map((status): Outcome => ({
    kind: 'rejected',
    status,
    retryAfterMs: null,
  })),
  { kind: 'timedOut', phase: 'headers' },
  { kind: 'unreachable', error: 'connection refused' },
  { kind: 'blocked', error: 'a private address' },
]

function judges(trial: Trial): void {
  const { dialect } = trial.subject
  const [type] = trial.subject.eventTypes
  const { event } = messageOf(dialect, { event: { type, data: '{}' } })
  const ok = dialect.verdict({ kind: 'delivered', status: 200 }, 1, event)
  trial.expect(ok.kind === 'succeeded', `an attempt that was answered 200 is ${ok.kind}`)
  const attemptsMax = dialect.retries.waitsMs.length + 1
  for (const outcome of outcomes) {
    const title = 'status' in outcome ? `answered ${outcome.status}` : outcome.kind
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      const verdict = dialect.verdict(outcome, attempt, event)
      trial.expect(verdict.kind !== 'succeeded', `an attempt that is ${title} counts as a success`)
      if (verdict.kind !== 'retry') continue
      const { waitMs } = verdict
      trial.expect(waitMs > 0 && waitMs < 31 * 86_400_000, `the wait after attempt ${attempt} is ${waitMs} ms`)
      trial.expect(attempt < attemptsMax, `an attempt that is ${title} is tried again after deliveries.waits has ended`)
    }
  }
}

function keepsHealth(trial: Trial): void {
  const { dialect } = trial.subject
  const outcome = { kind: 'rejected', status: 500, retryAfterMs: null } as const
  const fact = { at: Date.now(), delivery: 'd' as DeliveryId, ended: false }
  const failed = dialect.health(null, { ...fact, succeeded: false, outcome })
  trial.expect(!failed.disable, 'deliveries.health: the first failure disables the webhook')
  const { health } = dialect.health(failed.health, {
    ...fact,
    succeeded: true,
    outcome: { kind: 'delivered', status: 200 },
  })
  const report = dialect.healthReport(health)
  trial.expect(
    report.status === 'healthy',
    'deliveries.health: a success after one failure leaves the webhook unhealthy',
  )
}

function hasTestEvent(trial: Trial): void {
  const { dialect } = trial.subject
  const { endpoint } = messageOf(dialect, { event: { type: trial.subject.eventTypes[0], data: '{}' } })
  const { type, data: text } = dialect.testEvent(endpoint)
  const isKnown =
    dialect.openCatalogue || dialect.eventTypes.some(({ name }) => name === type) || /test|ping/i.test(type)
  trial.expect(isKnown, `testEvent: ${type} is not in the catalogue`)
  trial.expect(typeof jsonOf(text) === 'object', `testEvent: the data must be an object: ${text}`)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
