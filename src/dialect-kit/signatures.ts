// The signatures of deliveries, as values of headers.

import { createHmac, type KeyObject } from 'node:crypto'
import type { Message } from '../contracts/delivery-dialect.ts'
import { ed25519Signature } from '../signing/ed25519.ts'
import { body, event, type Part, type Sending, sentAt, text, textOf } from './parts.ts'

/** Signs with one key. */
export interface Signer {
  readonly sign: (key: KeyObject, message: Message, sending: Sending) => string
}

export interface HmacForm {
  /** Default: `sha256`. */
  readonly hash?: 'sha1' | 'sha256' | 'sha512'
  /** Default: `hex`. */
  readonly encoding?: 'hex' | 'base64'
  /** The text that is signed, in this order; default: the body. */
  readonly over?: readonly (Part | string)[]
}

/** An HMAC. */
export function hmac({ hash = 'sha256', encoding = 'hex', over = [body] }: HmacForm = {}): Signer {
  // The bytes of the body are signed without a copy.
  const pieces = over.map((part) => (part === body ? null : textOf(part)))
  return {
    sign(key, message, sending) {
      const made = createHmac(hash, key)
      for (const piece of pieces) made.update(piece === null ? sending.body : (piece(message, sending) ?? ''))
      return made.digest(encoding)
    },
  }
}

/** Ed25519 over the body, as base64, with the key pair of the installation. */
export function ed25519(): Signer {
  return { sign: (key, _message, sending) => ed25519Signature(key, sending.body) }
}

/** The signature of the newest key, after the prefix. Without a key there is none, unless it is `required`. */
export function signature(signer: Signer, { required = false, prefix = '' } = {}): Part {
  return {
    text(message, sending) {
      const [key] = sending.keys
      if (key === undefined && required) throw new Error('the key pair of the installation is missing')
      return key === undefined ? null : prefix + signer.sign(key, message, sending)
    },
  }
}

/** The signatures of all keys that sign, each with the prefix. There are none without a key. */
export function signatures(signer: Signer, { prefix = '', separator = ',' } = {}): Part {
  return {
    text(message, sending) {
      if (sending.keys.length === 0) return null
      return sending.keys.map((key) => prefix + signer.sign(key, message, sending)).join(separator)
    },
  }
}

/** The headers of the Standard Webhooks specification; `prefix`: `webhook` or, as some products have them, `svix`. */
export function standardWebhooks(prefix: 'webhook' | 'svix' = 'webhook'): Readonly<Record<string, Part>> {
  const seconds = sentAt.unixSeconds
  const signer = hmac({ encoding: 'base64', over: [event.id, '.', seconds, '.', body] })
  return {
    [`${prefix}-id`]: event.id,
    [`${prefix}-timestamp`]: seconds,
    [`${prefix}-signature`]: signatures(signer, { prefix: 'v1,', separator: ' ' }),
  }
}

/** `t=1700000000,v1=…`: the time and the signatures over time and body, as Stripe's scheme has them. */
export function timestamped(version = 'v1'): Part {
  const seconds = sentAt.unixSeconds
  return text('t=', seconds, ',', signatures(hmac({ over: [seconds, '.', body] }), { prefix: `${version}=` }))
}
