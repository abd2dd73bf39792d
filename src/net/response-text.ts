// The beginning of a response as text. Memory holds only the kept text, however the receiver cuts its chunks: a chunk
// is decoded when it arrives, so that thousands of one-byte chunks never wait in memory.

import { StringDecoder } from 'node:string_decoder'

/** Keeps the first `charsMax` characters (UTF-16 units) of a UTF-8 body. Bytes that are not UTF-8 become U+FFFD. */
export class ResponseText {
  readonly #charsMax: number
  #text = ''
  #decoder: StringDecoder | null = null

  constructor(charsMax: number) {
    this.#charsMax = charsMax
  }

  /** Adds a chunk. Chunks after the kept characters cost nothing. */
  push(chunk: Buffer): void {
    if (chunk.length === 0 || this.#text.length >= this.#charsMax) return
    // Four bytes hold at least one character, so the cut never damages a kept character.
    const part = chunk.subarray(0, 4 * this.#charsMax)
    if (this.#decoder === null && isAscii(part.at(-1))) this.#text += part.toString('utf8')
    else this.#text += (this.#decoder ??= new StringDecoder('utf8')).write(part)
  }

  /** The text, after the last chunk. It never ends in half a surrogate pair. */
  end(): string {
    if (this.#decoder !== null) this.#text += this.#decoder.end()
    this.#decoder = null
    if (this.#text.length <= this.#charsMax) return this.#text
    const last = this.#text.charCodeAt(this.#charsMax - 1)
    const isHighSurrogate = last >= 0xd800 && last <= 0xdbff
    return this.#text.slice(0, isHighSurrogate ? this.#charsMax - 1 : this.#charsMax)
  }
}

/** Nearly all chunks end with an ASCII byte, thus between two characters. Such a chunk needs no decoder. */
function isAscii(byte: number | undefined): boolean {
  return byte !== undefined && byte < 0x80
}
