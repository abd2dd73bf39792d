// Searches by the beginning of a text. The case of ASCII letters does not count, which both databases can index.

const lastCharacter = '\u{10ffff}'

/** The bounds of the folded texts that begin with `text`: at or after the first, and before the second. */
export function prefixRange(text: string): readonly [from: string, below: string] {
  const folded = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  return [folded, folded + lastCharacter]
}
