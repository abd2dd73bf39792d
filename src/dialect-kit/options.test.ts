// Calls of the kit that no compiler of types has read. Each is refused where it stands, with the name of the option or the part.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { runInNewContext } from 'node:vm'
import * as kit from './index.ts'

/** Runs a call as a dialect file in JavaScript has it. */
const run = (call: string): unknown => runInNewContext(call, { ...kit, answer: () => ({}), record })
const record = {
  times: 'iso',
  words: { succeeded: 'ok', failed: 'failed', pending: 'pending' },
  failures: { timedOut: '', rejected: '', unreachable: '' },
  fields: { id: 'id' },
}

suite('an option is refused', () => {
  const wrong: readonly (readonly [call: string, message: RegExp])[] = [
    ["sign.hmac({ prefx: 'v1=' })", /^sign\.hmac\.prefx: is not known; known are encoding, over, hash$/],
    ["sign.hmac({ hash: 'md5' })", /^sign\.hmac\.hash: "md5": is not known; known are sha1, sha256, sha512$/],
    ["sign.all(sign.hmac(), { prefx: 'v1=' })", /^sign\.all\.prefx: is not known; known are prefix, separator$/],
    ['sign.newest(sign.hmac(), { prefix: 5 })', /^sign\.newest\.prefix: must be a string$/],
    ["sign.ecdsa({ form: 'pem' })", /^sign\.ecdsa\.form: "pem": is not known; known are der, raw$/],
    ['sign.jwt({})', /^sign\.jwt\.claims: is missing$/],
    ["sign.standardWebhooks('svix', { withKey: true })", /^sign\.standardWebhooks\.withKey: is not known/],
    ["webhooks.create({ wrapp: 'data' })", /^webhooks\.create\.wrapp: is not known; known are operationId, summary/],
    ['webhooks.create({ wrap: 5 })', /^webhooks\.create\.wrap: must be a string or a function$/],
    ["webhooks.create('data')", /^webhooks\.create: must be an object$/],
    ['webhooks.get({ status: 299 })', /^webhooks\.get\.status: 299: is not known; known are 200, 201, 202, 204$/],
    ["webhooks.get({ id: { in: 'pth', name: 'id' } })", /^webhooks\.get\.id\.in: "pth": is not known/],
    ['webhooks.list({ where: { on: { schem: {} } } })', /^webhooks\.list\.where\.on\.schem: is not known/],
    ["webhooks.rotate({ overlapp: '1h' })", /^webhooks\.rotate\.overlapp: is not known/],
    ["webhooks.history({ ...record, times: 'unix' })", /^webhooks\.history\.times: "unix": is not known/],
    ["webhooks.history(record).list({ shows: 'id', answr: answer })", /^webhooks\.history\.list\.answr: is not known/],
    [
      'webhooks.deliveryLog({ list: answer }).list({ answer })',
      /^webhooks\.deliveryLog\.list\.sizeDefault: is missing$/,
    ],
    ["webhooks.eventLog({ each: answer }).get({ sumary: '' })", /^webhooks\.eventLog\.get\.sumary: is not known/],
    ['keys.jwks({ public: true })', /^keys\.jwks\.public: is not known/],
    ["auth.basic({ key: 'name' })", /^auth\.basic\.key: "name": is not known; known are user, password, both$/],
    ["auth.header('X-Key', { scheme: 5 })", /^auth\.header\.scheme: must be a string$/],
    ["auth.namedTenant({ qery: 'team' })", /^auth\.namedTenant\.qery: is not known/],
    ['errors.nest({})', /^errors\.nest\.notFound: is missing$/],
    ['errors.django({ unauthenticated: 402 })', /^errors\.django\.unauthenticated: 402: is not known/],
    ["pages.cursor({ after: 'after', sizeDefault: '20' })", /^pages\.cursor\.sizeDefault: must be a number$/],
    ['pages.django()', /^pages\.django\.sizeDefault: is missing$/],
    ["secrets.text({ from: '{hex:32}' })", /^secrets\.text\.from: is not known; known are form, charsMax/],
    ["health.streak('5d', { delete: true })", /^health\.streak\.delete: is not known; known are deletes$/],
    ["json({}, { type: 'text/plain' })", /^json\.type: is not known; known are contentType$/],
    ["json.perAttempt({}, { type: '' })", /^json\.perAttempt\.type: is not known/],
    ['jwtBody({ claims: {}, withSecrets: true })', /^jwtBody\.withSecrets: is not known/],
    ["xml('order', 'a', { type: '' })", /^xml\.type: is not known/],
    ["cloudEvents.binary({ sorce: 'a' })", /^cloudEvents\.sorce: is not known; known are source, id, type/],
  ]
  for (const [call, message] of wrong) {
    test(call, () => assert.throws(() => run(call), { name: 'DefinitionError', message }))
  }
})

