// The fields that DialNexa's customers write. The lengths are our own limits: the vendor documents none for these
// paths.

import type { Field, FieldValue } from '../../conformance/dialects/profile.ts'
import { badRequest } from './refusals.ts'

function wrong(message: string | readonly string[], values: Readonly<Record<string, unknown>>): FieldValue[] {
  const refusal = badRequest(message)
  return Object.entries(values).map(([title, value]) => ({ title, value, refusal }))
}

const prefix = 'https://example.com/'

const url: Field = {
  name: 'url',
  onCreate: 'required',
  onChange: 'optional',
  good: [
    { title: 'the one of the reference', value: 'https://yourapp.com/webhooks/dialnexa' },
    { title: 'at its limit', value: prefix.padEnd(2048, 'a') },
    { title: 'a port, a path and a query', value: 'https://example.com:8443/webhooks?a=1&b=%20' },
    { title: 'another case', value: 'HTTPS://Example.COM/Path' },
    { title: 'a name with an umlaut', value: 'https://müller.example/' },
  ],
  wrong: [
    ...wrong('url must be a valid URL', {
      null: null,
      'a number': 5,
      'an array': ['https://example.com'],
      'an object': { url: 'https://example.com' },
      empty: '',
      'no URL': 'example.com/hook',
      'without a host': 'https://',
      'another scheme': 'ftp://example.com/hook',
      'a script': 'javascript:alert(1)',
      'a space': 'https://example.com/a b',
      'a line break': 'https://example.com/\n',
      'a backslash': 'https://example.com\\a',
    }),
    ...wrong('url must be shorter than or equal to 2048 characters', {
      'one past its limit': prefix.padEnd(2049, 'a'),
    }),
    ...wrong('url must not contain credentials', { credentials: 'https://user:password@example.com/' }),
    ...wrong('url must not contain a fragment', { 'a fragment': 'https://example.com/#part' }),
  ],
}

const events: Field = {
  name: 'events',
  onCreate: 'required',
  onChange: 'optional',
  good: [
    { title: 'several, in the given order', value: ['call.failed', 'call.completed', 'campaign.paused'] },
    { title: 'a type outside the catalogue', value: ['order.paid'] },
    { title: 'a name at its limit', value: ['e'.repeat(128)] },
    { title: 'a duplicate', value: ['a.b', 'c', 'a.b'], shown: ['a.b', 'c'] },
    { title: 'at its limit', value: Array.from({ length: 100 }, (_, index) => `event.${index}`) },
  ],
  wrong: [
    ...wrong('events must be an array', { null: null, 'a text': 'call.completed', 'an object': { 0: 'a' } }),
    ...wrong('events should not be empty', { 'an empty list': [] }),
    ...wrong('events must contain no more than 100 elements', { 'one too many': Array<string>(101).fill('a') }),
    ...wrong('each value in events must be a string', { 'a number': ['a', 5], 'null, twice': [null, null] }),
    ...wrong('each value in events should not be empty', { 'an empty text': ['a', ''] }),
    ...wrong('each value in events must be shorter than or equal to 128 characters', {
      'a name past its limit': ['e'.repeat(129)],
    }),
    ...wrong(['each value in events should not be empty', 'each value in events must be a string'], {
      'two faults': ['', 5],
    }),
    ...wrong('each value in events must be an event name of no more than 128 characters, without wildcards', {
      'a wildcard': ['*'],
      'a prefix': ['call.*'],
      'a name past its limit in pairs of surrogates': ['🎺'.repeat(65)],
    }),
  ],
}

const secret: Field = {
  name: 'secret',
  onCreate: 'required',
  onChange: 'optional',
  good: [
    { title: 'one letter', value: '!' },
    { title: 'at its limit', value: 's'.repeat(256) },
    { title: 'any letters', value: ' Schlüssel 🎺 "quoted"\n\\ ' },
  ],
  wrong: [
    ...wrong('secret must be a string', { null: null, 'a number': 5, 'an array': ['whsec_a'] }),
    ...wrong('secret should not be empty', { empty: '' }),
    ...wrong('secret must be shorter than or equal to 256 characters', {
      'one past its limit': 's'.repeat(257),
      'one past its limit in pairs of surrogates': '🎺'.repeat(129),
    }),
    ...wrong('secret must be well-formed Unicode text', { 'a lone surrogate': 'secret\ud83c' }),
  ],
}

const isActive: Field = {
  name: 'is_active',
  onCreate: 'optional',
  onChange: 'optional',
  good: [
    { title: 'false', value: false },
    { title: 'true', value: true },
  ],
  wrong: wrong('is_active must be a boolean value', { null: null, 'a text': 'true', 'a number': 1, 'an array': [] }),
}

export const fields: readonly Field[] = [url, events, secret, isActive]
