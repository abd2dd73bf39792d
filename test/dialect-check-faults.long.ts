// Faults that are planted in a good dialect: the check finds each of them. The good dialect has none.

import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { after, suite, test } from 'node:test'
import { openSite } from '../src/testing/site.ts'
import { checkDialect } from '../src/dialect-check/check-dialect.ts'
import {
  auth,
  body,
  computed,
  defineDialect,
  type DefinedDialect,
  type DialectDefinition,
  errors,
  event,
  health,
  json,
  pages,
  secrets,
  sentAt,
  sign,
  text,
  webhooks,
} from '../src/dialect-kit/index.ts'
import { registry } from '../src/dialects/registry.ts'
import { acme, sayings } from './support/acme.ts'

type Plant = (good: DialectDefinition) => DialectDefinition

const endpoint =
  (changed: DialectDefinition['endpoint']): Plant =>
  (good) => ({ ...good, endpoint: { ...good.endpoint, ...changed } })

const deliveries =
  (changed: Partial<DialectDefinition['deliveries']>): Plant =>
  (good) => ({ ...good, deliveries: { ...good.deliveries, ...changed } })

const signed = (signature: DialectDefinition['deliveries']['headers'][string]): Plant =>
  deliveries({ headers: { 'x-acme-time': sentAt.unixSeconds, 'x-acme-signature': signature } })

const route =
  (method: string, rest: string, operation: DialectDefinition['routes'][string]): Plant =>
  (good) => ({ ...good, routes: { ...good.routes, [`${method} /${good.name}/hooks${rest}`]: operation } })

const failing =
  (form: Partial<Parameters<typeof errors.own<{ code: string }>>[0]>): Plant =>
  (good) => ({
    ...good,
    errors: errors.own<{ code: string }>({
      ...sayings,
      body: ({ code, message }) => ({ error: { code, message } }),
      ...form,
    }),
  })

const inBody = (value: Parameters<typeof computed>[0]): Plant =>
  deliveries({ body: json({ id: event.id, kind: event.type, order: event.data, more: computed(value) }) })

const time = sentAt.unixSeconds
const members = { id: event.id, kind: event.type, at: event.occurredAt.unixSeconds }
const goodBody = json({ ...members, order: event.data })
const oneKey = createSecretKey(Buffer.from('one key for all'))
const always = { kind: 'retry', waitMs: 1000, exact: true } as const