suite('a name that does not exist is refused', () => {
  const wrong: readonly (readonly [call: string, message: RegExp])[] = [
    ['webhooks.creat()', /^webhooks\.creat: is not known; known are change, count, create, /],
    ['sign.hmca()', /^sign\.hmca: is not known; known are all, basic, detachedJws, ecdsa, ed25519, hmac, /],
    ['auth.berer()', /^auth\.berer: is not known; known are anyOf, basic, bearer, /],
    ['keys.jkws()', /^keys\.jkws: is not known; known are jwks, pem, /],
    ['json({ id: event.idd })', /^event\.idd: is not known; known are id, type, data, member, occurredAt, attribute$/],
    ["text('at:', event.occuredAt.iso)", /^event\.occuredAt: is not known/],
    ['event.occurredAt.unix', /^event\.occurredAt\.unix: is not known; known are iso, isoSeconds, isoWithOffset, /],
    ['delivery.firstSentAt.unix', /^delivery\.firstSentAt\.unix: is not known/],
    ['sentAt.unix', /^sentAt\.unix: is not known/],
    ['delivery.attempts', /^delivery\.attempts: is not known; known are id, attemptId, attempt, /],
    ['endpoint.uri', /^endpoint\.uri: is not known; known are id, url, detail$/],
    ['tenant.settings', /^tenant\.settings: is not known; known are id, setting$/],
  ]
  for (const [call, message] of wrong) {
    test(call, () => assert.throws(() => run(call), { name: 'DefinitionError', message }))
  }
})

suite('a value that cannot work is refused', () => {
  const wrong: readonly (readonly [call: string, message: RegExp])[] = [
    ["auth.header('X Acme Key')", /^auth\.header: "X Acme Key": must be letters, digits and hyphens/],
    ["auth.header('Host')", /^auth\.header: "Host": is set by the sender/],
    [
      "pages.numbered({ names: ['page'], sizeDefault: 1, sizeMax: 2, answer })",
      /^pages\.numbered\.names: must be the names/,
    ],
    ['pages.offset({ sizeDefault: 200, sizeMax: 100, answer })', /^pages: sizeDefault must be from 1 to sizeMax/],
    ['json({ at: sentAt.unixSeconds })', /^deliveries\.body: has a part that differs between attempts, such as sentAt/],
    ['json({ meta: [{ s: sign.newest(sign.hmac()) }] })', /^deliveries\.body: has a part that differs/],
    ['form({ at: sentAt.iso })', /^deliveries\.body: has a part that differs/],
    ['computed(async () => 1)', /^computed: needs a function of the message that is not async$/],
    [
      'webhooks.list({ where: { on: { schema: {}, test: async () => true } } })',
      /^webhooks\.list\.where\.on\.test: must not be async$/,
    ],
    ["secrets.text({ form: '{hex:32}', accepts: '^a' })", /^secrets\.text\.accepts: must be a pattern$/],
  ]
  for (const [call, message] of wrong) {
    test(call, () => assert.throws(() => run(call), { name: 'DefinitionError', message }))
  }
})

suite('a call without its name is refused', () => {
  for (const call of [
    'auth.header({ scheme: "Key" })',
    'auth.query()',
    "auth.twoHeaders('X-Client-Id')",
    'event.member(5)',
    'event.attribute()',
    "endpoint.detail('')",
    'tenant.setting()',
  ]) {
    const [name] = call.split('(') as [string]
    const message = new RegExp(`^${RegExp.escape(name)}: needs a name, such as '[\\w.-]+'$`)
    test(call, () => assert.throws(() => run(call), { name: 'DefinitionError', message }))
  }
})

suite('a place without its part is refused', () => {
  const part = 'it must be a part such as event.id, or'
  const time = 'is a time without its form, as in event.occurredAt.iso or sentAt.unixSeconds'
  const wrong: readonly (readonly [call: string, message: string])[] = [
    ['json({ a: { b: [undefined] } })', `json.a.b[0]: is undefined; ${part} a constant`],
    [
      'json({ id: event.member })',
      "json.id: is a function that was not called; call it, as in event.member('order.id')",
    ],
    ['json({ at: event.occurredAt })', `json.at: ${time}`],
    ['json.perAttempt({ id: undefined })', `json.perAttempt.id: is undefined; ${part} a constant`],
    ["text('v1=', sign.hmac())", 'text[1]: is a signer; the part with its signature is sign.newest(sign.hmac())'],
    ['sign.all(sign.hmac)', 'sign: a signature needs a signer such as sign.hmac()'],
    ['sign.newest(undefined)', 'sign: a signature needs a signer such as sign.hmac()'],
    ['json({ id: event.member() })', "event.member: needs a name, such as 'order.id'"],
    ["text('id:', undefined)", `text[1]: is undefined; ${part} a text`],
    ["joined(',', event.id, null)", `joined[1]: is null; ${part} a text`],
    ['when(() => true, undefined)', `when: is undefined; ${part} a text`],
    ["sign.hmac({ over: [undefined, '.'] })", `over[0]: is undefined; ${part} a text`],
    ['sign.jwt({ claims: { sub: undefined } })', `sign.jwt.claims.sub: is undefined; ${part} a constant`],
    ['form({ id: undefined })', `fields.id: is undefined; ${part} a text`],
    ['multipart(undefined)', `fields: is undefined; ${part} fields by name`],
    ["xml('order', { at: event.occurredAt })", `xml.at: ${time}`],
    [
      "cloudEvents.binary({ source: 'a', attributes: { to: undefined } })",
      `cloudEvents.to: is undefined; ${part} a text`,
    ],
  ]
  for (const [call, message] of wrong) {
    test(call, () => assert.throws(() => run(call), { name: 'DefinitionError', message }))
  }
})
