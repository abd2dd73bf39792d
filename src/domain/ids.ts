// Ids: branded strings, and the few ways in which they are made. Pure: time and randomness are arguments.

declare const brand: unique symbol
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name }

/** The id that the product's customers know a tenant by; unique in the installation. */
export type TenantId = Branded<string, 'TenantId'>
/** The public id of an endpoint, in its dialect's form; unique within its tenant. */
export type EndpointId = Branded<string, 'EndpointId'>
/** The installation-wide number of an endpoint. Internal: it is what deliveries and leases refer to. */
export type EndpointKey = Branded<number, 'EndpointKey'>
/** The public id of an event; unique within its tenant. */
export type EventId = Branded<string, 'EventId'>
/** The id of a delivery: a UUID version 7, so ids sort by the time at which their event was accepted. */
export type DeliveryId = Branded<string, 'DeliveryId'>
/** The id of an API key: names it, grants nothing. */
export type ApiKeyId = Branded<string, 'ApiKeyId'>
/** One life of one node: a node that restarts is another incarnation. */
export type Incarnation = Branded<number, 'Incarnation'>

/** Gives `count` random bytes. */
export type RandomBytes = (count: number) => Uint8Array

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Random text over `alphabet` (default base62, at most 256 letters), without modulo bias. */
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

/** Base62 text that sorts by time: 8 letters of milliseconds (enough until the year 8888), then random ones. */
export function timeOrderedText(nowMs: number, random: RandomBytes, length: number): string {
  let time = ''
  for (let rest = nowMs; time.length < 8; rest = Math.floor(rest / 62)) time = base62[rest % 62] + time
  return time + randomText(random, length - 8)
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** A UUID version 7 (RFC 9562): 48 bits of milliseconds, then 74 random bits. */
export function uuidV7(nowMs: number, random: RandomBytes): string {
  const bytes = random(10)
  const hex = (index: number): string => hexOfByte[bytes[index] as number] as string
  const version = hexOfByte[0x70 | ((bytes[0] as number) & 0x0f)] as string
  const variant = hexOfByte[0x80 | ((bytes[2] as number) & 0x3f)] as string
  const time = uuidTime(nowMs)
  return `${time}-${version}${hex(1)}-${variant}${hex(3)}-${hex(4)}${hex(5)}${hex(6)}${hex(7)}${hex(8)}${hex(9)}`
}

/** The lowest UUID version 7 of a millisecond: ids made at or after it sort at or after this text. */
export function lowestUuidV7(nowMs: number): string {
  return `${uuidTime(nowMs)}-7000-8000-000000000000`
}

/** A UUID version 4 (RFC 9562). */
export function uuidV4(random: RandomBytes): string {
  const bytes = random(16)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => hexOfByte[byte]).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function uuidTime(nowMs: number): string {
  const hex = Math.max(0, Math.floor(nowMs)).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}`
}

/** The millisecond that a UUID version 7 carries. */
export function uuidV7Time(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16)
}
