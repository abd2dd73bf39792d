// Finds why a signature differs: it tries the usual mistakes, and names those with which the signature is right.

import type { Recipe } from './recipe.ts'
import { type Bytes, decoded, encoded, textOf, utf8 } from './bytes.ts'
import type { Receiver } from './checks.ts'
import type { Delivery } from './delivery.ts'
import { type Hash, hmac } from './keys.ts'
import { knownSchemes, type Scheme } from './schemes.ts'
import { checkDelivery } from './check-delivery.ts'

/** A mistake without which the signature is right. */
export interface Mistake {
  readonly of: 'body' | 'secret' | 'url' | 'scheme'
  /** A sentence. */
  readonly text: string
}

interface Trial extends Mistake {
  readonly recipe: Recipe
  readonly delivery: Delivery
  readonly secret: string
}

/**
 * The mistakes of a delivery whose signature differs; empty: none of the usual ones.
 *
 * @param schemes recipes that are tried in addition to the known ones
 */
export async function diagnose(
  recipe: Recipe,
  delivery: Delivery,
  receiver: Receiver,
  schemes: readonly Scheme[] = [],
): Promise<readonly Mistake[]> {
  const given = { recipe, delivery, secret: receiver.secret }
  const trials: Trial[] = [
    ...bodies(delivery.body).map(({ body, text }) => ({
      ...given,
      delivery: { ...delivery, body },
      of: 'body' as const,
      text,
    })),
    ...secrets(recipe, receiver.secret).map((one) => ({ ...given, ...one, of: 'secret' as const })),
    ...urls(recipe, delivery).map(({ url, text }) => ({
      ...given,
      delivery: { ...delivery, url },
      of: 'url' as const,
      text,
    })),
    ...[...schemes, ...knownSchemes]
      .filter((scheme) => JSON.stringify(scheme.recipe) !== JSON.stringify(recipe))
      .map((scheme) => ({
        ...given,
        recipe: scheme.recipe,
        of: 'scheme' as const,
        text: `The delivery is signed as ${scheme.name} signs.`,
      })),
  ]
  const found: Mistake[] = []
  for (const { of, text, ...trial } of trials) {
    const isFirst = found.every((other) => other.of !== of)
    if (isFirst && (await isSigned(trial, receiver))) found.push({ of, text })
  }
  return found.length > 0 ? found : plainMacs(delivery, receiver.secret)
}

async function isSigned(
  { recipe, delivery, secret }: Omit<Trial, keyof Mistake>,
  receiver: Receiver,
): Promise<boolean> {
  const { checks } = await checkDelivery(recipe, delivery, { ...receiver, secret })
  return checks.some(({ step, fault }) => step === 'signature' && fault === null)
}

const changed = 'The body was changed on its way:'

/** The bodies that may have been sent, if the given one is what a receiver made of it. */
function bodies(given: Bytes): readonly { readonly body: Bytes; readonly text: string }[] {
  const text = textOf(given)
  if (text === null) return []
  const compact = spaced(text, '', '')
  const forms: readonly (readonly [string, string])[] = [
    [text.replace(/\r?\n$/, ''), 'it is right without the line break at its end.'],
    [`${text}\n`, 'it is right with a line break at its end.'],
    [text.trim(), 'it is right without the white space around it.'],
    [text.replaceAll(/\r?\n/g, '\r\n'), 'it is right with line breaks of two characters (CR LF).'],
    [text.replaceAll('\r\n', '\n'), 'it is right with line breaks of one character (LF).'],
    ...[compact, spaced(text, ' ', ' '), slashed(compact), escaped(compact)].flatMap((json) => [
      [json, reserialised] as const,
      [`${json}\n`, reserialised] as const,
    ]),
  ]
  return forms
    .filter(([form]) => form !== text)
    .map(([form, words]) => ({ body: utf8(form), text: `${changed} ${words}` }))
}

const reserialised =
  'the JSON was read and written again, with other white space or escapes. Verify the bytes as they arrive.'

/** JSON with other white space after commas and colons. Texts and numbers stay as they are written. */
function spaced(json: string, afterComma: string, afterColon: string): string {
  return json.replaceAll(/"(?:[^"\\]|\\.)*"|\s+|[,:]/g, (token) => {
    if (token === ',') return `,${afterComma}`
    if (token === ':') return `:${afterColon}`
    return token.startsWith('"') ? token : ''
  })
}

/** As PHP writes it: each slash after a backslash, and letters beyond ASCII as `\uXXXX`. */
function slashed(json: string): string {
  return escaped(json.replaceAll(/(?<!\\)\//g, String.raw`\/`))
}

function escaped(json: string): string {
  return json.replaceAll(
    /[\u0080-\uffff]/g,
    (letter) => String.raw`\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Other readings of the secret, each as a recipe and a secret. */
function secrets(recipe: Recipe, secret: string): readonly Pick<Trial, 'recipe' | 'secret' | 'text'>[] {
  const { key } = recipe
  if ('publicKey' in key) return []
  const asText: Recipe = { ...recipe, key: { secret: 'text' } }
  const asBase64: Recipe = { ...recipe, key: { secret: 'base64', prefix: '' } }
  const bare = secret.trim().replace(/^[a-z]+_/i, '')
  const trimmed = { recipe, secret: secret.trim(), text: 'The secret has white space around it.' }
  const hex = decoded(bare, 'hex')
  const others =
    key.secret === 'base64'
      ? [
          {
            recipe: asText,
            secret,
            text: 'The text of the whole secret was the key. It should be decoded from base64.',
          },
          {
            recipe: asText,
            secret: bare,
            text: 'The text of the secret was the key. It should be decoded from base64.',
          },
        ]
      : [
          { recipe, secret: bare, text: 'The secret was used without its prefix. The prefix belongs to the key.' },
          { recipe: asBase64, secret: bare, text: 'The secret was decoded from base64. Its text is the key.' },
        ]
  const fromHex = hex && {
    recipe: asBase64,
    secret: encoded(hex, 'base64'),
    text: 'The secret was decoded from hex. It should not be.',
  }
  return [trimmed, ...others, ...(fromHex ? [fromHex] : [])]
}

function urls(
  { signed = [] }: Recipe,
  { url = '' }: Delivery,
): readonly { readonly url: string; readonly text: string }[] {
  if (!signed.some((piece) => 'known' in piece && piece.known === 'url')) return []
  const forms = [
    [url.replace(/\/$/, ''), 'without the slash at its end'],
    [`${url}/`, 'with a slash at its end'],
    [url.replace(/^http:/, 'https:'), 'with https'],
    [url.replace(/^https:/, 'http:'), 'with http'],
    [url.replace(/\?.*$/, ''), 'without its query'],
  ] as const
  return forms
    .filter(([form]) => form !== url)
    .map(([form, words]) => ({ url: form, text: `The URL differs. The signature is right ${words}: ${form}` }))
}

/** Any header with an HMAC of the body alone. */
async function plainMacs({ headers, body }: Delivery, secret: string): Promise<readonly Mistake[]> {
  if (secret === '') return []
  for (const hash of ['SHA-1', 'SHA-256', 'SHA-512'] as const satisfies Hash[]) {
    const mac = await hmac(hash, utf8(secret), body)
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      const text = encoded(mac, encoding)
      const header = Object.keys(headers).find((name) => headers[name]?.includes(text))
      if (header === undefined) continue
      const name = hash.replace('-', '')
      return [{ of: 'scheme', text: `The header ${header} has the HMAC-${name} of the body alone, in ${encoding}.` }]
    }
  }
  return []
}
