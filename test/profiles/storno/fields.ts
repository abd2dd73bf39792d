// The fields that Storno.ro's customers write. Malformed values are refused with 400, and well-formed values that the
// vendor does not accept with 422.

import type { Field } from '../../conformance/dialects/profile.ts'
import { invalid } from './refusals.ts'

const prefix = 'https://example.com/'
const notHttps = invalid(422, { url: 'A valid HTTPS URL is required.' })
const ofType = (field: string, type: string) => invalid(400, { [field]: `This value should be of type ${type}.` })
const tooLong = (field: string, chars: number) =>
  invalid(400, { [field]: `This value is too long. It should have ${chars} characters or less.` })

const url: Field = {
  name: 'url',
  onCreate: 'required',
  onChange: 'optional',
  good: [
    { title: 'at its limit', value: prefix.padEnd(2048, 'a') },
    { title: 'a port, a path and a query', value: 'https://example.com:8443/webhooks/storno?a=1&b=%20' },
    { title: 'another case', value: 'HTTPS://Example.COM/Path' },
  ],
  wrong: [
    { title: 'null', value: null, refusal: ofType('url', 'string') },
    { title: 'a number', value: 5, refusal: ofType('url', 'string') },
    { title: 'an array', value: ['https://example.com'], refusal: ofType('url', 'string') },
    { title: 'an object', value: { url: 'https://example.com' }, refusal: ofType('url', 'string') },
    { title: 'one past its limit', value: prefix.padEnd(2049, 'a'), refusal: tooLong('url', 2048) },
    { title: 'empty', value: '', refusal: invalid(400, { url: 'This value should not be blank.' }) },
    { title: 'no URL', value: 'example.com/hook' },
    { title: 'without a host', value: 'https://' },
    { title: 'another scheme', value: 'ftp://example.com/hook', refusal: notHttps },
    { title: 'credentials', value: 'https://user:password@example.com/' },
    { title: 'a fragment', value: 'https://example.com/#part' },
    { title: 'a space', value: 'https://example.com/a b' },
    { title: 'a line break', value: 'https://example.com/\n' },
    { title: 'a private address', value: 'https://10.0.0.1/' },
    { title: 'a private address in octal', value: 'https://012.0.0.1/' },
    { title: 'a private address of IPv6', value: 'https://[fd00::1]/' },
  ],
}

const unknown = (name: string) => invalid(422, { events: `Invalid event type: ${name}` })

const events: Field = {
  name: 'events',
  onCreate: 'required',
  onChange: 'optional',
  good: [
    { title: 'several, in the given order', value: ['sync.failed', 'invoice.created', 'client.updated'] },
    {
      title: 'a duplicate',
      value: ['invoice.paid', 'invoice.created', 'invoice.paid'],
      shown: ['invoice.paid', 'invoice.created'],
    },
    { title: 'all types', value: ['*'] },
  ],
  wrong: [
    { title: 'null', value: null, refusal: ofType('events', 'array') },
    { title: 'a text', value: 'invoice.created', refusal: ofType('events', 'array') },
    { title: 'an object', value: { 0: 'invoice.created' }, refusal: ofType('events', 'array') },
    { title: 'an empty list', value: [], refusal: invalid(400, { events: 'At least one event type is required.' }) },
    { title: 'a number among them', value: ['invoice.created', 5], refusal: ofType('events', 'string') },
    { title: 'null among them', value: [null], refusal: ofType('events', 'string') },
    { title: 'an unknown one', value: ['invoice.created', 'invoice.lost'], refusal: unknown('invoice.lost') },
    {
      title: 'a type that only other documents name',
      value: ['payment.received'],
      refusal: unknown('payment.received'),
    },
    { title: 'the test event', value: ['webhook.test'], refusal: unknown('webhook.test') },
    { title: 'another case', value: ['Invoice.Created'], refusal: unknown('Invoice.Created') },
    { title: 'an empty text', value: [''], refusal: unknown('') },
    { title: 'a prefix', value: ['invoice.*'], refusal: unknown('invoice.*') },
  ],
}

const description: Field = {
  name: 'description',
  onCreate: 'optional',
  onChange: 'optional',
  good: [
    { title: 'at its limit', value: 'd'.repeat(255) },
    { title: 'any letters', value: 'Facturi ăâîșț 🎺 "quoted"\n\\ </script>' },
    { title: 'empty', value: '' },
    { title: 'null', value: null },
  ],
  wrong: [
    { title: 'a number', value: 5, refusal: ofType('description', 'string|null') },
    { title: 'true', value: true, refusal: ofType('description', 'string|null') },
    { title: 'an array', value: ['text'], refusal: ofType('description', 'string|null') },
    { title: 'one past its limit', value: 'd'.repeat(256), refusal: tooLong('description', 255) },
  ],
}

const isActive: Field = {
  name: 'isActive',
  onCreate: 'optional',
  onChange: 'optional',
  good: [
    { title: 'false', value: false },
    { title: 'true', value: true },
  ],
  wrong: [
    { title: 'null', value: null, refusal: ofType('isActive', 'boolean') },
    { title: 'a text', value: 'true', refusal: ofType('isActive', 'boolean') },
    { title: 'a number', value: 1, refusal: ofType('isActive', 'boolean') },
  ],
}

export const fields: readonly Field[] = [url, events, description, isActive]
