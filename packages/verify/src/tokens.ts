// JSON Web Tokens (RFC 7519), and detached JSON Web Signatures over the body (RFC 7515, RFC 7797).

import type { Recipe } from './recipe.ts'
import { areEqual, type Bytes, decoded, encoded, joined, textOf, utf8 } from './bytes.ts'
import { type Delivery, memberText, pieceBytes } from './delivery.ts'
import { hmac, isSignedBy, KeyFault, type PublicKeyAlgorithm, secretBytes } from './keys.ts'
import { type Check, prefixOf, type Receiver, secondsText } from './checks.ts'

const publicKeyAlgorithms: Readonly<Record<string, PublicKeyAlgorithm>> = {
  EdDSA: 'ed25519',
  RS256: 'rsa-sha256',
  ES256: 'ecdsa-p256-sha256',
}

interface Token {
  readonly head: string
  readonly payload: string
  readonly signature: string
  readonly header: Readonly<Record<string, unknown>>
}

export async function tokenChecks(
  recipe: Recipe,
  delivery: Delivery,
  receiver: Receiver,
  found: readonly string[],
): Promise<readonly Check[]> {
  const prefix = prefixOf(recipe.signatures)
  const got = found.filter((text) => text.startsWith(prefix))
  const tokens = got.map((text) => tokenOf(text.slice(prefix.length).trim())).filter((one) => one !== null)
  const usable = tokens.filter((token) => formFault(recipe, token) === null)
  const [first] = tokens
  if (usable.length === 0) {
    const fault = first && formFault(recipe, first)
    return [{ step: 'form', fault: fault ?? 'The token has not the form header.payload.signature.' }]
  }
  // During a rotation, each key has signed one of them.
  const all = await Promise.all(usable.map((token) => checksOfToken(recipe, delivery, receiver, token)))
  return all.find((checks) => checks.every(({ fault }) => fault === null)) ?? (all[0] as readonly Check[])
}

async function checksOfToken(
  recipe: Recipe,
  delivery: Delivery,
  receiver: Receiver,
  token: Token,
): Promise<readonly Check[]> {
  const signed = signedOf(recipe, token, delivery)
  const form: Check = { step: 'form', fault: null }
  try {
    const expected = await expectedOf(recipe, receiver.secret, signed)
    const isRight =
      expected === null ? await isSigned(token, receiver.secret, signed) : await areEqual(token.signature, expected)
    const differs = expected === null ? 'The signature is not one of this key.' : 'The signature differs.'
    return [
      form,
      { step: 'key', fault: null },
      { step: 'signature', fault: isRight ? null : differs, signed, expected, got: [token.signature] },
      ...(await claimChecks(recipe, delivery, receiver, token)),
    ]
  } catch (error) {
    if (!(error instanceof KeyFault)) throw error
    return [form, { step: 'key', fault: error.message }]
  }
}

function tokenOf(text: string): Token | null {
  const parts = text.split('.')
  const [head = '', payload = '', signature = ''] = parts
  const header = objectOf(head)
  return parts.length === 3 && header !== null ? { head, payload, signature, header } : null
}

function objectOf(part: string): Readonly<Record<string, unknown>> | null {
  try {
    const value = JSON.parse(textOf(decoded(part, 'base64url') ?? new Uint8Array()) ?? '') as unknown
    return typeof value === 'object' ? (value as Readonly<Record<string, unknown>>) : null
  } catch {
    return null
  }
}

/** The algorithm follows from the recipe or its key, never from the token alone. */
function formFault({ key, algorithm, jws }: Recipe, { header, payload }: Token): string | null {
  const ofKey = 'publicKey' in key ? Object.keys(publicKeyAlgorithms) : ['HS256']
  const allowed: readonly string[] = jws === undefined ? ofKey : [jws.algorithm]
  const alg = String(header['alg'])
  if (!allowed.includes(alg)) return `The token says the algorithm ${alg}. It must be ${allowed.join(' or ')}.`
  if (algorithm === 'jwt' && objectOf(payload) === null) return 'The payload of the token is not a JSON object.'
  if (algorithm === 'jws-detached' && payload !== '') return 'The signature has a payload. A detached one has none.'
  return null
}

function signedOf({ algorithm }: Recipe, { head, payload, header }: Token, { body }: Delivery): Bytes {
  if (algorithm === 'jwt') return utf8(`${head}.${payload}`)
  return joined([utf8(`${head}.`), header['b64'] === false ? body : utf8(encoded(body, 'base64url'))])
}

async function expectedOf(recipe: Recipe, secret: string, signed: Bytes): Promise<string | null> {
  if ('publicKey' in recipe.key) return null
  return encoded(await hmac('SHA-256', secretBytes(recipe, secret), signed), 'base64url')
}

async function isSigned({ header, signature }: Token, pem: string, signed: Bytes): Promise<boolean> {
  const algorithm = publicKeyAlgorithms[String(header['alg'])] as PublicKeyAlgorithm
  return isSignedBy(algorithm, pem, decoded(signature, 'base64url') ?? new Uint8Array(), signed)
}

async function claimChecks(
  { algorithm, claims = {} }: Recipe,
  delivery: Delivery,
  receiver: Receiver,
  token: Token,
): Promise<readonly Check[]> {
  if (algorithm !== 'jwt') return []
  const payload = objectOf(token.payload) ?? {}
  const differing: string[] = []
  for (const [name, piece] of Object.entries(claims)) {
    const expected = textOf(await pieceBytes(piece, delivery))
    if (memberText(payload[name] ?? '') !== expected) {
      differing.push(`The claim ${name} is ${memberText(payload[name] ?? null)}, and the delivery has ${expected}.`)
    }
  }
  const { exp } = payload
  const age = typeof exp === 'number' ? receiver.now - exp : 0
  const ended: Check = { step: 'time', fault: `The token ended ${secondsText(age)} ago.`, ageSeconds: age }
  return [{ step: 'claims', fault: differing.length === 0 ? null : differing.join(' ') }, ...(age > 0 ? [ended] : [])]
}
