// The recipes of a dialect: how a receiver verifies its signatures. They follow from the parts of its deliveries, once,
// when the dialect is loaded.

import type { Recipe, SignatureHeaders, SignedPiece, UndescribedSignature } from '../../contracts/recipe.ts'
import type { AttemptBodyForm } from '../deliveries/body.ts'
import { body } from '../deliveries/body-parts.ts'
import type { BytesPart, Part, Scheme, Signed } from '../deliveries/part-types.ts'
import { endpoint, event, sentAt } from '../deliveries/parts.ts'
import type { SecretForm } from '../deliveries/secrets.ts'
import { type PlacedSignature, placeOf, type Places, placesOf } from './places.ts'

export interface Deliveries {
  readonly body: AttemptBodyForm
  readonly headers: Readonly<Record<string, Part | string>>
  readonly secrets: SecretForm
}

/** @returns one recipe per signature, in the order of the headers; those in the body come first */
export function recipesOf({ body: form, headers, secrets }: Deliveries): readonly (Recipe | UndescribedSignature)[] {
  const places = placesOf({ ...form.headers, ...headers }, form.made)
  return merged(places.signatures).map((signature) => {
    const { scheme } = signature.signer
    if (signature.at === null)
      return undescribed(signature, 'the place of the signature, or the text around it, has no regular form')
    if (scheme === undefined) return undescribed(signature, 'the signature is made by a function of the dialect')
    const key = scheme.key === 'publicKey' ? ({ publicKey: 'pem' } as const) : secrets.keyForm
    if (key === undefined) return undescribed(signature, 'the key is made by a function of the dialect')
    const signed = scheme.signed && signedPieces(places, scheme.signed)
    if (signed === null) return undescribed(signature, 'the signed text has a value that receivers do not get')
    const jws = jwsOf(scheme, secrets)
    if (jws === null) return undescribed(signature, 'the installation has no key pair')
    return recipeOf({ places, scheme, at: signature.at, key, ...(signed && { signed }), ...(jws && { jws }) })
  })
}

function undescribed({ in: place }: PlacedSignature, reason: string): UndescribedSignature {
  return { in: place, undescribed: reason }
}

/** One header for each key, by the same signer: one recipe. */
function merged(signatures: readonly PlacedSignature[]): readonly PlacedSignature[] {
  return [...Map.groupBy(signatures, ({ signer }) => signer).values()].flatMap((same) => {
    const headers = same.map(({ at }) => at).filter((at): at is SignatureHeaders => at !== null && 'headers' in at)
    const [first] = headers
    if (first === undefined || headers.length < 2 || headers.length < same.length || !headers.every(isAlone))
      return same
    const at = { ...first, headers: headers.flatMap((one) => one.headers), isRepeated: true }
    return [{ ...(same[0] as PlacedSignature), at }]
  })
}

const isAlone = ({ separator, prefix }: SignatureHeaders): boolean => separator === null && prefix === ''

/** Undefined: the signature is not of a token. Null: there is no key that could sign one. */
function jwsOf({ algorithm, key, isUnencoded }: Scheme, { installation }: SecretForm): Recipe['jws'] | null {
  if (algorithm !== 'jwt' && algorithm !== 'jws-detached') return undefined
  const name = key === 'secret' ? 'HS256' : installation?.jwsAlgorithm
  return name === undefined ? null : { algorithm: name, ...(isUnencoded === true && { isUnencoded }) }
}

interface Found extends Pick<Recipe, 'key' | 'signed' | 'jws'> {
  readonly places: Places
  readonly scheme: Scheme
  readonly at: Recipe['signatures']
}

function recipeOf({ places, scheme, at, key, signed, jws }: Found): Recipe {
  const { algorithm, encoding, ecdsaForm, user, claims } = scheme
  const timestamp = timestampOf(places, scheme.signed ?? [])
  return {
    signatures: at,
    algorithm,
    ...(encoding && { encoding }),
    ...(ecdsaForm && { ecdsaForm }),
    ...(signed && { signed }),
    ...(jws && { jws }),
    ...(claims && { claims: comparedClaims(places, claims) }),
    ...(user !== undefined && { user }),
    key,
    ...(timestamp && { timestamp }),
  }
}

/** The parts that a receiver knows or computes. */
const known = new Map<unknown, SignedPiece>([
  [body, { body: 'bytes' }],
  [body.sha256, { body: 'sha256' }],
  [body.sha256.hex, { body: 'sha256Hex' }],
  [body.sha256.base64, { body: 'sha256Base64' }],
  [body.crc32, { body: 'crc32' }],
  [body.sortedForm, { body: 'sortedForm' }],
  [endpoint.url, { known: 'url' }],
  [endpoint.id, { known: 'webhookId' }],
])

/** Null: receivers cannot know one of the parts. */
function signedPieces(places: Places, signed: Signed): readonly SignedPiece[] | null {
  const pieces: SignedPiece[] = []
  for (const piece of flat(signed)) {
    const found = typeof piece === 'string' ? { text: piece } : pieceOf(places, piece)
    if (found === undefined) return null
    const last = pieces.at(-1)
    if (last && 'text' in last && 'text' in found) pieces.splice(-1, 1, { text: last.text + found.text })
    else pieces.push(found)
  }
  return pieces
}

function pieceOf(places: Places, part: Part | BytesPart): SignedPiece | undefined {
  // JSON that a receiver has parsed is no more the text that was signed.
  if (part === event.data) return undefined
  return known.get(part) ?? ('text' in part ? placeOf(places, part) : undefined)
}

/** The parts of texts that are made of parts. */
function flat(signed: Signed): Signed {
  return signed.flatMap((piece) => {
    if (typeof piece === 'string' || !('made' in piece)) return [piece]
    const { made } = piece
    return made && 'of' in made && made.separator === '' ? flat(made.of) : [piece]
  })
}

const isoForms = ['iso', 'isoSeconds', 'isoWithOffset', 'isoMicrosecondsWithOffset'] as const

/** The time of sending, if it is signed and stands in the delivery. */
function timestampOf(places: Places, signed: Signed): Recipe['timestamp'] {
  for (const part of flat(signed)) {
    const place = typeof part === 'string' || !('text' in part) ? undefined : placeOf(places, part)
    if (place === undefined) continue
    if (part === sentAt.unixSeconds || part === sentAt.unixMilliseconds) {
      return { ...place, form: part === sentAt.unixSeconds ? 'unixSeconds' : 'unixMilliseconds' }
    }
    if (isoForms.some((form) => part === sentAt[form])) return { ...place, form: 'iso' }
  }
  return undefined
}

/** The claims that a receiver can compare with the delivery. */
function comparedClaims(places: Places, claims: NonNullable<Scheme['claims']>): NonNullable<Recipe['claims']> {
  const found = Object.entries(claims).flatMap(([name, part]) => {
    const piece = typeof part === 'object' && part !== null ? pieceOf(places, part as Part) : undefined
    return piece === undefined ? [] : [[name, piece] as const]
  })
  return Object.fromEntries(found)
}
