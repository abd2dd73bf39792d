// A minimal HTTP/1.1 parser for generator and receiver, which share two cores with the server: it only finds the end of
// a message. It takes requests and responses, with bodies by content-length only, as both servers and undici send them.

const headEnd = Buffer.from('\r\n\r\n')
const contentLength = /\r\ncontent-length: *(\d+)/i
const chunked = /\r\ntransfer-encoding:/i

/** The length in bytes of the message at `start`, or null if it is incomplete. Throws for a chunked body. */
export function messageLength(bytes: Buffer, start: number): number | null {
  const end = bytes.indexOf(headEnd, start)
  if (end === -1) return null
  const head = bytes.toString('latin1', start, end)
  const found = contentLength.exec(head)
  if (found === null && chunked.test(head)) throw new Error(`a chunked body is not expected here:\n${head}`)
  const length = end + headEnd.length - start + Number(found?.[1] ?? 0)
  return start + length <= bytes.length ? length : null
}

/** The rest of the previous chunk followed by the new chunk. */
export function joined(partial: Buffer | null, chunk: Buffer | string): Buffer {
  const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  return partial === null ? bytes : Buffer.concat([partial, bytes])
}
