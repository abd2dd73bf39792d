import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpointMatches, patternMatches } from './matching.ts'

test('patterns match exactly, all, or by prefix', () => {
  const cases: [pattern: string, type: string, matches: boolean][] = [
    ['invoice.paid', 'invoice.paid', true],
    ['invoice.paid', 'invoice.paid.late', false],
    ['*', 'anything', true],
    ['invoice.*', 'invoice.paid', true],
    ['invoice.*', 'invoice.paid.late', true],
    ['invoice.*', 'invoice', false],
    ['invoice.*', 'invoices.paid', false],
    ['invoice*', 'invoice.paid', false],
  ]
  for (const [pattern, type, matches] of cases) {
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

test('an endpoint that is off matches nothing', () => {
  assert.equal(endpointMatches({ enabled: false, eventTypes: ['*'], filters: {} }, 'x', null), false)
})
