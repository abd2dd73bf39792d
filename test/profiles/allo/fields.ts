// The fields that Allo's customers write. The lengths are our own limits: the vendor documents none.

import type { Field } from '../../conformance/dialects/profile.ts'
import { invalidBody } from './refusals.ts'

const prefix = 'https://example.com/'

const url: Field = {
  name: 'url',
  onCreate: 'required',
  onChange: 'optional',
  good: [
    { title: 'at its limit', value: prefix.padEnd(2048, 'a') },
    { title: 'a port, a path and a query', value: 'https://example.com:8443/webhooks/allo?a=1&b=%20' },
    { title: 'another case', value: 'HTTPS://Example.COM/Path' },
  ],
  wrong: [
    { title: 'null', value: null },
    { title: 'a number', value: 5 },
    { title: 'an array', value: ['https://example.com'] },
    { title: 'an object', value: { url: 'https://example.com' } },
    { title: 'one past its limit', value: prefix.padEnd(2049, 'a') },
    { title: 'empty', value: '' },
    { title: 'no URL', value: 'example.com/hook' },
    { title: 'without a host', value: 'https://' },
    { title: 'another scheme', value: 'ftp://example.com/hook' },
    { title: 'a script', value: 'javascript:alert(1)' },
    { title: 'credentials', value: 'https://user:password@example.com/' },
    { title: 'a fragment', value: 'https://example.com/#part' },
    { title: 'letters beyond ASCII', value: 'https://müller.example/' },
    { title: 'a space', value: 'https://example.com/a b' },
    { title: 'a line break', value: 'https://example.com/\n' },
    { title: 'a private address', value: 'https://10.0.0.1/' },
    { title: 'a private address in octal', value: 'https://012.0.0.1/' },
    { title: 'a link-local address', value: 'https://169.254.169.254/latest' },
    { title: 'a private address of IPv6', value: 'https://[fd00::1]/' },
  ],
}

const unknownTopic = { status: 400, body: { error: { type: 'validation_error', code: 'INVALID_EVENT_TYPE' } } }

const topics: Field = {
  name: 'topics',
  onCreate: 'required',
  onChange: 'optional',
  good: [
    { title: 'several, in the given order', value: ['sms.sent', 'call.received', 'contact.updated'] },
    { title: 'a duplicate', value: ['tag.added', 'sms.sent', 'tag.added'], shown: ['tag.added', 'sms.sent'] },
    { title: 'at its limit', value: Array<string>(100).fill('sms.sent'), shown: ['sms.sent'] },
  ],
  wrong: [
    { title: 'null', value: null },
    { title: 'a text', value: 'call.received' },
    { title: 'an object', value: { 0: 'call.received' } },
    { title: 'an empty list', value: [] },
    { title: 'one past its limit', value: Array<string>(101).fill('sms.sent') },
    { title: 'a number among them', value: ['call.received', 5], refusal: invalidBody('topics', 'topics.1') },
    { title: 'null among them', value: [null], refusal: invalidBody('topics', 'topics.0') },
    { title: 'an unknown topic', value: ['call.received', 'call.unknown'], refusal: unknownTopic },
    { title: 'a topic of version 1', value: ['CALL_RECEIVED'], refusal: unknownTopic },
    { title: 'an empty text', value: [''], refusal: unknownTopic },
    { title: 'a wildcard', value: ['*'], refusal: unknownTopic },
    { title: 'a prefix', value: ['call.*'], refusal: unknownTopic },
  ],
}

const description: Field = {
  name: 'description',
  onCreate: 'optional',
  onChange: 'optional',
  good: [
    { title: 'at its limit', value: 'd'.repeat(1024) },
    { title: 'any letters', value: 'Größe 🎺 "quoted"\n\\ </script>' },
    { title: 'empty', value: '' },
    { title: 'null', value: null },
  ],
  wrong: [
    { title: 'a number', value: 5 },
    { title: 'true', value: true },
    { title: 'an array', value: ['text'] },
    { title: 'one past its limit', value: 'd'.repeat(1025) },
  ],
}

const enabled: Field = {
  name: 'enabled',
  onCreate: 'none',
  onChange: 'optional',
  good: [
    { title: 'false', value: false },
    { title: 'true', value: true },
  ],
  wrong: [
    { title: 'null', value: null },
    { title: 'a text', value: 'true' },
    { title: 'a number', value: 1 },
  ],
}

export const fields: readonly Field[] = [url, topics, description, enabled]
