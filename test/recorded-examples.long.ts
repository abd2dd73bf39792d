// The examples of the OpenAPI documents are answers of a real server: recorded again, they have the same members and forms.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordedExamples } from '../src/dialects/registry.ts'
import { differences } from './support/example-forms.ts'
import { recordExamples } from './support/recorded-examples.ts'

test('a real server answers in the form of every recorded example', async () => {
  // Through JSON, as they are stored.
  const real: unknown = JSON.parse(JSON.stringify(await recordExamples()))
  const faults = differences(recordedExamples, real, '')
  assert.deepEqual(faults, [], 'node test/support/recorded-examples.ts records the answers again')
})

test('another member, kind of id or type is a difference', () => {
  for (const [recorded, real, isSame] of [
    [{ a: 1 }, { a: 2 }, true],
    [{ a: 1 }, { a: '1' }, false],
    [{ a: 1 }, { a: 1, b: 1 }, false],
    ['ep_0TtPfGyrEtgLQ0scBQXR', 'ep_q5ASbZqb3xkBDCSBRG1N', true],
    ['ep_0TtPfGyrEtgLQ0scBQXR', 'key_q5ASbZqb3xkBDCSBRG1N', false],
    ['2026-01-31T09:00:00.000Z', '2026-01-31T09:01:00.000Z', true],
    ['2026-01-31T09:00:00.000Z', '2026-01-31T09:00:00Z', false],
    ['pending', 'delivered', true],
  ] as const) {
    assert.equal(differences(recorded, real, '').length === 0, isSame, JSON.stringify([recorded, real]))
  }
})
