import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { diffLines } from './diff.ts'

const marks = { same: ' ', removed: '-', added: '+' } as const
const shown = (before: string, after: string): string[] =>
  diffLines(before, after).map(({ kind, text }) => marks[kind] + text)

suite('the difference of two texts', () => {
  test('has the lines that stay, go and come, in their order', () => {
    assert.deepEqual(shown('a\nb\nc', 'a\nx\nc\nd'), [' a', '-b', '+x', ' c', '+d'])
    assert.deepEqual(shown('b\na', 'a\nb'), ['-b', ' a', '+b'])
    assert.deepEqual(shown('a\na\na', 'a\na'), [' a', ' a', '-a'])
  })

  test('of an empty text is the other text, and equal texts have none', () => {
    assert.deepEqual(shown('', 'a\n'), ['+a', '+'])
    assert.deepEqual(shown('a', ''), ['-a'])
    assert.deepEqual(shown('', ''), [])
    assert.deepEqual(shown('a\n', 'a\n'), [' a', ' '])
  })

  test('gives both texts back, and no longer common part exists', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 8 }).map((list) => list.join('\n'))
    fc.assert(
      fc.property(text, text, (before, after) => {
        const found = diffLines(before, after)
        const side = (left: string): string =>
          found
            .filter(({ kind }) => kind !== left)
            .map((line) => line.text)
            .join('\n')
        assert.equal(side('added'), before)
        assert.equal(side('removed'), after)
        const same = found.filter(({ kind }) => kind === 'same').length
        assert.equal(
          same,
          longestCommon(before === '' ? [] : before.split('\n'), after === '' ? [] : after.split('\n')),
        )
      }),
    )
  })

  test('of texts with very many lines is found at once, without the common part of their middle', () => {
    const many = (name: string): string => Array.from({ length: 50_000 }, (_, index) => `${name}${index}`).join('\n')
    const found = diffLines(`head\n${many('a')}\ntail`, `head\n${many('b')}\ntail`)
    assert.equal(found.length, 100_002)
    assert.deepEqual(
      [found[0], found.at(-1)],
      [
        { kind: 'same', text: 'head' },
        { kind: 'same', text: 'tail' },
      ],
    )
  })
})

/** By trying all, so that it has nothing in common with the code under test. */
function longestCommon([head, ...rest]: readonly string[], other: readonly string[]): number {
  if (head === undefined) return 0
  const without = longestCommon(rest, other)
  const found = other.indexOf(head)
  return found === -1 ? without : Math.max(without, 1 + longestCommon(rest, other.slice(found + 1)))
}