/** By title: the fault, and words of a message that finds it. */
const planted: Readonly<Record<string, readonly [Plant, RegExp]>> = {
  'the signature covers its parts in another order': [
    signed(text('v1=', sign.newest(sign.hmac({ over: [body, '.', time] })))),
    /X-Acme-Signature/,
  ],
  'the signature does not cover the time': [signed(text('v1=', sign.newest(sign.hmac()))), /X-Acme-Signature/],
  'the signature does not cover the body': [
    signed(text('v1=', sign.newest(sign.hmac({ over: [time] })))),
    /does not change with the body/,
  ],
  'the signature has another hash': [
    signed(text('v1=', sign.newest(sign.hmac({ hash: 'sha1', over: [time, '.', body] })))),
    /X-Acme-Signature/,
  ],
  'the signature has another encoding': [
    signed(text('v1=', sign.newest(sign.hmac({ encoding: 'base64', over: [time, '.', body] })))),
    /X-Acme-Signature/,
  ],
  'the signature has no prefix': [signed(sign.newest(sign.hmac({ over: [time, '.', body] }))), /X-Acme-Signature/],
  'the signature has milliseconds': [
    signed(text('v1=', sign.newest(sign.hmac({ over: [sentAt.unixMilliseconds, '.', body] })))),
    /X-Acme-Signature/,
  ],
  'there is no signature': [signed('v1=signed'), /no header depends on them/],
  'all secrets are the same key': [
    (good) => deliveries({ secrets: { ...good.deliveries.secrets, key: () => oneKey } })(good),
    /no header depends on them/,
  ],
  'a customer may not choose a generated secret': [
    (good) => deliveries({ secrets: { ...good.deliveries.secrets, fault: () => 'no' } })(good),
    /may not choose a secret/,
  ],
  'a secret can be guessed': [deliveries({ secrets: secrets.text({ form: 'sec_{digits:6}' }) }), /can be guessed/],
  'a field shows the secret in the list': [
    endpoint({ hint: { is: 'computed', show: ({ secrets: [secret] }) => secret?.value } }),
    /shows the secret, and no field says so/,
  ],
  'the secret is shown in the list': [
    endpoint({ secret: { is: 'secret', on: 'create change', shown: 'create list rotate' } }),
    /hooks\.secret the example has nothing/,
  ],
  'nothing says where the secret is shown': [
    endpoint({ secret: { is: 'secret', on: 'create change' } }),
    /endpoint\.secret: say in "shown"/,
  ],
  'a create answers another status': [route('POST', '', webhooks.create({ wrap: 'hook', status: 200 })), /has 201/],
  'the envelope of a create is missing': [route('POST', '', webhooks.create()), /at hook the example has it/],
  'the envelope of the list has another name': [
    route('GET', '', webhooks.list({ wrap: 'data' })),
    /at hooks the example/,
  ],
  'the list shows one webhook': [
    route(
      'GET',
      '',
      webhooks.list({ pages: pages.numbered({ sizeDefault: 1, sizeMax: 1, answer: (hooks) => ({ hooks }) }) }),
    ),
    /shows the webhooks/,
  ],
  'the list of event types has one type only': [
    route('GET', '/topics', webhooks.eventTypes({ wrap: 'topics', each: () => 'order.paid' })),
    /order\.refunded 0 times/,
  ],
  'an answer depends on the id': [
    route('DELETE', '/{id}', webhooks.remove({ answer: (id) => (id.length > 5 ? { gone: id } : { deleted: id }) })),
    /deleted/,
  ],
  'two routes are the same': [
    route('GET', '/{hook}', webhooks.get({ wrap: 'hook' })),
    /give its parameters the same names/,
  ],
  'a route is below no prefix': [
    (good) => ({ ...good, api: { ...good.api, prefixes: [`/${good.name}/other`] } }),
    /is below no prefix/,
  ],
  'an error has no code': [failing({ body: ({ message }) => ({ error: { message } }) }), /code/],
  'an error has another envelope': [failing({ body: ({ code, message }) => ({ code, message }) }), /error/],
  'an absent webhook is answered 400': [failing({ notFound: { status: 400, code: 'not_found' } }), /has 404/],
  'an absent webhook is answered 200': [failing({ notFound: { status: 200 } }), /should be refused/],
  'a request without a key is answered 500': [failing({ unauthenticated: { status: 500 } }), /answered 500/],
  'an error quotes the key': [
    failing({
      body: ({ code, request }) => ({ error: { code, message: `not with ${request.headers.authorization}` } }),
    }),
    /quotes a key/,
  ],
  'an error throws': [
    failing({
      body: ({ code, request }) => ({ error: { code, message: request.url === '/' ? '' : JSON.parse('{') } }),
    }),
    /the dialect \w+ failed in errors: SyntaxError at dialect-check-faults\.long\.ts:\d+/,
  ],
  'an error has another media type than its body': [failing({ contentType: 'text/html' }), /not JSON|media type/],
  'the body depends on the milliseconds': [inBody(() => Date.now()), /is another one a second later/],
  'the body depends on the seconds': [inBody(() => Math.floor(Date.now() / 1000)), /is another one a second later/],
  'the body is random': [inBody(() => Math.random()), /has another body/],
  'the body depends on the attempt': [inBody(({ attempt = 1 }) => attempt), /the second attempt has another body/],
  'the body changes the data': [
    deliveries({ body: json({ ...members, order: computed(({ event: { data } }) => JSON.parse(data) as number) }) }),
    /changes the data/,
  ],
  'the body has the time in another form': [
    deliveries({ body: json({ ...members, at: event.occurredAt.iso, order: event.data }) }),
    /the delivery 1 of the examples has the body/,
  ],
  'the body is no JSON': [
    deliveries({ body: { ...goodBody, encode: (message) => `${goodBody.encode(message)},` } }),
    /is not JSON/,
  ],
  'the body throws without a member in the data': [
    inBody(({ event: { data } }) => (JSON.parse(data) as { lines: string[] }).lines.length),
    /the dialect \w+ failed in deliveries\.body\.encode: TypeError at dialect-check-faults\.long\.ts:\d+/,
  ],
  'the content type is not that of the body': [
    deliveries({ body: { ...goodBody, contentType: 'text/plain' } }),
    /content type is text\/plain/,
  ],
  'a header replaces the content type': [
    (good) => deliveries({ headers: { ...good.deliveries.headers, 'content-type': 'text/xml' } })(good),
    /content type/,
  ],
  'a header is undefined': [
    (good) => deliveries({ headers: { ...good.deliveries.headers, 'x-to': computed(() => 'undefined') } })(good),
    /the header x-to is "undefined"/,
  ],
  'a header has letters beyond ASCII': [
    (good) => deliveries({ headers: { ...good.deliveries.headers, 'x-to': 'Zoë' } })(good),
    /beyond ASCII/,
  ],
  'a header throws': [
    (good) =>
      deliveries({
        headers: {
          ...good.deliveries.headers,
          'x-to': computed(({ event: { attributes } }) => attributes!['to'] ?? ''),
        },
      })(good),
    /failed in deliveries\.headers\["x-to"\]\.text: TypeError/,
  ],
  'ids repeat': [(good) => ({ ...good, ids: { ...good.ids, endpoint: 'hook_{digits:2}' } }), /are different/],
  'ids are of another form': [(good) => ({ ...good, ids: { ...good.ids, endpoint: 'hook_{hex:24}' } }), /of the form /],
  'all event ids are equal': [(good) => ({ ...good, ids: { ...good.ids, event: 'evt' } }), /all ids would be equal/],
  'keys can be guessed': [(good) => ({ ...good, keys: { ...good.keys, form: 'acme_{digits:4}' } }), /keys\.form/],
  'the URL is not required': [endpoint({ target: { is: 'url', on: 'create change' } }), /must be required on create/],
  'the URL cannot be given': [endpoint({ target: { is: 'url', on: 'change' } }), /a create takes is the URL/],
  'the URL is not shown': [
    endpoint({ target: { is: 'url', on: 'create! change', shown: 'create get' } }),
    /must be shown in the answer to list/,
  ],
  'two fields are the URL': [endpoint({ url: { is: 'url', on: 'create change' } }), /an endpoint has one URL/],
  'a time has another form': [endpoint({ created: { is: 'createdAt', form: 'iso' } }), /at hook\.created/],
  'a switch is the wrong way round': [
    endpoint({ paused: { is: 'enabled', on: 'create change' } }),
    /at hook\.paused|paused/,
  ],
  'a field is missing in answers': [
    endpoint({ note: { is: 'description', on: 'create change', shown: 'never' } }),
    /at hook\.note the example has it/,
  ],
  'an id is a number': [endpoint({ id: { is: 'id', as: 'number' } }), /the id null does not match/],
  'a field throws': [
    endpoint({ to: { is: 'computed', show: ({ headers }) => headers['x-to']!.length } }),
    /failed in endpoint\.to\.show: TypeError/,
  ],
  'deliveries are not tried again': [deliveries({ waits: '' }), /gives 1 attempts, and the vendor says 3/],
  'retries do not end': [deliveries({ onFailure: () => always }), /after deliveries\.waits has ended/],
  'a failure counts as a success': [deliveries({ onFailure: () => ({ kind: 'succeeded' }) }), /counts as a success/],
  'the verdict throws': [
    deliveries({ onFailure: ({ kind }) => (kind === 'blocked' ? JSON.parse('{') : null) as null }),
    /failed in deliveries\.onFailure: SyntaxError/,
  ],
  'the timeout is another one': [deliveries({ timeout: '6s' }), /the vendor says 5s/],
  'the timeout is too long': [deliveries({ timeout: '2m' }), /from 1s to 60s/],
  'the first failure disables a webhook': [deliveries({ health: health.streak('0s') }), /first failure disables/],
  'the test event is unknown': [
    (good) => ({ ...good, testEvent: () => ({ type: 'order.sent', data: {} }) }),
    /order\.sent is not in the catalogue/,
  ],
  'the test event has no type': [
    (good) => ({ ...good, testEvent: (() => ({ typ: 'order.paid', data: {} })) as never }),
    /testEvent: must return the type and the data, as in/,
  ],
  'a keyword of a schema is misspelt': [
    endpoint({ note: { is: 'description', on: 'create change', schema: { maxlength: 50 } } }),
    /endpoint\.note\.schema: unknown keyword: "maxlength"/,
  ],
  'a keyword of a schema has a value of another kind': [
    endpoint({ note: { is: 'description', on: 'create change', schema: { maxLength: 'x' } } }),
    /endpoint\.note\.schema: schema is invalid: data\/maxLength must be integer/,
  ],
  'the schema of errors has an unknown type': [
    failing({ schema: { type: 'objct' } }),
    /errors\.schema: schema is invalid/,
  ],
  'the catalogue is empty': [(good) => ({ ...good, events: {} }), /the catalogue is empty/],
  'the key is in a header of another name': [
    (good) => ({ ...good, authentication: { ...auth.header('X-Key'), present: auth.bearer().present } }),
    /does not read the keys of keys\.form/,
  ],
  'a request chooses any tenant': [
    (good) => ({
      ...good,
      tenantOf: {
        present: (tenant) => ({ headers: { 'x-tenant': tenant } }),
        tenantOf: ({ headers }) => ({ ok: true, value: String(headers['x-tenant']) as never }),
      },
    }),
    // The kit lets no key reach a tenant that it does not grant. The answer is then one that the document does not have.
    /GET \/planted\d+\/hooks answered 404: the status 404 is not in the OpenAPI document/,
  ],
}

/** A dialect per fault; a text: the definition is refused. */
const dialects = Object.entries(planted).map(([title, [plant]], index) => {
  const name = `planted${index}`
  try {
    return { title, name, defined: defineDialect(plant(acme(name))) }
  } catch (error) {
    return { title, name, defined: String(error) }
  }
})
const good = defineDialect(acme('good'))
const served = dialects.flatMap(({ defined }) => (typeof defined === 'string' ? [] : [defined]))
const site = await openSite([...registry, good, ...served])
after(() => site.close())

async function faultsOf(defined: DefinedDialect | string): Promise<string> {
  if (typeof defined === 'string') return defined
  return (await checkDialect(defined, site)).flatMap(({ faults }) => faults).join('\n')
}

test('a good dialect has no faults', async () => {
  assert.equal(await faultsOf(good), '')
})

suite('the check finds that', { concurrency: 8 }, () => {
  assert.ok(Object.keys(planted).length >= 40)
  for (const { title, defined } of dialects) {
    test(title, async () => {
      assert.match(await faultsOf(defined), planted[title]?.[1] ?? /^$/)
    })
  }
})
