// Characters that are not seen, or that change the order of others: controls, joiners, direction marks, lone surrogates.

const hidden = String.raw`[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\u115f\u1160\u3164\uffa0]`
/** A run of them in one line of text. */
export const inLine = new RegExp(`(${hidden}+)`, 'u')
/** A run of them, without line breaks and tabs. */
export const inBlock = new RegExp(String.raw`((?:(?![\t\n\r])${hidden})+)`, 'u')
const each = new RegExp(hidden, 'gu')

/** `U+202E` */
export function codeOf(letter: string): string {
  return `U+${(letter.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}`
}

/** A text with the codes of such characters, where it cannot be an element. */
export function visible(text: string): string {
  return text.replaceAll(each, codeOf)
}
