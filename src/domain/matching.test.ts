import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpointMatches, patternMatches } from './matching.ts'

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
  }
})

test('every filter must match an attribute exactly', () => {
  const endpoint = { enabled: true, eventTypes: ['*'], filters: { agent: '1', place: 'Rome' } }
  assert.equal(endpointMatches(endpoint, 'x', { agent: '1', place: 'Rome', more: 'y' }), true)
  assert.equal(endpointMatches(endpoint, 'x', { agent: '1' }), false)
  assert.equal(endpointMatches(endpoint, 'x', { agent: '2', place: 'Rome' }), false)
  assert.equal(endpointMatches(endpoint, 'x', null), false)
  assert.equal(endpointMatches({ ...endpoint, filters: { toString: 'x' } }, 'x', {}), false)
})

test('a disabled endpoint matches no event', () => {
  assert.equal(endpointMatches({ enabled: false, eventTypes: ['*'], filters: {} }, 'x', null), false)
})
