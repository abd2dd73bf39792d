// Bytes, and their forms as text.

export type Bytes = Uint8Array<ArrayBuffer>
export type Encoding = 'hex' | 'base64' | 'base64url'

export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text)
}

/** The text of bytes; null: they are not UTF-8. */
export function textOf(bytes: Bytes): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

export function joined(pieces: readonly Bytes[]): Bytes {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

export function encoded(bytes: Bytes, encoding: Encoding): string {
  if (encoding === 'hex') return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  return encoding === 'base64' ? base64 : base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** The bytes of a text; null: the text has another form. Padding of base64 may be absent. */
export function decoded(text: string, encoding: Encoding): Bytes | null {
  if (encoding === 'hex') {
    if (!/^(?:[0-9a-f]{2})*$/i.test(text)) return null
    return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  }
  const isUrl = encoding === 'base64url'
  if (isUrl && /[+/]/.test(text)) return null
  try {
    const binary = atob(isUrl ? text.replaceAll('-', '+').replaceAll('_', '/') : text)
    return Uint8Array.from(binary, (letter) => letter.charCodeAt(0))
  } catch {
    return null
  }
}

/** Whether two texts are equal. The time that it takes does not tell where they differ. */
export async function areEqual(one: string, other: string): Promise<boolean> {
  const [left, right] = await Promise.all([sha256(utf8(one)), sha256(utf8(other))])
  return left.reduce((difference, byte, at) => difference | (byte ^ (right[at] ?? 0)), 0) === 0
}

export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}

/** The CRC-32 of zip and PNG. */
export function crc32(bytes: Bytes): number {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}
