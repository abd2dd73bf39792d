// The examples of the OpenAPI documents are answers of a real server: recorded again, they have the same members and forms.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordedExamples } from '../src/dialects/registry.ts'
import { recordExamples } from './support/recorded-examples.ts'

/** The kinds of its ids, such as `ep_`, and its punctuation. */
function formOf(text: string): string {
  const kinds = text.match(/\b[a-z]{2,10}_(?=[A-Za-z\d]{12})/g) ?? []
  return kinds.join() + text.replaceAll(/[\w+/=-]+/g, 'x')
}

/** The places where a value has another form. Null fits each form: a time is null until it has come. */
function differences(recorded: unknown, real: unknown, place: string): string[] {
  if (recorded === null || real === null) return []
  if (typeof recorded === 'string' && typeof real === 'string') {
    return formOf(recorded) === formOf(real) ? [] : [`${place}: ${recorded} and ${real}`]
  }
  if (Array.isArray(recorded) && Array.isArray(real)) {
    return recorded.length === 0 || real.length === 0 ? [] : differences(recorded[0], real[0], `${place}.0`)
  }
  if (typeof recorded !== 'object' || typeof real !== 'object') {
    return typeof recorded === typeof real ? [] : [`${place}: ${typeof recorded} and ${typeof real}`]
  }
  const [one, other] = [recorded as Record<string, unknown>, real as Record<string, unknown>]
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])]
  return names.flatMap((name) =>
    name in one && name in other
      ? differences(one[name], other[name], `${place}.${name}`)
      : [`${place}.${name}: in ${name in one ? 'the record' : 'the answer'} only`],
  )
}

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
