// The fields that customers of the standard dialect write.

import type { Field } from '../../conformance/dialects/profile.ts'
import { invalid } from './refusals.ts'

const prefix = 'https://example.com/'
const secretOf = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`
const many = (count: number, length: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`X-H${index}`, 'v'.repeat(length)]))

const url: Field = {
  name: 'url',
  onCreate: 'required',
  onChange: 'optional',
  good: [
    { title: 'at its limit', value: prefix.padEnd(2048, 'a') },
    { title: 'letters beyond ASCII', value: 'https://müller.example/straße' },
  ],
  wrong: [
    { title: 'null', value: null },
    { title: 'a number', value: 5 },
    { title: 'one past its limit', value: prefix.padEnd(2049, 'a') },
    { title: 'empty', value: '' },
    { title: 'another scheme', value: 'ftp://example.com/' },
    { title: 'credentials', value: 'https://user@example.com/' },
    { title: 'a private address', value: 'https://192.168.0.1/' },
  ],
}

const eventTypes: Field = {
  name: 'eventTypes',
  onCreate: 'required',
  onChange: 'optional',
  good: [
    { title: 'all types', value: ['*'] },
    { title: 'a prefix, in the given order', value: ['invoice.*', 'file_sent'] },
    { title: 'a duplicate', value: ['a.b', 'a.c', 'a.b'], shown: ['a.b', 'a.c'] },
    { title: 'the longest type', value: ['t'.repeat(128)] },
    { title: 'at its limit', value: Array.from({ length: 100 }, (_, index) => `type.${index}`) },
  ],
  wrong: [
    { title: 'null', value: null },
    { title: 'a text', value: 'invoice.paid' },
    { title: 'an empty list', value: [] },
    { title: 'one past its limit', value: Array.from({ length: 101 }, (_, index) => `type.${index}`) },
    { title: 'a number among them', value: [5], refusal: invalid('eventTypes.0') },
    { title: 'an empty text', value: [''], refusal: invalid('eventTypes.0') },
    { title: 'a type that is too long', value: ['t'.repeat(129)], refusal: invalid('eventTypes.0') },
  ],
}

const filters: Field = {
  name: 'filters',
  onCreate: 'optional',
  onChange: 'optional',
  good: [
    { title: 'several', value: { region: 'eu', plan: '' } },
    { title: 'no filter', value: {} },
    { title: 'the longest value', value: { a: 'v'.repeat(256) } },
    { title: 'several values', value: { region: ['eu', 'us'] } },
  ],
  wrong: [
    { title: 'null', value: null },
    { title: 'an array', value: ['region'] },
    { title: 'a number as value', value: { region: 5 }, refusal: invalid('filters.region') },
    { title: 'a list without values', value: { region: [] }, refusal: invalid('filters.region') },
    { title: 'a number among values', value: { region: ['eu', 5] }, refusal: invalid('filters.region.1') },
    { title: 'a value that is too long', value: { a: 'v'.repeat(257) }, refusal: invalid('filters.a') },
    { title: 'one too many', value: many(21, 1) },
  ],
}

const details: Field = {
  name: 'details',
  onCreate: 'optional',
  onChange: 'optional',
  good: [{ title: 'none', value: {} }],
  wrong: [
    { title: 'null', value: null },
    { title: 'a field that the dialect does not have', value: { owner: 'me' }, refusal: invalid('details.owner') },
  ],
}

const headers: Field = {
  name: 'headers',
  onCreate: 'optional',
  onChange: 'optional',
  good: [
    { title: 'one', value: { 'X-Token': 'secret value' } },
    { title: 'no header', value: {} },
    { title: 'at its limit', value: many(32, 1) },
    { title: 'the longest value', value: { 'X-Long': 'v'.repeat(4096) } },
  ],
  wrong: [
    { title: 'null', value: null },
    { title: 'one too many', value: many(33, 1) },
    { title: 'too many bytes together', value: many(4, 4096) },
    { title: 'a line break', value: { 'X-A': 'a\r\nb' }, refusal: invalid('headers.X-A') },
    { title: 'a signature header', value: { 'Webhook-Id': 'mine' }, refusal: invalid('headers.Webhook-Id') },
    { title: 'a header of HTTP', value: { Host: 'example.com' }, refusal: invalid('headers.Host') },
    { title: 'a value that is too long', value: { X: 'v'.repeat(4097) }, refusal: invalid('headers.X') },
  ],
}

const writeOnlyHeaders: Field = {
  name: 'writeOnlyHeaders',
  onCreate: 'optional',
  onChange: 'optional',
  // Names of headers are in src/api/write-only-headers.test.ts: they depend on another field.
  good: [{ title: 'no name', value: [] }],
  wrong: [
    { title: 'null', value: null },
    { title: 'a text', value: 'X-Token' },
    { title: 'a name that no header has', value: ['X-None'], refusal: invalid('writeOnlyHeaders.0') },
    { title: 'one too many', value: Array.from({ length: 33 }, () => 'X') },
  ],
}

const description: Field = {
  name: 'description',
  onCreate: 'optional',
  onChange: 'optional',
  good: [
    { title: 'at its limit', value: 'd'.repeat(1024) },
    { title: 'null', value: null },
  ],
  wrong: [
    { title: 'a number', value: 5 },
    { title: 'one past its limit', value: 'd'.repeat(1025) },
  ],
}

const enabled: Field = {
  name: 'enabled',
  onCreate: 'optional',
  onChange: 'optional',
  good: [
    { title: 'false', value: false },
    { title: 'true', value: true },
  ],
  wrong: [
    { title: 'null', value: null },
    { title: 'a text', value: 'true' },
  ],
}

const secrets: Field = {
  name: 'secrets',
  onCreate: 'optional',
  onChange: 'optional',
  good: [
    { title: 'secrets of 24 and of 64 bytes', value: [secretOf(24), secretOf(64)] },
    { title: 'ten secrets', value: Array.from({ length: 10 }, (_, index) => secretOf(24 + index)) },
  ],
  wrong: [
    { title: 'an empty list', value: [] },
    { title: 'a secret of 23 bytes', value: [secretOf(23)], refusal: invalid('secrets.0') },
    { title: 'a secret of 65 bytes', value: [secretOf(32), secretOf(65)], refusal: invalid('secrets.1') },
    { title: 'not base64', value: ['whsec_!'], refusal: invalid('secrets.0') },
    { title: 'eleven secrets', value: Array.from({ length: 11 }, () => secretOf(24)) },
  ],
}

export const fields: readonly Field[] = [
  url,
  eventTypes,
  filters,
  details,
  headers,
  writeOnlyHeaders,
  description,
  enabled,
  secrets,
]
