// JSON as text, in every spelling that the grammar allows: what JSON.stringify would never write is what a round trip
// through JSON.parse would change.

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

/** Escapes that need not be, and lone halves of surrogate pairs, which text in UTF-8 cannot hold but an escape can. */
const escapes = String.raw`\u0000 \u001f \/ \b \f \" \\ \u0061 \u2028 \u2029 \ud83d\ude00 \ud83d \ude00 \udfff\ud800 \uFFFF`

const characters = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }).map((text) => JSON.stringify(text).slice(1, -1)),
  fc.constantFrom(...escapes.split(' ')),
  // Line separators, beyond the basic plane, combining, joined, right to left, a byte order mark.
  fc.constantFrom('\u2028\u2029', '\u{1f600}\u{10ffff}', 'e\u0301\u0323', '👩‍👩‍👧', '\u202eabc', '\ufeff', '\u007f\u0085'),
)
const stringText = fc.array(characters, { maxLength: 6 }).map((parts) => `"${parts.join('')}"`)

/** Keys that look like integers are put first by JSON.parse, `__proto__` is dropped by much code. */
const keyText = fc.oneof(
  stringText,
  fc.constantFrom('"2"', '"1"', '"10"', '"-1"', '"a"', '"__proto__"', '"constructor"', '"data"', '""'),
)

function joined(parts: readonly string[], open: string, close: string, spaces: string): string {
  return `${open}${spaces}${parts.join(`${spaces},${spaces}`)}${spaces}${close}`
}

/** A value within twice `depth` levels. */
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
      // Duplicate keys stay, each with its own value.
      return joined([...texts, ...texts.slice(0, 1)], '{', '}', spaces)
    }),
}))

/** The text of an object, at most 123 levels deep: as an event's data may be in a batch, with its envelopes. */
export const objectText: Arbitrary<string> = fc.oneof(
  { arbitrary: object, weight: 9 },
  {
    arbitrary: fc.tuple(value, fc.integer({ min: 1, max: 58 })).map(([text, depth]) => nested(text, depth)),
    weight: 1,
  },
)

/** As deep as the data of an event may be that is posted alone: 127 levels. */
export const deepestObject = `{"x":${nested('1.0', 63)}}`
