// The bytes of a body as values of headers, signatures and claims.

import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { BytesPart, Part } from './part-types.ts'

function ofBody(read: (body: Buffer) => string): Part {
  return {
    text: (_message, sending) => read(sending.body),
    json: (_message, sending) => JSON.stringify(read(sending.body)),
    schema: { type: 'string' },
  }
}

const sha256 = (body: Buffer) => createHash('sha256').update(body)

export const body: Part & BytesPart & BodyFacts = {
  ...ofBody((bytes) => bytes.toString()),
  bytes: (_message, sending) => sending.body,
  sha256: {
    hex: ofBody((bytes) => sha256(bytes).digest('hex')),
    base64: ofBody((bytes) => sha256(bytes).digest('base64')),
    bytes: (_message, sending) => sha256(sending.body).digest(),
  },
  crc32: ofBody((bytes) => String(crc32(bytes))),
  sortedForm: ofBody((bytes) => sortedForm(bytes.toString())),
}

interface BodyFacts {
  /** Its hash: the bytes themselves in a signature, or as text. */
  readonly sha256: { readonly hex: Part; readonly base64: Part } & BytesPart
  /** The checksum as a decimal number. */
  readonly crc32: Part
  /** The names and values of a form, sorted and without separators: some products sign them so. */
  readonly sortedForm: Part
}

/** A pair that is there twice counts once. */
function sortedForm(form: string): string {
  const pairs = [...new URLSearchParams(form)].map(([name, value]) => JSON.stringify([name, value]))
  return [...new Set(pairs)]
    .map((pair) => JSON.parse(pair) as readonly [name: string, value: string])
    .toSorted(([name, value], [otherName, otherValue]) => compared(name, otherName) || compared(value, otherValue))
    .flat()
    .join('')
}

/** By code units, not by the rules of a language. */
function compared(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}
