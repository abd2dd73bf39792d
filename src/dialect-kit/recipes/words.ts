// A recipe in words, for people who read the document of an API.

import type { Recipe, SignedPiece, UndescribedSignature } from '../../contracts/recipe.ts'

const algorithms: Readonly<Record<Recipe['algorithm'], string>> = {
  'hmac-sha1': 'HMAC-SHA1',
  'hmac-sha256': 'HMAC-SHA256',
  'hmac-sha512': 'HMAC-SHA512',
  ed25519: 'Ed25519',
  'rsa-sha256': 'RSA with SHA-256 (PKCS #1 v1.5)',
  'ecdsa-p256-sha256': 'ECDSA with P-256 and SHA-256',
  jwt: 'a JSON Web Token',
  'jws-detached': 'a detached JSON Web Signature over the body',
  token: 'the secret itself',
  basic: 'HTTP basic authentication with the secret as the password',
}

const bodies = {
  bytes: 'the body',
  sha256: 'the SHA-256 of the body',
  sha256Hex: 'the SHA-256 of the body in hex',
  sha256Base64: 'the SHA-256 of the body in base64',
  crc32: 'the CRC-32 of the body as a decimal number',
  sortedForm: 'the names and values of the form, sorted',
}
const known = { url: 'the URL of the webhook', webhookId: 'the id of the webhook' }

/** The content of a header: `HMAC-SHA256 in base64 over …`. */
export function wordsOf(recipe: Recipe | UndescribedSignature): string {
  if ('undescribed' in recipe) return `A signature. Its form is not described, because ${recipe.undescribed}.`
  const { algorithm, encoding, ecdsaForm, signed, signatures, key, timestamp, jws } = recipe
  const form = [ecdsaForm === 'p1363' && 'r and s', encoding].filter((one) => typeof one === 'string').join(' in ')
  const over = signed === undefined ? '' : ` over ${signed.map(pieceWords).join(', ')}`
  const name = `${algorithms[algorithm]}${jws === undefined ? '' : ` with ${jws.algorithm}`}`
  const sentences = [`${capital(name)}${form === '' ? '' : ` in ${form}`}${over}`, keyWords(key)]
  if ('headers' in signatures) {
    const { prefix, separator, isRepeated } = signatures
    if (prefix !== '') sentences.push(`It follows \`${prefix}\``)
    if (isRepeated) {
      sentences.push(
        `During a rotation each key signs${separator === null ? '' : `, and \`${separator}\` separates the signatures`}`,
      )
    }
  }
  if (timestamp !== undefined) sentences.push('Refuse deliveries whose time is more than 5 minutes away from now')
  return `${sentences.join('. ')}.`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const owners = { account: 'the secret of the account', apiKey: 'the API key' }

function keyWords(key: Recipe['key']): string {
  if ('publicKey' in key) return 'The key is the public key of the product'
  const secret = key.of === undefined ? 'the secret' : owners[key.of]
  if (key.secret === 'text') return `The key is ${secret}`
  return `The key is the bytes that follow \`${key.prefix ?? ''}\` in ${secret}, in base64`
}

function pieceWords(piece: SignedPiece): string {
  if ('text' in piece) return `the text \`${piece.text}\``
  if ('body' in piece) return bodies[piece.body]
  if ('known' in piece) return known[piece.known]
  if ('member' in piece) return `the member \`${piece.member.join('.')}\` of the body`
  return piece.prefix === undefined
    ? `\`${piece.header}\``
    : `the text after \`${piece.prefix}\` in \`${piece.header}\``
}
