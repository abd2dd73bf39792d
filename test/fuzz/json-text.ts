// JSON as text, in every spelling that the grammar allows. A round trip through JSON.parse and JSON.stringify would
// change many of these spellings.

import fc, { type Arbitrary } from 'fast-check'

const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/)

const numberText = fc.oneof(
  fc.stringMatching(/^-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,4})?$/),
  fc.constantFrom(
    '12345678901234567890',
    '1.0',
    '1e400',
    '-1e400',
    '-0',
    '-0.0',
    '1E+2',
    '0.1e-999',
    '9007199254740993',
  ),
)

/** Unnecessary escapes, and lone surrogates: UTF-8 text cannot hold them, but escapes can. */
const escapes = String.raw`\u0000 \u001f \/ \b \f \" \\ \u0061 \u2028 \u2029 \ud83d\ude00 \ud83d \ude00 \udfff\ud800 \uFFFF`

const characters = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }).map((text) => JSON.stringify(text).slice(1, -1)),
  fc.constantFrom(...escapes.split(' ')),
  // Line separators, characters outside the basic plane, combining, joined, right to left, a byte order mark, controls.
  fc.constantFrom('\u2028\u2029', '\u{1f600}\u{10ffff}', 'e\u0301\u0323', '👩‍👩‍👧', '\u202eabc', '\ufeff', '\u007f\u0085'),
)
const stringText = fc.array(characters, { maxLength: 6 }).map((parts) => `"${parts.join('')}"`)

/** Special keys: JSON.parse moves keys that look like integers to the front, and much code drops `__proto__`. */
const keyText = fc.oneof(
  stringText,
  fc.constantFrom('"2"', '"1"', '"10"', '"-1"', '"a"', '"__proto__"', '"constructor"', '"data"', '""'),
)

function joined(parts: readonly string[], open: string, close: string, spaces: string): string {
  return `${open}${spaces}${parts.join(`${spaces},${spaces}`)}${spaces}${close}`
}

/** A value inside `2 * depth` levels. */
function nested(text: string, depth: number): string {
  return `${'{"a":['.repeat(depth)}${text}${']}'.repeat(depth)}`
}

const { value, object } = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthIdentifier: 'json' },
    fc.oneof(numberText, stringText, fc.constantFrom('true', 'false', 'null', '{}', '[]')),
    tie('object'),
    fc.tuple(fc.array(tie('value'), { maxLength: 5 }), space).map(([items, spaces]) => joined(items, '[', ']', spaces)),
  ),
  object: fc
    .tuple(fc.array(fc.tuple(keyText, space, tie('value')), { maxLength: 5, depthIdentifier: 'json' }), space)
    .map(([members, spaces]) => {
      const texts = members.map(([key, after, member]) => `${key}${after}:${spaces}${member}`)
      // Repeats the first member, so that the object has a duplicate key.
      return joined([...texts, ...texts.slice(0, 1)], '{', '}', spaces)
    }),
}))

/** The text of an object, at most 123 levels deep: the limit for the data of an event in a batch. */
export const objectText: Arbitrary<string> = fc.oneof(
  { arbitrary: object, weight: 9 },
  {
    arbitrary: fc.tuple(value, fc.integer({ min: 1, max: 58 })).map(([text, depth]) => nested(text, depth)),
    weight: 1,
  },
)

/** 127 levels deep: the limit for the data of an event that is posted alone. */
export const deepestObject = `{"x":${nested('1.0', 63)}}`
