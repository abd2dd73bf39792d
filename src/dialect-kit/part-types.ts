// The kinds of values of which deliveries consist, by what they may depend on. The types keep a value that differs
// between attempts out of a body that must not.

import type { KeyObject } from 'node:crypto'
import type { Message } from '../contracts/delivery-dialect.ts'

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

/** The needs of a value that is made of parts. */
export function needsOf(parts: readonly (Pick<Part, 'needsEarlier'> | string)[]): Pick<Part, 'needsEarlier'> {
  return parts.some((part) => typeof part !== 'string' && part.needsEarlier) ? { needsEarlier: true } : {}
}
