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
  if (encoding === 'hex') return bytes.toHex()
  return encoding === 'base64' ? bytes.toBase64() : bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
}

/** The bytes of a text; null: the text has another form. Padding of base64 may be absent. */
export function decoded(text: string, encoding: Encoding): Bytes | null {
  try {
    return encoding === 'hex' ? Uint8Array.fromHex(text) : Uint8Array.fromBase64(text, { alphabet: encoding })
  } catch {
    return null
  }
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
