// The signatures of deliveries, as values of headers and as members of bodies.

import type { KeyObject } from 'node:crypto'
import { DefinitionError } from '../definition-error.ts'
import { keyId as idOfKey } from '../../signing/jws.ts'
import { body } from './body-parts.ts'
import type { AttemptPart, AttemptSigner, Part, Sending, SignaturePart, Signer } from './part-types.ts'
import { event, joined, sentAt, text } from './parts.ts'
import { ed25519, hmac } from './signers.ts'

/** @throws DefinitionError: the signer was not made by a call, such as `sign.hmac` for `sign.hmac()` */
function signaturePart(made: SignaturePart, read: Part['text']): Part {
  if (typeof (made.signer as Signer | undefined)?.sign !== 'function') {
    throw new DefinitionError('sign', 'a signature needs a signer such as sign.hmac()')
  }
  const { needsEarlier } = made.signer
  return {
    made,
    text: read,
    json: (message, sending) => JSON.stringify(read(message, sending)),
    schema: { type: 'string' },
    ...(needsEarlier && { needsEarlier }),
  }
}

interface OneForm {
  /** Default: false. */
  readonly required?: boolean
  /** Precedes the signature; default: nothing. */
  readonly prefix?: string
}

/** The signature of the newest key, after the prefix. Without a key there is none, unless it is `required`. */
export function signature(signer: AttemptSigner, form?: OneForm): AttemptPart
export function signature(signer: Signer, form?: OneForm): Part
export function signature(signer: Signer, { required = false, prefix = '' }: OneForm = {}): Part {
  return signaturePart({ signer, prefix, separator: null }, (message, sending) => {
    const key = sending.keys.find(signer.takes)
    if (key === undefined && required) throw new Error('the key pair of the installation is missing')
    return key === undefined ? null : prefix + signer.sign(key, message, sending)
  })
}

interface ListForm {
  /** Precedes each signature; default: nothing. */
  readonly prefix?: string
  /** Default: a comma. */
  readonly separator?: string
}

/** The signatures of all keys that sign, each with the prefix. There are none without a key. */
export function signatures(signer: AttemptSigner, form?: ListForm): AttemptPart
export function signatures(signer: Signer, form?: ListForm): Part
export function signatures(signer: Signer, { prefix = '', separator = ',' }: ListForm = {}): Part {
  return signaturePart({ signer, prefix, separator }, (message, sending) => {
    const keys = keysOf(signer, sending)
    return keys.length === 0 ? null : keys.map((key) => prefix + signer.sign(key, message, sending)).join(separator)
  })
}

function keysOf({ takes }: Signer, { keys }: Pick<Sending, 'keys'>): readonly KeyObject[] {
  return keys.every(takes) ? keys : keys.filter(takes)
}

/**
 * One header for each key that signs, the newest first: `{n}` in the name is its number from 1.
 *
 * @param keysMax how many keys may sign at once
 */
export function numbered(name: string, signer: Signer, keysMax: number): Readonly<Record<string, Part>> {
  const numbers = Array.from({ length: keysMax }, (_, index) => index)
  return Object.fromEntries(
    numbers.map((index) => [
      name.replace('{n}', String(index + 1)),
      signaturePart({ signer, prefix: '', separator: null }, (message, sending) => {
        const key = keysOf(signer, sending)[index]
        return key === undefined ? null : signer.sign(key, message, sending)
      }),
    ]),
  )
}

const { made: _made, ...idOfNewestKey } = signature({
  takes: (key) => key.type === 'private',
  sign: (key: KeyObject) => idOfKey(key),
})

/** The id of the newest key pair of the installation: the thumbprint of its public key (RFC 7638). */
export const keyId: AttemptPart = idOfNewestKey

/**
 * The headers of the Standard Webhooks specification.
 *
 * @param prefix `webhook` or, as some products have them, `svix`
 * @param options.withKeyPair also signs with the Ed25519 key pair of the installation: `v1a` beside `v1`
 */
export function standardWebhooks(
  prefix: 'webhook' | 'svix' = 'webhook',
  { withKeyPair = false }: { readonly withKeyPair?: boolean } = {},
): Readonly<Record<string, Part>> {
  const seconds = sentAt.unixSeconds
  const over = [event.id, '.', seconds, '.', body]
  const form = (signer: Signer, prefixed: string): Part => signatures(signer, { prefix: prefixed, separator: ' ' })
  const symmetric = form(hmac({ encoding: 'base64', over }), 'v1,')
  return {
    [`${prefix}-id`]: event.id,
    [`${prefix}-timestamp`]: seconds,
    [`${prefix}-signature`]: withKeyPair ? joined(' ', symmetric, form(ed25519({ over }), 'v1a,')) : symmetric,
  }
}

/** `t=1700000000,v1=…`: the time and the signatures over time and body. */
export function timestamped(version = 'v1'): Part {
  const seconds = sentAt.unixSeconds
  return text('t=', seconds, ',', signatures(hmac({ over: [seconds, '.', body] }), { prefix: `${version}=` }))
}
