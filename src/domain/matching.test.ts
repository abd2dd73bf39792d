import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasStrayStar, patternMatches, prepareMatching } from './matching.ts'

test('patterns match the exact type, every type, or a prefix', () => {
  const cases = [
    { pattern: 'invoice.paid', type: 'invoice.paid', matches: true },
    { pattern: 'invoice.paid', type: 'invoice.paid.late', matches: false },
    { pattern: '*', type: 'anything', matches: true },
    { pattern: 'invoice.*', type: 'invoice.paid', matches: true },
    { pattern: 'invoice.*', type: 'invoice.paid.late', matches: true },
    { pattern: 'invoice.*', type: 'invoice', matches: false },
    { pattern: 'invoice.*', type: 'invoices.paid', matches: false },
    { pattern: 'invoice*', type: 'invoice.paid', matches: false },
  ]
  for (const { pattern, type, matches } of cases) {
    assert.equal(patternMatches(pattern, type), matches, `${pattern} ~ ${type}`)
    const wants = prepareMatching({ eventTypes: ['other', pattern], filters: {} })
    assert.equal(wants({ type }, null), matches, `${pattern} ~ ${type}, prepared`)
  }
})

test('every filter must match an attribute exactly, with its value or one of its values', () => {
  const filters = { agent: ['1', '3'], place: 'Rome' }
  const wants = prepareMatching({ eventTypes: ['*'], filters })
  assert.equal(wants({ type: 'x' }, { agent: '1', place: 'Rome', more: 'y' }), true)
  assert.equal(wants({ type: 'x' }, { agent: '3', place: 'Rome' }), true)
  assert.equal(wants({ type: 'x' }, { agent: '1' }), false)
  assert.equal(wants({ type: 'x' }, { agent: '2', place: 'Rome' }), false)
  assert.equal(wants({ type: 'x' }, { agent: '1', place: 'Ro' }), false)
  assert.equal(wants({ type: 'x' }, null), false)
  assert.equal(prepareMatching({ eventTypes: ['*'], filters: { toString: 'x' } })({ type: 'x' }, {}), false)
  assert.equal(prepareMatching({ eventTypes: ['y'], filters })({ type: 'x' }, { agent: '1', place: 'Rome' }), false)
})

test('a * that no pattern has', () => {
  for (const pattern of ['*', 'order.*', 'order.paid']) assert.equal(hasStrayStar(pattern), false, pattern)
  for (const pattern of ['*.foo*', 'order*', 'order.**', '*.*', '*.paid']) assert.ok(hasStrayStar(pattern), pattern)
})
