// HMAC (RFC 2104) of a text. The HMAC of Node makes an object and a context for each text, which takes longer than the two
// hashes of a short one. Pure: keys and bytes are arguments.

import { createHmac, createSecretKey, hash as digestOf, type KeyObject } from 'node:crypto'

type HmacHash = 'sha1' | 'sha256' | 'sha512'

const blockBytes = { sha1: 64, sha256: 64, sha512: 128 } as const
const digestBytes = { sha1: 20, sha256: 32, sha512: 64 } as const
/** Longer texts are left to Node: their hash costs more than its objects. */
const textBytesMax = 16_384

/** The first block of each of the two hashes, made from the key. The second one is followed by room for the first hash. */
interface Blocks {
  readonly inner: Buffer
  readonly outer: Buffer
}

const blocksOf: Readonly<Record<HmacHash, WeakMap<KeyObject, Blocks>>> = {
  sha1: new WeakMap(),
  sha256: new WeakMap(),
  sha512: new WeakMap(),
}
const scratch = Buffer.allocUnsafeSlow(blockBytes.sha512 + textBytesMax)

/** Returns the key of a secret that is used as it is: its UTF-8 bytes, including any prefix. */
export function textKey(secret: string): KeyObject {
  return createSecretKey(secret, 'utf8')
}

/** Signs the pieces as one text. A piece that is a string is signed as UTF-8. */
export function hmac(
  hash: HmacHash,
  key: KeyObject,
  pieces: readonly (string | Uint8Array)[],
  encoding: 'hex' | 'base64' | 'base64url',
): string {
  const { inner, outer } = blocks(hash, key)
  let end = inner.copy(scratch)
  for (const piece of pieces) {
    // A letter takes at most three bytes.
    if (end + piece.length * 3 > scratch.length) return ofNode(hash, key, pieces, encoding)
    if (typeof piece === 'string') end += scratch.write(piece, end)
    else {
      scratch.set(piece, end)
      end += piece.length
    }
  }
  outer.write(digestOf(hash, scratch.subarray(0, end), 'latin1'), blockBytes[hash], 'latin1')
  return digestOf(hash, outer, encoding)
}

function blocks(hash: HmacHash, key: KeyObject): Blocks {
  const known = blocksOf[hash].get(key)
  if (known !== undefined) return known
  const bytes = blockBytes[hash]
  const secret = key.export()
  const made = { inner: Buffer.alloc(bytes, 0x36), outer: Buffer.alloc(bytes + digestBytes[hash], 0x5c) }
  const short = secret.length > bytes ? digestOf(hash, secret, 'buffer') : secret
  for (const [at, byte] of short.entries()) {
    made.inner[at] = byte ^ 0x36
    made.outer[at] = byte ^ 0x5c
  }
  blocksOf[hash].set(key, made)
  return made
}

function ofNode(...[hash, key, pieces, encoding]: Parameters<typeof hmac>): string {
  const made = createHmac(hash, key)
  for (const piece of pieces) made.update(piece)
  return made.digest(encoding)
}
