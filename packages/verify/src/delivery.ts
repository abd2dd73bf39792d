// The texts of a delivery that a recipe names.

import type { HeaderPlace, MemberPlace, Recipe, SignedPiece } from './recipe.ts'
import { type Bytes, crc32, encoded, joined, sha256, textOf, utf8 } from './bytes.ts'

/** A delivery as it arrived. */
export interface Delivery {
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Bytes
  /** The URL of the webhook as it is registered. Needed where the recipe signs it. */
  readonly url?: string
  /** Needed where the recipe signs it. */
  readonly webhookId?: string
}

export type Place = HeaderPlace | MemberPlace

/** The text at a place; null: there is none. */
export function textAt(delivery: Delivery, place: Place): string | null {
  if ('member' in place) return memberOf(delivery.body, place)
  const header = delivery.headers[place.header]
  if (header === undefined) return null
  const { separator = '\n', prefix } = place
  if (prefix === undefined) return header
  const entry = header.split(separator).find((one) => one.startsWith(prefix))
  return entry === undefined ? null : entry.slice(prefix.length)
}

function memberOf(body: Bytes, { member, field }: MemberPlace): string | null {
  const text = textOf(body) ?? ''
  const json = field === undefined ? text : (new URLSearchParams(text).get(field) ?? '')
  try {
    let value = JSON.parse(json) as unknown
    for (const name of member) value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[name]
    return value === undefined || value === null ? null : memberText(value)
  } catch {
    return null
  }
}

/** A member of JSON as it is signed: a text without its quotes, other values as JSON. */
export function memberText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export function placeName(place: Place): string {
  if ('member' in place) return `the member ${place.member.join('.')} of the body`
  return place.prefix === undefined ? `the header ${place.header}` : `${place.prefix} in the header ${place.header}`
}

/** The bytes that are signed. A text that is absent is signed as nothing. */
export async function signedBytes({ signed = [] }: Recipe, delivery: Delivery): Promise<Bytes> {
  return joined(await Promise.all(signed.map((piece) => pieceBytes(piece, delivery))))
}

export async function pieceBytes(piece: SignedPiece, delivery: Delivery): Promise<Bytes> {
  if ('text' in piece) return utf8(piece.text)
  if ('known' in piece) return utf8(delivery[piece.known] ?? '')
  if (!('body' in piece)) return utf8(textAt(delivery, piece) ?? '')
  const { body } = delivery
  switch (piece.body) {
    case 'bytes':
      return body
    case 'sha256':
      return sha256(body)
    case 'sha256Hex':
      return utf8(encoded(await sha256(body), 'hex'))
    case 'sha256Base64':
      return utf8(encoded(await sha256(body), 'base64'))
    case 'crc32':
      return utf8(String(crc32(body)))
    case 'sortedForm':
      return utf8(sortedForm(textOf(body) ?? ''))
  }
}

/** The names and values of a form, sorted by code units; a pair that is there twice counts once. */
function sortedForm(form: string): string {
  const pairs = new Set([...new URLSearchParams(form)].map((pair) => JSON.stringify(pair)))
  return [...pairs]
    .map((pair) => JSON.parse(pair) as readonly [string, string])
    .toSorted(([name, value], [otherName, otherValue]) => compared(name, otherName) || compared(value, otherValue))
    .flat()
    .join('')
}

function compared(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}
