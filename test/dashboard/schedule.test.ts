// The drawing of a dialect's schedule: attempts and marks of time stand where they belong, in every dialect.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registry } from '../../src/dialects/registry.ts'
import { attemptsOf, marksOf, placeOf } from '../../ui/dashboard/pages/dialects/schedule.ts'

test('attempts follow their waits, with the jitter of the last wait', () => {
  assert.deepEqual(attemptsOf([], true), [{ number: 1, wait: 0, at: 0, from: 0, to: 0 }])
  assert.deepEqual(attemptsOf([10, 100], true).at(-1), { number: 3, wait: 100, at: 110, from: 90, to: 130 })
  assert.deepEqual(attemptsOf([10, 100], false).at(-1), { number: 3, wait: 100, at: 110, from: 110, to: 110 })
})

for (const { dialect } of registry) {
  for (const scale of ['linear', 'log'] as const) {
    test(`${dialect.name}, ${scale}: places rise from 0 to 1, and marks are apart`, () => {
      const { waitsMs, exact } = dialect.retries
      const attempts = attemptsOf(
        waitsMs.map((wait) => wait / 1000),
        !exact,
      )
      const last = attempts.at(-1)?.to ?? 0
      const place = placeOf(scale, last)
      assert.deepEqual([place(0), place(last)], [0, 1])
      const places = attempts.map(({ at }) => place(at))
      assert.deepEqual(
        places,
        places.toSorted((one, other) => one - other),
      )
      const marks = marksOf(scale, last)
      assert.ok(marks.length >= 4, marks.join(', '))
      for (const [index, mark] of marks.slice(1).entries()) {
        assert.ok(place(mark) <= 1 && place(mark) - place(marks[index] as number) >= 0.09 - 1e-9, marks.join(', '))
      }
    })
  }
}
