// The kinds of values of which deliveries consist, by what they may depend on. The types keep a value that differs
// between attempts out of a body that must not.

import type { KeyObject } from 'node:crypto'
import type { Message } from '../../contracts/delivery-dialect.ts'
import type { Recipe } from '../../contracts/recipe.ts'

/** The facts of one attempt that are known before its body. */
export interface Attempting {
  /** The keys that sign, the newest first. */
  readonly keys: readonly KeyObject[]
  /** Unix time in milliseconds. */
  readonly sentAt: number
}

/** The facts of one attempt. */
export interface Sending extends Attempting {
  readonly body: Buffer
}

/** A value of a header, of a token's claims or of a signature. Null: the header is left out. */
export interface Part {
  readonly text: (message: Message, sending: Sending) => string | null
  /** The value as JSON text. */
  readonly json: (message: Message, sending: Sending) => string
  /** JSON Schema of the value. */
  readonly schema: object
  /** It needs the facts of the attempts before (`Message.earlier`). */
  readonly needsEarlier?: true
  /** For the recipe of receivers: the parts of which it is made, the signature that it is, or its path in the data. */
  readonly made?: Composed | SignaturePart | { readonly dataMember: readonly string[] }
}

/** Several parts as one text, with the separator between them. */
export interface Composed {
  readonly of: readonly (Part | string)[]
  readonly separator: string
}

/** The signatures of one signer. */
export interface SignaturePart {
  readonly signer: Signer
  readonly prefix: string
  /** Separates several signatures; null: there is one. */
  readonly separator: string | null
}

/** A value that does not follow from the body. It may stand in a body that is encoded for each attempt. */
export interface AttemptPart extends Part {
  readonly text: (message: Message, attempt: Attempting) => string | null
  readonly json: (message: Message, attempt: Attempting) => string
}

/** A value that is the same on every attempt. It may stand in every body. */
export interface BodyPart extends AttemptPart {
  readonly text: (message: Message) => string | null
  readonly json: (message: Message) => string
}

/** Bytes that are signed as they are. */
export interface BytesPart {
  readonly bytes: (message: Message, sending: Sending) => Buffer
}

/** A text that is signed, in this order. */
export type Signed = readonly (Part | BytesPart | string)[]

/** The part of a receiver's recipe that a signer knows. */
export interface Scheme extends Pick<Recipe, 'algorithm' | 'encoding' | 'ecdsaForm' | 'user'> {
  readonly signed?: Signed
  readonly claims?: Readonly<Record<string, unknown>>
  readonly key: 'secret' | 'publicKey'
  /** A detached JSON Web Signature is over the body as it is. */
  readonly isUnencoded?: boolean
}

/** Signs with one key. */
export interface Signer extends Pick<Part, 'needsEarlier'> {
  /** Whether it signs with keys of this kind: a dialect may have secrets and key pairs. */
  readonly takes: (key: KeyObject) => boolean
  readonly sign: (key: KeyObject, message: Message, sending: Sending) => string
  /** Absent: no recipe describes it. */
  readonly scheme?: Scheme
}

/** A signer of facts that do not follow from the body: its signature may stand in the body. */
export interface AttemptSigner extends Signer {
  readonly sign: (key: KeyObject, message: Message, attempt: Attempting) => string
}

/** The needs of a value that is made of parts. */
export function needsOf(parts: readonly (Pick<Part, 'needsEarlier'> | string)[]): Pick<Part, 'needsEarlier'> {
  return parts.some((part) => typeof part !== 'string' && part.needsEarlier) ? { needsEarlier: true } : {}
}
