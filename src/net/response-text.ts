// The beginning of a response as text. It holds no more than what is kept, however the receiver cuts its chunks:
// a chunk is decoded as it comes, so that thousands of one-byte chunks never wait in memory.

import { StringDecoder } from 'node:string_decoder'

/** Keeps the first `charsMax` characters (UTF-16 units) of a UTF-8 body; what is no UTF-8 becomes U+FFFD. */
export class ResponseText {
  readonly #charsMax: number
  #text = ''
  #decoder: StringDecoder | null = null

  constructor(charsMax: number) {
    this.#charsMax = charsMax
  }

  /** Adds a chunk; what comes after the kept characters costs nothing. */
  push(chunk: Buffer): void {
    if (chunk.length === 0 || this.#text.length >= this.#charsMax) return
    // Four bytes hold at least one character, so the cut never damages one that is kept.
    const part = chunk.subarray(0, 4 * this.#charsMax)
    if (this.#decoder === null && isAscii(part.at(-1))) this.#text += part.toString('utf8')
    else this.#text += (this.#decoder ??= new StringDecoder('utf8')).write(part)
  }

  /** The text, once the last chunk is in. Never ends in half a surrogate pair. */
  end(): string {
    if (this.#decoder !== null) this.#text += this.#decoder.end()
    this.#decoder = null
    if (this.#text.length <= this.#charsMax) return this.#text
    const last = this.#text.charCodeAt(this.#charsMax - 1)
    const isHighSurrogate = last >= 0xd800 && last <= 0xdbff
    return this.#text.slice(0, isHighSurrogate ? this.#charsMax - 1 : this.#charsMax)
  }
}

/** A chunk that ends in ASCII ends between two characters: nearly all of them, and no decoder is needed. */
function isAscii(byte: number | undefined): boolean {
  return byte !== undefined && byte < 0x80
}
