// Verifies a delivery by the recipe of its dialect, with Web Crypto, and says of each step whether it holds.

import type { Recipe } from './recipe.ts'
import { areEqual, type Bytes, decoded, encoded, textOf, utf8 } from './bytes.ts'
import { type Check, prefixOf, type Receiver, timeCheck, type Verification } from './checks.ts'
import { type Delivery, placeName, signedBytes, textAt } from './delivery.ts'
import { assertSecret, type Hash, hmac, isSignedBy, KeyFault, rawEcdsa, secretBytes } from './keys.ts'
import { tokenChecks } from './tokens.ts'

export async function checkDelivery(recipe: Recipe, delivery: Delivery, receiver: Receiver): Promise<Verification> {
  const checks = await checksOf(recipe, delivery, receiver)
  return { isValid: checks.every(({ fault }) => fault === null), checks }
}

async function checksOf(recipe: Recipe, delivery: Delivery, receiver: Receiver): Promise<readonly Check[]> {
  const present = presenceOf(recipe, delivery)
  const found = signaturesIn(recipe, delivery)
  if (found.length === 0) return [present]
  const { algorithm } = recipe
  if (algorithm === 'jwt' || algorithm === 'jws-detached') {
    return [present, ...(await tokenChecks(recipe, delivery, receiver, found))]
  }
  const time = timeOf(recipe, delivery, receiver)
  const before: Check[] = [present, { step: 'form', fault: formFault(recipe, found) ?? time.formFault }, ...time.check]
  try {
    const signature = await signatureCheck(recipe, delivery, receiver, found)
    return [...before, { step: 'key', fault: null }, signature]
  } catch (error) {
    if (!(error instanceof KeyFault)) throw error
    return [...before, { step: 'key', fault: error.message }]
  }
}

/** All texts that may be signatures, with their prefixes. */
export function signaturesIn({ signatures: at }: Recipe, delivery: Delivery): readonly string[] {
  if ('wholeBody' in at) return [textOf(delivery.body) ?? '']
  if ('member' in at) {
    const text = textAt(delivery, at)
    return text === null ? [] : at.separator === undefined ? [text] : text.split(at.separator)
  }
  const texts = at.headers.map((header) => delivery.headers[header]).filter((text) => text !== undefined)
  const { separator } = at
  return separator === null || at.headers.length > 1 ? texts : texts.flatMap((text) => text.split(separator))
}

function presenceOf({ signatures: at, signed = [], timestamp }: Recipe, delivery: Delivery): Check {
  const headers = 'headers' in at ? at.headers : []
  const { headers: given } = delivery
  const missing = headers.length > 0 && headers.every((name) => given[name] === undefined) ? headers.slice(0, 1) : []
  const others = [...signed, ...(timestamp ? [timestamp] : [])].flatMap((piece) =>
    'header' in piece && given[piece.header] === undefined ? [piece.header] : [],
  )
  const names = [...new Set([...missing, ...others])]
  if (names.length > 0) {
    const text = names.length === 1 ? `The header ${names[0]} is missing.` : `Headers are missing: ${names.join(', ')}.`
    return { step: 'present', fault: text }
  }
  const isMissing = 'member' in at && textAt(delivery, at) === null
  if (isMissing) return { step: 'present', fault: `The body has no ${placeName(at)}.`.replace(' of the body', '') }
  const known = signed.flatMap((piece) => ('known' in piece && !delivery[piece.known] ? [piece.known] : []))
  const words = { url: 'the URL of the webhook', webhookId: 'the id of the webhook' }
  return {
    step: 'present',
    fault:
      known.length === 0 ? null : `It is signed over ${known.map((one) => words[one]).join(' and ')}. Give it too.`,
  }
}

const digestBytes: Readonly<Record<string, number>> = {
  'hmac-sha1': 20,
  'hmac-sha256': 32,
  'hmac-sha512': 64,
  ed25519: 64,
}

