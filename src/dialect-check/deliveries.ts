// Deliveries as the receiver gets them from the running service.

import { messageOf } from './messages.ts'
import type { Arrival } from './receiver.ts'
import type { Fields } from './subject.ts'
import type { Check, Customer, Registered, Trial } from './trial.ts'

export const deliveryChecks: readonly Check[] = [
  { title: 'a delivery arrives with the body, the headers and the signature that the definition gives', run: arrives },
  { title: 'a failed attempt is tried again with the same body', run: retries },
  { title: 'a disabled webhook gets no events', run: pauses },
  { title: 'a test of a webhook arrives', run: tests },
]

/** Data whose text a round trip through JSON.parse would change. */
const delicate = [
  '{"id":12345678901234567890,"price":1.0}',
  '{ "b" : 1,\n"a":[1e2,-0] }',
  '{"text":"Zoë 🎺 \\u00e9 } \\" ] \\\\"}',
  '{}',
]

/** Headers of HTTP itself, and the one of Posthorn. */
const foreignHeaders = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'accept-encoding',
  'accept',
  'posthorn-delivery',
])

async function arrives(trial: Trial): Promise<void> {
  const customer = await trial.customer()
  const registered = await trial.register(customer)
  const [type] = trial.subject.eventTypes
  for (const data of delicate) {
    const { event, arrival } = await trial.deliver(customer, registered.hook, type, data)
    await compare(trial, customer, registered, { event, type, data }, arrival)
  }
}

async function compare(
  trial: Trial,
  customer: Customer,
  { id, hook, sent, shown }: Registered,
  posted: { readonly event: string; readonly type: string; readonly data: string },
  { method, headers, body }: Arrival,
): Promise<void> {
  const { dialect } = trial.subject
  const delivery = await trial.delivery(customer.tenant, posted.event, 'delivered', 'failed')
  const event = await trial.operator(200, 'GET', `/v1/events/${posted.event}?tenant=${customer.tenant}`)
  const [attempt = {}] = delivery['history'] as readonly Fields[]
  const secrets = trial.subject.secretsIn(shown).concat(trial.subject.secretsIn(sent))
  const seen = (await trial.inOperatorView(customer, id))['secrets'] as readonly { readonly value: string }[]
  const message = messageOf(dialect, {
    event: { id: posted.event, type: posted.type, data: posted.data, occurredAt: String(event['occurredAt']) },
    tenant: customer.tenant,
    delivery: String(delivery['id']),
    endpoint: { id, url: hook.url },
  })
  const expectedMethod = dialect.method?.(message) ?? 'POST'
  trial.expect(method === expectedMethod, `the delivery is a ${method}, not a ${expectedMethod}`)
  // Neither the key pair of the installation nor the API key is known here.
  const { installationSecret, bodyPerAttempt, signsWithApiKeys } = dialect
  const isUnknown = installationSecret !== null || signsWithApiKeys === true
  if (isUnknown && bodyPerAttempt) return
  const ofTenant = (await trial.operator(200, 'GET', `/v1/tenants/${customer.tenant}/secrets`))['data'] as typeof seen
  const shownSecret = secrets[0] ?? seen[0]?.value ?? ofTenant[0]?.value
  const keys = shownSecret === undefined ? [] : [dialect.signingKey(shownSecret)]
  const sentAt = Date.parse(String(attempt['startedAt']))
  const bytes = Buffer.from(dialect.encode(message, keys, sentAt))
  if (!bytes.equals(body))
    trial.fault(`the body of a delivery is ${body.toString()}, and deliveries.body gives ${bytes.toString()}`)
  if (isUnknown) return
  const expected = dialect.headers(message, body, keys, sentAt)
  for (const [name, value] of Object.entries(expected)) {
    if (headers[name] === value) continue
    trial.fault(`the header ${name} of a delivery is ${String(headers[name])}, and the shown secret gives ${value}`)
  }
  for (const name of Object.keys(headers)) {
    trial.expect(
      name in expected || foreignHeaders.has(name),
      `a delivery has the header ${name}, which is not declared`,
    )
  }
}

async function retries(trial: Trial): Promise<void> {
  const { dialect, eventTypes } = trial.subject
  const [type] = eventTypes
  const { event } = messageOf(dialect, { event: { type, data: '{}' } })
  const { kind } = dialect.verdict({ kind: 'rejected', status: 500, retryAfterMs: null }, 1, event)
  const customer = await trial.customer()
  const { hook } = await trial.register(customer)
  hook.answers((request) => (request === 1 ? 500 : 200))
  const { event: id } = await trial.deliver(customer, hook, type, '{"try":1}')
  if (kind !== 'retry') return
  trial.expect(await hook.until(2), 'a delivery that was answered 500 is not tried again')
  const [first, second] = hook.arrivals
  if (first === undefined || second === undefined) return
  if (!dialect.bodyPerAttempt && !first.body.equals(second.body)) {
    trial.fault(
      `the body of the second attempt is not that of the first: ${second.body.toString()}, ${first.body.toString()}`,
    )
  }
  const { status } = await trial.delivery(customer.tenant, id, 'delivered', 'failed')
  trial.expect(status === 'delivered', `a delivery whose second attempt was answered 200 is ${String(status)}`)
}

async function pauses(trial: Trial): Promise<void> {
  const { subject } = trial
  const change = subject.one('change')
  const [name, field] = subject.fieldsOf('enabled')[0] ?? []
  if (change === undefined || field?.is !== 'enabled' || name === undefined) return
  if (subject.requestSchema(change).properties?.[name] === undefined) return
  const customer = await trial.customer()
  const { id, hook } = await trial.register(customer)
  const off = field.words === undefined ? field.inverted === true : field.words[1]
  await trial.want(customer, change, { id, body: subject.bodyOf(change, { [name]: off }) })
  const { enabled } = await trial.inOperatorView(customer, id)
  trial.expect(enabled === false, `${change.title} with ${name}: ${JSON.stringify(off)} does not disable the webhook`)
  const { deliveries } = await trial.post(customer.tenant, subject.eventTypes[0])
  trial.expect(deliveries === 0, 'a disabled webhook gets events')
  await trial.want(customer, change, {
    id,
    body: subject.bodyOf(change, { [name]: field.words === undefined ? !off : field.words[0] }),
  })
  await trial.deliver(customer, hook, subject.eventTypes[0], '{}')
}

async function tests(trial: Trial): Promise<void> {
  const { subject } = trial
  for (const served of subject.served.filter(({ kind }) => kind === 'test' || kind === 'tryOut')) {
    const customer = await trial.customer()
    const { id, hook, sent } = await trial.register(customer)
    await trial.want(customer, served, { id, body: served.kind === 'tryOut' ? { items: [sent] } : {} })
    trial.expect(await hook.until(1), `${served.title}: the test did not arrive`)
  }
}
