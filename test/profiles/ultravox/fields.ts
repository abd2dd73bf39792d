// The fields that Ultravox's customers write, and the answer to each wrong value. The most items of a list are our own
// limits: the vendor documents none.

import type { Field } from '../../conformance/dialects/profile.ts'
import { invalid } from './refusals.ts'

const nullRefused = 'This field may not be null.'

const invalidUrl = invalid('url', 'Enter a valid URL.')
const noText = invalid('url', 'Not a valid string.')
const prefix = 'https://example.com/'

const url: Field = {
  name: 'url',
  onCreate: 'required',
  onChange: 'optional',
  good: [
    { title: 'at its limit', value: prefix.padEnd(200, 'a') },
    { title: 'a port, a path and a query', value: 'https://example.com:8443/hooks/ultravox?a=1&b=%20' },
    { title: 'another case', value: 'HTTPS://Example.COM/Path' },
    { title: 'no encryption', value: 'http://example.com/hook' },
  ],
  wrong: [
    { title: 'null', value: null, refusal: invalid('url', nullRefused) },
    { title: 'a number', value: 5, refusal: invalidUrl },
    { title: 'true', value: true, refusal: noText },
    { title: 'an array', value: ['https://example.com'], refusal: noText },
    { title: 'an object', value: { url: 'https://example.com' }, refusal: noText },
    {
      title: 'one past its limit',
      value: prefix.padEnd(201, 'a'),
      refusal: invalid('url', 'Ensure this field has no more than 200 characters.'),
    },
    { title: 'empty', value: '', refusal: invalid('url', 'This field may not be blank.') },
    { title: 'no URL', value: 'example.com/hook', refusal: invalidUrl },
    { title: 'without a host', value: 'https://', refusal: invalidUrl },
    { title: 'another scheme', value: 'ftp://example.com/hook', refusal: invalidUrl },
    { title: 'a script', value: 'javascript:alert(1)', refusal: invalidUrl },
    { title: 'a space', value: 'https://example.com/a b', refusal: invalidUrl },
    { title: 'a line break', value: 'https://example.com/\n', refusal: invalidUrl },
    { title: 'letters beyond ASCII', value: 'https://example.com/straße', refusal: invalidUrl },
    {
      title: 'credentials',
      value: 'https://user:password@example.com/',
      refusal: invalid('url', 'Must not contain credentials.'),
    },
    { title: 'a private address', value: 'https://10.0.0.1/' },
    { title: 'a private address in octal', value: 'https://012.0.0.1/' },
    { title: 'a link-local address', value: 'https://169.254.169.254/latest' },
    { title: 'a private address of IPv6', value: 'https://[fd00::1]/' },
  ],
}

const noList = (type: string) => `Expected a list of items but got type "${type}".`
const noEvent = (text: string, index = 0) => invalid('events', { [index]: `"${text}" is not a valid choice.` })

const events: Field = {
  name: 'events',
  onCreate: 'required',
  onChange: 'optional',
  good: [
    { title: 'all, in the given order', value: ['call.billed', 'call.started', 'call.ended', 'call.joined'] },
    { title: 'a duplicate, as it was sent', value: ['call.ended', 'call.started', 'call.ended'] },
    { title: 'an empty list', value: [] },
    { title: 'at its limit', value: Array<string>(100).fill('call.started') },
  ],
  wrong: [
    { title: 'null', value: null, refusal: invalid('events', nullRefused) },
    { title: 'a text', value: 'call.started', refusal: invalid('events', noList('str')) },
    { title: 'an object', value: { 0: 'call.started' }, refusal: invalid('events', noList('dict')) },
    { title: 'an integer', value: 5, refusal: invalid('events', noList('int')) },
    { title: 'a fraction', value: 1.5, refusal: invalid('events', noList('float')) },
    { title: 'true', value: true, refusal: invalid('events', noList('bool')) },
    {
      title: 'one past its limit',
      value: Array<string>(101).fill('call.started'),
      refusal: invalid('events', 'Ensure this field has no more than 100 elements.'),
    },
    { title: 'an unknown one', value: ['call.started', 'call.paused'], refusal: noEvent('call.paused', 1) },
    { title: 'another case', value: ['CALL.STARTED'], refusal: noEvent('CALL.STARTED') },
    { title: 'an empty text', value: [''], refusal: noEvent('') },
    { title: 'a wildcard', value: ['*'], refusal: noEvent('*') },
    { title: 'a prefix', value: ['call.*'], refusal: noEvent('call.*') },
    { title: 'a number among them', value: ['call.started', 5], refusal: noEvent('5', 1) },
    { title: 'false among them', value: [false], refusal: noEvent('False') },
    { title: 'null among them', value: [null], refusal: invalid('events', { 0: nullRefused }) },
    {
      title: 'two unknown ones',
      value: ['a', 'call.ended', 'b'],
      refusal: invalid('events', { 0: '"a" is not a valid choice.', 2: '"b" is not a valid choice.' }),
    },
  ],
}