function formFault(recipe: Recipe, found: readonly string[]): string | null {
  const { signatures: at, encoding, algorithm } = recipe
  const prefix = prefixOf(at)
  const where = 'headers' in at ? `The header ${at.headers[0]}` : 'The signature in the body'
  const ours = found.filter((text) => text.startsWith(prefix)).map((text) => text.slice(prefix.length))
  if (ours.length === 0) return `${where} has no signature that begins with ${prefix}`
  if (encoding === undefined) return null
  const length = digestBytes[algorithm]
  const isRight = (text: string): boolean => {
    const bytes = decoded(text, encoding)
    // Receivers compare the texts: another spelling of the same bytes is refused.
    return bytes !== null && encoded(bytes, encoding) === text && (length === undefined || bytes.length === length)
  }
  if (ours.some(isRight)) return null
  const size = length === undefined ? '' : ` of ${length} bytes`
  const isUpper = encoding === 'hex' && ours.some((text) => isRight(text.toLowerCase()))
  if (isUpper) return `${where} has a signature in upper case. It must be hex in lower case.`
  return `${where} has a signature that is not ${encoding}${size}${prefix === '' ? '' : ` after ${prefix}`}.`
}

interface TimeCheck {
  readonly formFault: string | null
  readonly check: readonly Check[]
}

function timeOf({ timestamp }: Recipe, delivery: Delivery, receiver: Receiver): TimeCheck {
  const text = timestamp && textAt(delivery, timestamp)
  if (timestamp === undefined || text === undefined) return { formFault: null, check: [] }
  const name = capital(placeName(timestamp))
  if (text === null) return { formFault: `${name} is missing.`, check: [] }
  const forms = {
    unixSeconds: { pattern: /^\d{1,11}$/, words: 'a Unix time in seconds', read: (value: string) => Number(value) },
    unixMilliseconds: {
      pattern: /^\d{1,14}$/,
      words: 'a Unix time in milliseconds',
      read: (value: string) => Number(value) / 1000,
    },
    iso: {
      pattern: /^\d{4}-\d\d-\d\dT/,
      words: 'an ISO 8601 time',
      read: (value: string) => Date.parse(value) / 1000,
    },
  }
  const { pattern, words, read } = forms[timestamp.form]
  const sentAt = pattern.test(text) ? read(text) : NaN
  if (Number.isNaN(sentAt)) return { formFault: `${name} is not ${words}: ${text}`, check: [] }
  const ageSeconds = Math.round((receiver.now - sentAt) * 1000) / 1000
  return { formFault: null, check: [timeCheck(ageSeconds, receiver)] }
}

async function signatureCheck(
  recipe: Recipe,
  delivery: Delivery,
  receiver: Receiver,
  found: readonly string[],
): Promise<Check> {
  const signed = await signedBytes(recipe, delivery)
  const prefix = prefixOf(recipe.signatures)
  const got = found.filter((text) => text.startsWith(prefix))
  const expected = await expectedOf(recipe, receiver.secret, signed)
  const isRight = (text: string): Promise<boolean> =>
    expected === null
      ? isSigned(recipe, receiver.secret, text.slice(prefix.length), signed)
      : areEqual(text, prefix + expected)
  const matches = (await Promise.all(got.map(isRight))).some(Boolean)
  const fault = matches ? null : expected === null ? 'The signature is not one of this key.' : 'The signature differs.'
  return { step: 'signature', fault, signed, expected: expected === null ? null : prefix + expected, got }
}

const hashes: Readonly<Record<string, Hash>> = {
  'hmac-sha1': 'SHA-1',
  'hmac-sha256': 'SHA-256',
  'hmac-sha512': 'SHA-512',
}

/** The signature that the secret makes; null: a public key makes none. @throws KeyFault */
async function expectedOf(recipe: Recipe, secret: string, signed: Bytes): Promise<string | null> {
  const { algorithm, encoding = 'hex', user = '' } = recipe
  const hash = hashes[algorithm]
  if (hash !== undefined) return encoded(await hmac(hash, secretBytes(recipe, secret), signed), encoding)
  if (algorithm !== 'token' && algorithm !== 'basic') return null
  assertSecret(secret)
  return algorithm === 'token' ? secret : `Basic ${encoded(utf8(`${user}:${secret}`), 'base64')}`
}

async function isSigned(recipe: Recipe, pem: string, text: string, signed: Bytes): Promise<boolean> {
  const { algorithm, encoding = 'base64', ecdsaForm } = recipe
  const bytes = decoded(text, encoding)
  const signature = bytes !== null && ecdsaForm === 'der' ? rawEcdsa(bytes) : bytes
  // A key that cannot be used is told of even where the signature has the wrong form.
  return isSignedBy(algorithm as 'ed25519', pem, signature ?? new Uint8Array(), signed)
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
