// Ids: branded types, and the few functions that make ids. They are pure: time and randomness are arguments.

declare const brand: unique symbol
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name }

/** The public id of a tenant, known to the product's customers; unique in the installation. */
export type TenantId = Branded<string, 'TenantId'>
/** The public id of an endpoint, in its dialect's form; unique within its tenant. */
export type EndpointId = Branded<string, 'EndpointId'>
/** The number of an endpoint, unique in the installation. Internal: deliveries and leases refer to it. */
export type EndpointKey = Branded<number, 'EndpointKey'>
/** The public id of an event; unique within its tenant. */
export type EventId = Branded<string, 'EventId'>
/** The id of a delivery: a UUID version 7, so ids sort by the acceptance time of their events. */
export type DeliveryId = Branded<string, 'DeliveryId'>
/** The id of one fetch of a consumer: a UUID version 7. */
export type FetchId = Branded<string, 'FetchId'>
/** The id of an API key. It names the key and grants nothing. */
export type ApiKeyId = Branded<string, 'ApiKeyId'>
/** The id of an operator key. It names the key and grants nothing. */
export type OperatorKeyId = Branded<string, 'OperatorKeyId'>
export type PortalLinkId = Branded<string, 'PortalLinkId'>
/** The id of an erasure. */
export type ErasureId = Branded<string, 'ErasureId'>
/** The id of a replay. It begins with the time of its creation, so ids sort by it. */
export type ReplayId = Branded<string, 'ReplayId'>
/** The id of an audit record: a UUID version 7. */
export type AuditId = Branded<string, 'AuditId'>
/** The place of an event in the outbox. */
export type OutboxKey = Branded<number, 'OutboxKey'>
/** One life of a node process: a restarted node is another incarnation. */
export type Incarnation = Branded<number, 'Incarnation'>

/** Returns `count` random bytes. */
export type RandomBytes = (count: number) => Uint8Array

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Returns random text over `alphabet` (default: base62; at most 256 characters), without modulo bias. */
export function randomText(random: RandomBytes, length: number, alphabet: string = base62): string {
  const unbiasedBelow = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < length) {
    for (const byte of random(length - text.length)) {
      if (byte < unbiasedBelow) text += alphabet[byte % alphabet.length]
    }
  }
  return text
}

/**
 * Returns a function that gives random texts of a length. It cuts them from a long text, which costs a fraction of one text at
 * a time.
 */
export function randomTexts(random: RandomBytes, length: number): () => string {
  let texts = ''
  let at = 0
  return () => {
    if (at === texts.length) {
      texts = randomText(random, length * 100)
      at = 0
    }
    at += length
    return texts.slice(at - length, at)
  }
}

/** Returns base62 text that sorts by time: 8 characters of milliseconds (until the year 8888), then random ones. */
export function timeOrderedText(nowMs: number, random: RandomBytes, length: number): string {
  let time = ''
  for (let rest = nowMs; time.length < 8; rest = Math.floor(rest / 62)) time = base62[rest % 62] + time
  return time + randomText(random, length - 8)
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Returns a UUID version 7 (RFC 9562): 48 bits of milliseconds, then 74 random bits. */
export function uuidV7(nowMs: number, random: RandomBytes): string {
  const bytes = random(10)
  const hex = (index: number): string => hexOfByte[bytes[index] as number] as string
  const version = hexOfByte[0x70 | ((bytes[0] as number) & 0x0f)] as string
  const variant = hexOfByte[0x80 | ((bytes[2] as number) & 0x3f)] as string
  const time = uuidTime(nowMs)
  return `${time}-${version}${hex(1)}-${variant}${hex(3)}-${hex(4)}${hex(5)}${hex(6)}${hex(7)}${hex(8)}${hex(9)}`
}

/**
 * Returns the lowest UUID version 7 of a millisecond. Ids of this or a later millisecond are equal or sort after it.
 */
export function lowestUuidV7(nowMs: number): string {
  return `${uuidTime(nowMs)}-7000-8000-000000000000`
}

/** Returns a UUID version 4 (RFC 9562). */
export function uuidV4(random: RandomBytes): string {
  const bytes = random(16)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => hexOfByte[byte]).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The last result of `uuidTime`. Many ids are of the same millisecond. */
let written = { nowMs: Number.NaN, text: '' }

function uuidTime(nowMs: number): string {
  if (nowMs === written.nowMs) return written.text
  const hex = Math.max(0, Math.floor(nowMs)).toString(16).padStart(12, '0')
  written = { nowMs, text: `${hex.slice(0, 8)}-${hex.slice(8)}` }
  return written.text
}

/** Returns the Unix time in milliseconds that a UUID version 7 contains. */
export function uuidV7Time(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16)
}
