// The words of counts, and the times below charts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tickTexts } from './chart-times.ts'
import { counted } from './counted.ts'

test('one thing has the singular', () => {
  assert.equal(counted(1, 'delivery', 'deliveries'), '1 delivery')
  assert.equal(counted(2000, 'delivery', 'deliveries'), '2,000 deliveries')
  assert.equal(counted(0, 'endpoint'), '0 endpoints')
})

test('times below a chart have the form of all times, with the date where it changes', () => {
  const at = Date.UTC(2026, 10, 29, 23) / 1000
  assert.deepEqual(tickTexts([at, at + 1800, at + 3600], 1800, 'utc'), [
    '23:00\n2026-11-29',
    '23:30',
    '00:00\n2026-11-30',
  ])
  assert.deepEqual(tickTexts([at, at + 10], 10, 'utc'), ['23:00:00\n2026-11-29', '23:00:10'])
  assert.deepEqual(tickTexts([at, at + 86_400], 86_400, 'utc'), ['2026-11-29', '2026-11-30'])
})
