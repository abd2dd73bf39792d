import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { limits } from '../domain/limits.ts'
import { parseRetryAfter } from './retry-after.ts'

const nowMs = Date.UTC(1994, 10, 6, 8, 49, 0)

void test('reads seconds and all three forms of an HTTP date', () => {
  assert.equal(parseRetryAfter('0', nowMs), 0)
  assert.equal(parseRetryAfter('120', nowMs), 120_000)
  assert.equal(parseRetryAfter('Sun, 06 Nov 1994 08:49:37 GMT', nowMs), 37_000)
  assert.equal(parseRetryAfter('Sunday, 06-Nov-94 08:49:37 GMT', nowMs), 37_000)
  assert.equal(parseRetryAfter('Sun Nov  6 08:49:37 1994', nowMs), 37_000)
})

void test('clamps times in the past and waits beyond the longest one', () => {
  assert.equal(parseRetryAfter('Thu, 01 Jan 1970 00:00:00 GMT', nowMs), 0)
  assert.equal(parseRetryAfter('Fri, 31 Dec 9999 23:59:59 GMT', nowMs), limits.retryAfterMsMax)
  assert.equal(parseRetryAfter('999999', nowMs), limits.retryAfterMsMax)
  assert.equal(parseRetryAfter('9'.repeat(10_000), nowMs), limits.retryAfterMsMax)
})

void test('treats any other text as absent', () => {
  const malformed = [
    '',
    ' ',
    '-1',
    '+1',
    '1.5',
    '1e308',
    '0x10',
    'Infinity',
    'NaN',
    '1, 2',
    '120s',
    '2030-01-01',
    'tomorrow',
  ]
  const dates = ['1994-11-06T08:49:37Z', 'Sun, 32 Nov 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 25:49:37 GMT', '6 Nov 1994']
  for (const value of [undefined, ['1', '2'], [], ...malformed, ...dates])
    assert.equal(parseRetryAfter(value, nowMs), null, JSON.stringify(value))
})

void test('returns null or a whole number of milliseconds within the bounds for any text', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.integer().map(String),
    fc.double().map(String),
    fc.date().map(String),
  )
  fc.assert(
    fc.property(text, fc.date({ noInvalidDate: true }), (value, date) => {
      for (const candidate of [value, date.toUTCString()]) {
        const waitMs = parseRetryAfter(candidate, nowMs)
        assert.ok(waitMs === null || (Number.isInteger(waitMs) && waitMs >= 0 && waitMs <= limits.retryAfterMsMax))
      }
    }),
  )
})

void test('reads every number of seconds and every date', () => {
  const seconds = fc.integer({ min: 0, max: limits.retryAfterMsMax / 1000 })
  fc.assert(
    fc.property(seconds, (wait) => {
      assert.equal(parseRetryAfter(String(wait), nowMs), wait * 1000)
      assert.equal(parseRetryAfter(new Date(nowMs + wait * 1000).toUTCString(), nowMs), wait * 1000)
    }),
  )
})
