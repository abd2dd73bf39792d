// Schemes that many products sign with.

import type { Recipe, SignedPiece } from './recipe.ts'

/** A named recipe. */
export interface Scheme {
  /** The name of the product, or of the specification. */
  readonly name: string
  readonly recipe: Recipe
}

const body: SignedPiece = { body: 'bytes' }

function standard(prefix: string): Recipe {
  return {
    signatures: { headers: [`${prefix}-signature`], separator: ' ', prefix: 'v1,', isRepeated: true },
    algorithm: 'hmac-sha256',
    encoding: 'base64',
    signed: [{ header: `${prefix}-id` }, { text: '.' }, { header: `${prefix}-timestamp` }, { text: '.' }, body],
    key: { secret: 'base64', prefix: 'whsec_' },
  }
}

/** An HMAC-SHA256 with the text of the secret as the key. */
function textHmac(
  header: string,
  encoding: 'hex' | 'base64',
  prefix: string,
  signed: readonly SignedPiece[] = [body],
  separator: string | null = null,
): Recipe {
  const signatures = { headers: [header], separator, prefix, isRepeated: false }
  return { signatures, algorithm: 'hmac-sha256', encoding, signed, key: { secret: 'text' } }
}

export const knownSchemes: readonly Scheme[] = [
  { name: 'Standard Webhooks', recipe: standard('webhook') },
  { name: 'Svix', recipe: standard('svix') },
  { name: 'GitHub', recipe: textHmac('x-hub-signature-256', 'hex', 'sha256=') },
  { name: 'Shopify', recipe: textHmac('x-shopify-hmac-sha256', 'base64', '') },
  {
    name: 'Stripe',
    recipe: textHmac(
      'stripe-signature',
      'hex',
      'v1=',
      [{ header: 'stripe-signature', separator: ',', prefix: 't=' }, { text: '.' }, body],
      ',',
    ),
  },
  {
    name: 'Slack',
    recipe: textHmac('x-slack-signature', 'hex', 'v0=', [
      { text: 'v0:' },
      { header: 'x-slack-request-timestamp' },
      { text: ':' },
      body,
    ]),
  },
]
