import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { lowestUuidV7, randomText, randomTexts, timeOrderedText, uuidV4, uuidV7, uuidV7Time } from './ids.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const times = fc.integer({ min: 0, max: 2 ** 48 - 2 })

test('a UUID v7 has the right form, contains its time and sorts by it', () => {
  fc.assert(
    fc.property(times, times, (a, b) => {
      const [first, second] = [uuidV7(a, randomBytes), uuidV7(b, randomBytes)]
      assert.match(first, uuid)
      assert.equal(first[14], '7')
      assert.equal(uuidV7Time(first), a)
      if (a !== b) assert.equal(first < second, a < b)
      assert.ok(lowestUuidV7(a) <= first && first < lowestUuidV7(a + 1))
    }),
  )
})

test('random texts have their length, and no two are equal', () => {
  const next = randomTexts(randomBytes, 12)
  const texts = Array.from({ length: 1000 }, next)
  for (const text of texts) assert.match(text, /^[0-9A-Za-z]{12}$/)
  assert.equal(new Set(texts).size, texts.length)
})

test('a UUID v4 has the right form', () => {
  const id = uuidV4(randomBytes)
  assert.match(id, uuid)
  assert.equal(id[14], '4')
})

test('time-ordered text sorts by its time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 47 }), fc.integer({ min: 1, max: 2 ** 40 }), (time, later) => {
      assert.ok(timeOrderedText(time, randomBytes, 20) < timeOrderedText(time + later, randomBytes, 20))
    }),
  )
})

test('random text uses every character about equally often', () => {
  const counts = new Map<string, number>()
  for (const letter of randomText(randomBytes, 62_000)) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  assert.equal(counts.size, 62)
  for (const count of counts.values()) assert.ok(count > 800 && count < 1200, `a character appeared ${count} times`)
})
