// A recipe, prepared for the languages of snippets.

import type { Recipe, ReceiverLanguage, SignedPiece } from '../../contracts/recipe.ts'

/** Neighbouring texts of the signed text, or bytes. */
export type Run = { readonly texts: readonly SignedPiece[] } | { readonly bytes: 'body' | 'sha256' }

/** The parts of a snippet that have an expression in each language. */
export interface Plan {
  readonly recipe: Recipe
  readonly runs: readonly Run[]
  /** The values that the receiver knows, as further parameters. */
  readonly known: readonly ('url' | 'webhookId')[]
  readonly has: {
    /** A text is one of several entries of a header. */
    readonly entries: boolean
    readonly members: boolean
    readonly crc32: boolean
    readonly sha256: boolean
  }
  readonly isSecret: boolean
  /** Whether a signed text is the time that has been read already. */
  readonly isTimestamp: (piece: SignedPiece) => boolean
}

export function planOf(recipe: Recipe): Plan {
  const { signed = [], signatures, timestamp, key } = recipe
  const has = (one: (piece: object) => boolean): boolean => [...signed, signatures].some(one)
  const computes = (what: string) => has((piece) => 'body' in piece && String(piece.body).startsWith(what))
  const { form: _form, ...place } = timestamp ?? { form: null }
  const timestampText = JSON.stringify(place)
  return {
    recipe,
    runs: runsOf(signed),
    known: [...new Set(signed.flatMap((piece) => ('known' in piece ? [piece.known] : [])))],
    has: {
      entries: has((piece) => 'header' in piece && 'prefix' in piece),
      members: has((piece) => 'member' in piece),
      crc32: computes('crc32'),
      sha256: computes('sha256'),
    },
    isSecret: 'secret' in key,
    isTimestamp: (piece) => JSON.stringify(piece) === timestampText,
  }
}

function runsOf(signed: readonly SignedPiece[]): readonly Run[] {
  const runs: Run[] = []
  for (const piece of signed) {
    const last = runs.at(-1)
    if ('body' in piece && (piece.body === 'bytes' || piece.body === 'sha256')) {
      runs.push({ bytes: piece.body === 'bytes' ? 'body' : 'sha256' })
    } else if (last !== undefined && 'texts' in last) runs.splice(-1, 1, { texts: [...last.texts, piece] })
    else runs.push({ texts: [piece] })
  }
  return runs
}

/** Writes code by one recipe. */
export type Writer = (plan: Plan) => string

/** Lines without those that do not apply. */
export function lines(...given: readonly (string | false | null | undefined | readonly string[])[]): string {
  return given
    .flat()
    .filter((line) => line !== false && line !== null && line !== undefined)
    .join('\n')
}

/** The expressions of a language for the pieces of the signed text. */
export interface Expressions {
  readonly quoted: (text: string) => string
  readonly header: (name: string) => string
  /** The text after the prefix, of the first entry that begins with it. */
  readonly entry: (header: string, separator: string, prefix: string) => string
  readonly member: (path: readonly (string | number)[]) => string
  readonly known: Readonly<Record<'url' | 'webhookId', string>>
  readonly body: Readonly<Record<'sha256Hex' | 'sha256Base64' | 'crc32', string>>
  readonly timestamp: string
  /** Joins texts. */
  readonly plus: string
  readonly list: (texts: readonly string[]) => string
  readonly split: (text: string, separator: string) => string
}

/** The expression of a text. */
export function textOf(of: Expressions, { isTimestamp }: Pick<Plan, 'isTimestamp'>, piece: SignedPiece): string {
  if (isTimestamp(piece)) return of.timestamp
  if ('text' in piece) return of.quoted(piece.text)
  if ('known' in piece) return of.known[piece.known]
  if ('body' in piece) return of.body[piece.body as keyof Expressions['body']]
  return placeText(of, piece)
}

export function placeText(
  of: Expressions,
  place: Exclude<SignedPiece, { text: string } | { body: unknown } | { known: unknown }>,
): string {
  if ('member' in place) return of.member(place.member)
  const { header, separator, prefix } = place
  // A header has no line feeds, so that it is one entry.
  return prefix === undefined ? of.header(header) : of.entry(of.header(header), separator ?? '\n', prefix)
}

export function runText(of: Expressions, plan: Plan, texts: readonly SignedPiece[]): string {
  return texts.map((piece) => textOf(of, plan, piece)).join(of.plus)
}

/** An expression without parentheses around the whole. */
export function bare(expression: string): string {
  return /^\(([^()]*)\)$/.exec(expression)?.[1] ?? expression
}

/** The expression of all texts that may be signatures, each with its prefix. */
export function signatureTexts(of: Expressions, { recipe: { signatures: at } }: Plan): string {
  if ('member' in at) {
    const member = of.member(at.member)
    return at.separator === undefined ? of.list([member]) : of.split(member, at.separator)
  }
  if (!('headers' in at)) throw new Error('a token as the body has no code')
  const [only, ...more] = at.headers.map(of.header)
  if (only === undefined || more.length > 0 || at.separator === null) return of.list(at.headers.map(of.header))
  return of.split(only, at.separator)
}

/** The text before each signature. */
export function prefixOf({ recipe: { signatures: at } }: Plan): string {
  return 'headers' in at ? at.prefix : ''
}

/** A text in single quotes, in languages where only these two characters are escaped in it. */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

const tokenPackages: Readonly<Record<ReceiverLanguage, string>> = {
  javascript: 'jose',
  python: 'PyJWT',
  go: 'github.com/golang-jwt/jwt',
  ruby: 'jwt',
  php: 'firebase/php-jwt',
  java: 'com.nimbusds:nimbus-jose-jwt',
}

/** Why the language has no code for the recipe: a package that it needs; null: it has code. */
export function insteadOfCode({ recipe, has }: Plan, language: ReceiverLanguage): string | null {
  const { algorithm, signed = [], signatures } = recipe
  if (algorithm === 'jwt' || algorithm === 'jws-detached')
    return `a package for JSON Web Signatures: ${tokenPackages[language]}`
  const readsForms = [...signed, signatures].some(
    (piece) => 'field' in piece || ('body' in piece && piece.body === 'sortedForm'),
  )
  if (readsForms) return 'a parser of forms'
  if (language === 'java' && has.members) return 'a parser of JSON: com.fasterxml.jackson.core:jackson-databind'
  return null
}
