import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ResponseText } from './response-text.ts'

function keep(charsMax: number, chunks: readonly Uint8Array[]): string {
  const text = new ResponseText(charsMax)
  for (const chunk of chunks) text.push(Buffer.from(chunk))
  return text.end()
}

void test('keeps the same beginning for any chunk size', () => {
  const body = fc.string({ unit: 'binary', maxLength: 60 })
  fc.assert(
    fc.property(body, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9 }), (value, charsMax, size) => {
      const bytes = Buffer.from(value)
      const chunks = []
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
      const whole = bytes.toString()
      const kept = keep(charsMax, chunks)
      assert.ok(kept.length <= charsMax && whole.startsWith(kept) && kept.isWellFormed())
      assert.ok(kept.length >= Math.min(charsMax, whole.length) - 1)
    }),
  )
})

void test('never ends in half a surrogate pair', () => {
  assert.equal(keep(3, [Buffer.from('ab😀')]), 'ab')
  assert.equal(keep(4, [Buffer.from('ab😀')]), 'ab😀')
})

void test('replaces bytes that are not UTF-8, and strips nothing', () => {
  assert.equal(keep(9, [Buffer.from([0x61, 0xff, 0x00, 0x62, 0xc3])]), 'a\uFFFD\0b\uFFFD')
  assert.equal(keep(9, [Buffer.from([0xef, 0xbb, 0xbf, 0x61])]), '\uFEFFa')
  assert.equal(keep(9, []), '')
})