const tooLong = 'Ensure this field has no more than 120 characters.'

const secrets: Field = {
  name: 'secrets',
  onCreate: 'optional',
  onChange: 'optional',
  good: [
    { title: 'at their limit', value: ['s'.repeat(120)] },
    { title: 'at their limit in code points', value: ['🎺'.repeat(120)] },
    { title: 'any letters', value: ['whsec_ß "quoted" \\ ,\n', ' '] },
    { title: 'the same one twice', value: ['same', 'same'] },
    { title: 'the most secrets', value: Array.from({ length: 10 }, (_, index) => `secret-${index}`) },
    { title: 'an empty list', value: [] },
  ],
  wrong: [
    { title: 'null', value: null, refusal: invalid('secrets', nullRefused) },
    { title: 'a text', value: 'secret', refusal: invalid('secrets', noList('str')) },
    { title: 'an object', value: {}, refusal: invalid('secrets', noList('dict')) },
    { title: 'one past its limit', value: ['s'.repeat(121)], refusal: invalid('secrets', { 0: tooLong }) },
    {
      title: 'one past its limit in second place',
      value: ['s', '🎺'.repeat(121)],
      refusal: invalid('secrets', { 1: tooLong }),
    },
    { title: 'an empty one', value: [''], refusal: invalid('secrets', { 0: 'This field may not be blank.' }) },
    { title: 'a number among them', value: ['s', 5], refusal: invalid('secrets', { 1: 'Not a valid string.' }) },
    { title: 'null among them', value: [null], refusal: invalid('secrets', { 0: nullRefused }) },
    {
      title: 'a lone surrogate',
      value: ['\ud83d'],
      refusal: invalid('secrets', { 0: 'Must be well-formed Unicode text.' }),
    },
    {
      title: 'one secret too many',
      value: Array<string>(11).fill('secret'),
      refusal: invalid('secrets', 'Ensure this field has no more than 10 elements.'),
    },
  ],
}

const noUuid = invalid('agentId', 'Must be a valid UUID.')

const agentId: Field = {
  name: 'agentId',
  onCreate: 'optional',
  onChange: 'optional',
  good: [
    { title: 'a UUID', value: '3c90c3cc-0d44-4b50-8888-8dd25736052a' },
    {
      title: 'a UUID in capitals',
      value: '3C90C3CC-0D44-4B50-8888-8DD25736052B',
      shown: '3c90c3cc-0d44-4b50-8888-8dd25736052b',
    },
    { title: 'null', value: null },
  ],
  wrong: [
    { title: 'empty', value: '', refusal: noUuid },
    { title: 'no UUID', value: 'agent-1', refusal: noUuid },
    { title: 'a UUID and more', value: '3c90c3cc-0d44-4b50-8888-8dd25736052a0', refusal: noUuid },
    { title: 'a UUID as a URN', value: 'urn:uuid:3c90c3cc-0d44-4b50-8888-8dd25736052a', refusal: noUuid },
    { title: 'a number', value: 5, refusal: noUuid },
    { title: 'true', value: true, refusal: noUuid },
    { title: 'an array', value: [], refusal: noUuid },
  ],
}

export const fields: readonly Field[] = [url, events, secrets, agentId]
