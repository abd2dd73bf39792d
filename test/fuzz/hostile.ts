// Values that attackers send, and unusual values that code often fails to handle.

import fc, { type Arbitrary } from 'fast-check'
import { objectText } from './json-text.ts'

const mib = 1024 * 1024

export const hostileText: Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '.',
    '..',
    '*',
    '\0',
    'a\0b',
    'null',
    'undefined',
    'NaN',
    '-1',
    '1e999',
    '0x10',
    '9'.repeat(400),
  ),
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__proto__.polluted'),
  fc.constantFrom("' OR 1=1 --", '<script>alert(1)</script>', '../../etc/passwd', '{{7*7}}', '%00', '%ff', '$1', '\\'),
  fc.constantFrom(
    'a\r\nx-injected: 1',
    '\n',
    '\ud83d',
    '\udc00a',
    '\u2028',
    '\u202e',
    '\ufeff',
    'e\u0301',
    '\u{10ffff}',
  ),
  fc.constantFrom('x'.repeat(300), 'x'.repeat(5000), 'é'.repeat(3000), '😀'.repeat(600)),
  fc.constantFrom(
    'http://169.254.169.254/',
    'http://[::ffff:127.0.0.1]:1/',
    'http://2130706433/',
    'https://a:b@example.com/',
    'javascript:alert(1)',
    'http://',
    'https://exa mple.com',
    'https://xn--a.example/\u0000',
    '2026-02-30T10:00:00Z',
    '+275760-09-13T00:00:00.001Z',
    '0000-00-00T00:00:00Z',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
)

const scalars = [null, true, false, 0, -0, 1, -1, 1.5, 1e308, 5e-324, 2 ** 31, 2 ** 53, 2 ** 63, [], {}, [[]], [null]]

/** Any JSON value. Objects may have an own member `__proto__`. */
export const hostileValue: Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.constantFrom(...scalars),
  fc.array(hostileText, { maxLength: 4 }),
  fc.constantFrom(Array.from({ length: 2000 }, (_, index) => `t${index}`)),
  fc.array(fc.tuple(hostileText, hostileText), { maxLength: 4 }).map((members) => Object.fromEntries(members)),
  fc.constantFrom<unknown>(
    JSON.parse('{"__proto__":{"polluted":true}}'),
    JSON.parse('{"constructor":{"prototype":{"polluted":true}}}'),
    JSON.parse('{"toString":1,"valueOf":1,"then":1,"length":-1}'),
    JSON.parse('['.repeat(100) + ']'.repeat(100)),
  ),
)

/** Bodies that follow no schema. Most of them are not JSON. */
export const hostileBody: Arbitrary<string | Buffer> = fc.oneof(
  { weight: 20, arbitrary: objectText },
  { weight: 10, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 10, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  {
    weight: 10,
    arbitrary: fc.constantFrom(
      '',
      ' ',
      '{',
      '[]',
      'null',
      '1',
      '"',
      '{}{}',
      '{"a":1,}',
      '\ufeff{}',
      '{"__proto__":{}}',
    ),
  },
  { weight: 4, arbitrary: fc.integer({ min: 120, max: 60_000 }).map((depth) => '['.repeat(depth)) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 5000 }).map((digits) => `{"url":${'9'.repeat(digits)}}`) },
  { weight: 1, arbitrary: fc.constantFrom(`{"url":"${'x'.repeat(mib - 20)}"}`, ' '.repeat(mib + 1), manyKeys()) },
)

function manyKeys(): string {
  return JSON.stringify(Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`key${index}`, index])))
}
