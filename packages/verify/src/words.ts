// A recipe in words: the steps of a receiver.

import type { Recipe, RecipeAlgorithm, SignedPiece } from './recipe.ts'
import { placeName } from './delivery.ts'

export const algorithmNames: Readonly<Record<RecipeAlgorithm, string>> = {
  'hmac-sha1': 'HMAC-SHA1',
  'hmac-sha256': 'HMAC-SHA256',
  'hmac-sha512': 'HMAC-SHA512',
  ed25519: 'Ed25519',
  'rsa-sha256': 'RSA with SHA-256 (PKCS #1 v1.5)',
  'ecdsa-p256-sha256': 'ECDSA with P-256 and SHA-256',
  jwt: 'JSON Web Token',
  'jws-detached': 'detached JSON Web Signature',
  token: 'the secret itself',
  basic: 'HTTP basic authentication',
}

/** The place of the signature: `the header webhook-signature`. */
export function signaturePlace({ signatures: at }: Recipe): string {
  if ('wholeBody' in at) return 'the body, which is a token'
  if ('member' in at) return placeName(at)
  return at.headers.length === 1 ? `the header ${at.headers[0]}` : `the headers ${at.headers.join(', ')}`
}

/** `HMAC-SHA256 in the header webhook-signature`. */
export function signatureTitle(recipe: Recipe): string {
  return `${algorithmNames[recipe.algorithm]} in ${signaturePlace(recipe)}`
}

/** The steps in which a receiver verifies a delivery, one sentence or two each. */
export function recipeSteps(recipe: Recipe): readonly string[] {
  return [
    placeStep(recipe),
    ...timeSteps(recipe),
    keyStep(recipe),
    ...signedSteps(recipe),
    compareStep(recipe),
    ...claimSteps(recipe),
  ]
}

function placeStep({ signatures: at, ...recipe }: Recipe): string {
  const place = signaturePlace({ signatures: at, ...recipe })
  if (!('headers' in at)) return `Read the signature from ${place}.`
  const { separator, prefix, isRepeated } = at
  const sentences = [`Read ${place}.`]
  if (separator !== null && separator.trim() === '') sentences.push('Spaces separate its entries.')
  else if (separator !== null) sentences.push(`Its entries are separated by “${separator}”.`)
  if (prefix !== '') sentences.push(`A signature follows “${prefix}”.`)
  if (isRepeated) sentences.push('During a rotation each key signs, and one signature that is right suffices.')
  return sentences.join(' ')
}

const timeForms = {
  unixSeconds: 'Unix time in seconds',
  unixMilliseconds: 'Unix time in milliseconds',
  iso: 'a time of ISO 8601',
}

function timeSteps({ timestamp }: Recipe): readonly string[] {
  if (timestamp === undefined) return []
  return [
    `Read the time of sending from ${placeName(timestamp)}: ${timeForms[timestamp.form]}. Refuse the delivery if it is more than 5 minutes away from now.`,
  ]
}

const owners = { account: 'of the account', apiKey: 'that is the API key' }

function keyStep({ key }: Recipe): string {
  if ('publicKey' in key) return 'Take the public key of the product, in PEM.'
  const secret = key.of === undefined ? 'the secret of the webhook' : `the secret ${owners[key.of]}`
  if (key.secret === 'text') return `The key is the text of ${secret}, with any prefix that it has.`
  const { prefix = '' } = key
  const after = prefix === '' ? '' : ` after “${prefix}”`
  return `The key is the bytes that ${secret} has${after}, decoded from base64.`
}

function signedSteps({ signed, algorithm }: Recipe): readonly string[] {
  if (algorithm === 'jws-detached') return ['The signed bytes are the header of the token, a full stop, and the body.']
  if (signed === undefined) return []
  const text = signed.map(pieceWords).join(', then ')
  return [`The signed bytes are: ${text}. Take the body as it arrived, before anything parses it.`]
}

const bodies = {
  bytes: 'the body',
  sha256: 'the SHA-256 of the body',
  sha256Hex: 'the SHA-256 of the body in hex',
  sha256Base64: 'the SHA-256 of the body in base64',
  crc32: 'the CRC-32 of the body as a decimal number',
  sortedForm: 'the names and values of the form, sorted and joined',
}
const known = { url: 'the URL of the webhook as it is registered', webhookId: 'the id of the webhook' }

function pieceWords(piece: SignedPiece): string {
  if ('text' in piece) return `the text “${piece.text}”`
  if ('body' in piece) return bodies[piece.body]
  if ('known' in piece) return known[piece.known]
  if ('prefix' in piece && piece.prefix !== undefined) return `the text after “${piece.prefix}” in ${piece.header}`
  return placeName(piece)
}

function compareStep({ algorithm, encoding, ecdsaForm, user, jws }: Recipe): string {
  const name = algorithmNames[algorithm]
  if (algorithm === 'token') return 'Compare it with the secret, in constant time.'
  if (algorithm === 'basic') return `Compare it with the basic authentication of the user “${user}” and the secret.`
  if (algorithm === 'jwt' || algorithm === 'jws-detached')
    return `Verify the token with the key. Accept only the algorithm ${jws?.algorithm ?? 'of the key'}.`
  if (algorithm.startsWith('hmac'))
    return `Compute the ${name} in ${encoding}, and compare it with the signature in constant time.`
  const form = ecdsaForm === 'p1363' ? ', which has r and s of 32 bytes each' : ecdsaForm === 'der' ? ' and DER' : ''
  return `Decode the signature from ${encoding}${form}, and verify it with ${name}.`
}

function claimSteps({ claims = {} }: Recipe): readonly string[] {
  return Object.entries(claims).map(([name, piece]) => `Compare the claim ${name} with ${pieceWords(piece)}.`)
}
