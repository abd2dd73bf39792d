// Just enough HTTP/1.1 for generator and receiver, which share two cores with what they measure: where a message
// ends. Requests and responses alike; bodies by content-length only, as both servers and undici send them.

const headEnd = Buffer.from('\r\n\r\n')
const contentLength = /\r\ncontent-length: *(\d+)/i
const chunked = /\r\ntransfer-encoding:/i

/** The length in bytes of the message at `start`, or null while it is incomplete; throws for a chunked body. */
export function messageLength(bytes: Buffer, start: number): number | null {
  const end = bytes.indexOf(headEnd, start)
  if (end === -1) return null
  const head = bytes.toString('latin1', start, end)
  const found = contentLength.exec(head)
  if (found === null && chunked.test(head)) throw new Error(`a chunked body is not expected here:\n${head}`)
  const length = end + headEnd.length - start + Number(found?.[1] ?? 0)
  return start + length <= bytes.length ? length : null
}

/** What a socket gave, after what was left of the chunk before. */
export function joined(partial: Buffer | null, chunk: Buffer | string): Buffer {
  const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  return partial === null ? bytes : Buffer.concat([partial, bytes])
}
