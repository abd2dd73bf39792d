// The fields that Partoo's customers write, and the text of the refusal of each wrong value.

import type { Field, FieldValue } from '../../conformance/dialects/profile.ts'

export const events = [
  'business_created',
  'business_updated',
  'business_deleted',
  'message_updated',
  'message_created',
  'lead_received',
]

/** A refused value, with the text of its refusal. */
interface Wrong extends FieldValue {
  readonly words: unknown
}

const prefix = 'https://example.com/'
const noText = 'must be a string'
const noUrl = 'must be a valid url'

const wrongUrls: readonly Wrong[] = [
  { title: 'null', value: null, words: noText },
  { title: 'a number', value: 5, words: noText },
  { title: 'an array', value: [prefix], words: noText },
  { title: 'empty', value: '', words: noUrl },
  { title: 'no URL', value: 'example.com/hook', words: noUrl },
  { title: 'without a host', value: 'https://', words: noUrl },
  { title: 'a space', value: 'https://example.com/a b', words: noUrl },
  { title: 'a line break', value: 'https://example.com/\n', words: noUrl },
  { title: 'one past its limit', value: prefix.padEnd(2049, 'a'), words: 'must not have more than 2048 characters' },
  // The tests run with POSTHORN_ALLOW_HTTP, so the text names both schemes.
  { title: 'another scheme', value: 'ftp://example.com/', words: 'must be an https:// or http:// url' },
  { title: 'credentials', value: 'https://user:password@example.com/', words: 'must not contain credentials' },
  { title: 'a fragment', value: 'https://example.com/#part', words: 'must not contain a fragment' },
  { title: 'a private address', value: 'https://10.0.0.1/', words: 'must be publicly reachable: private' },
]

const url: Field = {
  name: 'url',
  onCreate: 'required',
  onChange: 'optional',
  good: [
    { title: 'at its limit', value: prefix.padEnd(2048, 'a') },
    { title: 'a secret in path and query', value: 'https://example.com:8443/t0%2Fken/?key=a%20b&key=c' },
    { title: 'another case', value: 'HTTPS://Example.COM/Path' },
  ],
  wrong: wrongUrls,
}

function noEvent(value: unknown): Wrong {
  const words = { explanation: `${String(value)} is an incorrect value`, choices: events }
  return { title: `"${String(value)}"`, value, words }
}

const wrongEvents: readonly Wrong[] = [
  { title: 'null', value: null, words: noText },
  { title: 'a number', value: 5, words: noText },
  { title: 'a list', value: ['business_created'], words: noText },
  ...['', '*', 'business_*', 'BUSINESS_CREATED', 'business_created ', 'message_received'].map(noEvent),
]

const eventType: Field = {
  name: 'event_type',
  onCreate: 'required',
  // An update ignores the field.
  onChange: 'none',
  good: events.map((value) => ({ title: value, value })),
  wrong: wrongEvents,
}

const badName = 'must begin with X-, must not begin with X-Partoo, and must be a header name'

function headerFault(name: string, value: unknown, words: string): Wrong {
  return { title: `the header ${name}`, value: { [name]: value }, words: { [name]: words } }
}

const wrongHeaders: readonly Wrong[] = [
  { title: 'null', value: null, words: 'must be an object' },
  { title: 'a text', value: 'X-A: b', words: 'must be an object' },
  { title: 'a list', value: [], words: 'must be an object' },
  { title: 'six headers', value: headers(6), words: 'must not have more than 5 properties' },
  ...['A', 'Xa', 'Authorization', 'X-Partoo', 'x-partoofoo', 'X-PARTOO-Signature-v1'].map((name) =>
    headerFault(name, 'v', badName),
  ),
  ...' ()<>@,;:\\"/[]?={}'.split('').map((char) => headerFault(`X-a${char}b`, 'v', badName)),
  headerFault('X-'.padEnd(129, 'a'), 'v', 'must not have more than 128 characters'),
  headerFault('X-A.B', 'v'.repeat(513), 'must not have more than 512 characters'),
  headerFault('X-A', 5, noText),
  headerFault('X-A', null, noText),
  headerFault('X-A', ['v'], noText),
  {
    title: 'a header __proto__',
    value: JSON.parse('{"__proto__":"v"}'),
    words: JSON.parse(`{"__proto__":"${badName}"}`),
  },
  // These rules are of HTTP or Posthorn, not of the vendor:
  headerFault('X-é', 'v', badName),
  headerFault('X-A', 'line\r\nbreak', 'must not have control characters'),
  headerFault('X-A', 'a\u0000', 'must not contain NUL or half of a surrogate pair'),
  headerFault('X-A', '\ud83d', 'must not contain NUL or half of a surrogate pair'),
  { title: 'one name twice', value: { 'X-A': '1', 'x-a': '2' }, words: { 'x-a': 'is given twice' } },
]

function headers(count: number): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`X-${index}`, `v${index}`]))
}

const customHeaders: Field = {
  name: 'custom_headers',
  onCreate: 'optional',
  onChange: 'optional',
  good: [
    { title: 'five headers', value: headers(5) },
    { title: 'a name and a value at their limits', value: { ['X-'.padEnd(128, 'a')]: 'v'.repeat(512) } },
    { title: 'the prefix alone', value: { 'X-': '' } },
    { title: 'any case', value: { 'x-lower': 'a b', 'X-Part.oo': '!' } },
    { title: 'letters beyond ASCII', value: { 'X-A': 'é 日本 🎺', 'X-B': 'z\u0142oty', 'X-C': ' spaces\taround ' } },
    { title: 'names that proxies use', value: { 'X-Forwarded-For': '1', 'X-Posthorn-A': '2', 'x-real-ip': '3' } },
    { title: 'no header', value: {}, shown: undefined },
  ],
  wrong: wrongHeaders,
}

export const fields: readonly Field[] = [url, eventType, customHeaders]

/** The text of the refusal of a wrong value, which must be one of those above. */
export function wordsFor(field: string, value: unknown): unknown {
  const wrong = { url: wrongUrls, event_type: wrongEvents, custom_headers: wrongHeaders }[field]
  return wrong?.find((one) => one.value === value)?.words
}
