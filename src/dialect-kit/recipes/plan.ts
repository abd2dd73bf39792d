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
  /** The signature is that of a token; null: it is not. */
  readonly token: {
    readonly isDetached: boolean
    readonly isUnencoded: boolean
    readonly claims: readonly (readonly [name: string, piece: SignedPiece])[]
  } | null
  /** Whether the code compares a time with the clock of the receiver. */
  readonly hasTime: boolean
  readonly isSecret: boolean
  /** Whether the key is what the secret is in base64; false: its text. */
  readonly isDecoded: boolean
  /** Whether a signed text is the time that has been read already. */
  readonly isTimestamp: (piece: SignedPiece) => boolean
}

/** The signature of a token is one of r and s, or of bytes, in base64url, as others are. */
const tokenSchemes = {
  HS256: { algorithm: 'hmac-sha256' },
  RS256: { algorithm: 'rsa-sha256' },
  ES256: { algorithm: 'ecdsa-p256-sha256', ecdsaForm: 'p1363' },
  EdDSA: { algorithm: 'ed25519' },
} as const

export function planOf(given: Recipe): Plan {
  const { signed = [], signatures, timestamp, key, jws, claims = {} } = given
  const isDetached = given.algorithm === 'jws-detached'
  const pieces = [...signed, ...Object.values(claims)]
  const has = (one: (piece: object) => boolean): boolean => [...pieces, signatures].some(one)
  const computes = (what: string) => has((piece) => 'body' in piece && String(piece.body).startsWith(what))
  const { form: _form, ...place } = timestamp ?? { form: null }
  const timestampText = JSON.stringify(place)
  return {
    recipe: jws === undefined ? given : { ...given, ...tokenSchemes[jws.algorithm], encoding: 'base64url' },
    runs: runsOf(signed),
    known: [...new Set(pieces.flatMap((piece) => ('known' in piece ? [piece.known] : [])))],
    has: {
      entries: has((piece) => 'header' in piece && 'prefix' in piece),
      members: has((piece) => 'member' in piece),
      crc32: computes('crc32'),
      sha256: computes('sha256'),
    },
    token:
      jws === undefined ? null : { isDetached, isUnencoded: jws.isUnencoded === true, claims: Object.entries(claims) },
    hasTime: timestamp !== undefined || (jws !== undefined && !isDetached),
    isSecret: 'secret' in key,
    isDecoded: 'secret' in key && key.secret === 'base64' && !['token', 'basic'].includes(given.algorithm),
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
  /** The body as a text. */
  readonly bodyText: string
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

/** The text before the key in a secret. */
export function secretPrefix({ recipe: { key } }: Plan): string {
  return 'prefix' in key ? (key.prefix ?? '') : ''
}

/** The expression of all texts that may be signatures, each with its prefix. */
export function signatureTexts(of: Expressions, { recipe: { signatures: at } }: Plan): string {
  if ('member' in at) {
    const member = of.member(at.member)
    return at.separator === undefined ? of.list([member]) : of.split(member, at.separator)
  }
  if (!('headers' in at)) return of.list([of.bodyText])
  const [only, ...more] = at.headers.map(of.header)
  if (only === undefined || more.length > 0 || at.separator === null) return of.list(at.headers.map(of.header))
  return of.split(only, at.separator)
}

/** The text before each signature. */
export function prefixOf({ recipe: { signatures: at } }: Plan): string {
  return 'headers' in at ? at.prefix : ''
}

/** The opposite of a condition. */
export function negated(condition: string): string {
  if (condition.includes(' && ')) return `!(${condition})`
  return condition.includes(' ==') ? condition.replace(' ==', ' !=') : `!${condition}`
}

/** A text in single quotes, in languages where only these two characters are escaped in it. */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

const jackson = 'com.fasterxml.jackson.core:jackson-databind'

/** The package that the code needs besides the standard library of its language; null: none. */
export function packageOf({ isSecret, token }: Plan, language: ReceiverLanguage): string | null {
  if (language === 'python' && !isSecret) return 'cryptography'
  return language === 'java' && token !== null && !token.isDetached ? jackson : null
}

/** Why the language has no code for the recipe: a package that it needs; null: it has code. */
export function insteadOfCode({ recipe, has }: Plan, language: ReceiverLanguage): string | null {
  const { signed = [], signatures, claims = {} } = recipe
  const readsForms = [...signed, ...Object.values(claims), signatures].some(
    (piece) => 'field' in piece || ('body' in piece && piece.body === 'sortedForm'),
  )
  if (readsForms) return 'a parser of forms'
  if (language === 'java' && has.members) return `a parser of JSON: ${jackson}`
  return null
}
