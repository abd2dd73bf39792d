// The reader of responses on mutated and random bytes, in pieces of any size: it throws nothing, reports each response
// once, and keeps no more than its bounds allow. `npm run test:long` reads a million of them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Random, seededRandom } from '../../test/support/random.ts'
import { limits } from '../domain/limits.ts'
import { type Fault, type ResponseHandler, ResponseReader } from './response-reader.ts'
import { sized } from '../../test/support/size.ts'

const responses = [
  'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n5;a=b\r\nworld\r\n0\r\nx: y\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.0 503 Busy\r\nretry-after: 30\r\nconnection: keep-alive\r\n\r\nlater',
  'HTTP/1.1 429\nx-a: b\n c\nno colon\ncontent-length: 2\n\nab',
  'HTTP/1.1 410 Gone\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\ngone',
  `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(3000)}\r\n`,
]
const pieces = [
  '\r\n',
  '\n',
  '\r',
  ' ',
  ':',
  '0',
  'ffffffff',
  '-1',
  'HTTP/1.1 200 OK',
  'transfer-encoding: chunked',
  '\0',
]

class Recorder implements ResponseHandler {
  heads = 0
  bodyBytes = 0
  ends = 0
  faults: Fault[] = []
  onHead(status: number): void {
    assert.ok(status >= 200 && status <= 999 && this.ends === 0 && this.faults.length === 0)
    this.heads += 1
  }
  onBody(chunk: Buffer): void {
    assert.ok(this.heads === 1 && this.ends === 0)
    this.bodyBytes += chunk.length
  }
  onEnd(): void {
    assert.equal(this.heads, 1)
    this.ends += 1
  }
  onFault(fault: Fault): void {
    assert.equal(this.heads, 0)
    this.faults.push(fault)
  }
}

function mutated(random: Random): Buffer {
  let bytes = Buffer.from(responses[random.between(0, responses.length - 1)] as string, 'latin1')
  for (let count = random.between(0, 6); count > 0; count--) {
    const at = random.between(0, bytes.length)
    const piece = Buffer.from(pieces[random.between(0, pieces.length - 1)] as string, 'latin1')
    const kind = random.between(0, 3)
    if (kind === 0) bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)])
    else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.between(1, 20))])
    else if (kind === 2 && at < bytes.length) bytes[at] = random.between(0, 255)
    else bytes = Buffer.concat([bytes.subarray(0, at), bytes])
  }
  return bytes
}

test('a mutated response is read or refused, once, and nothing is thrown', (t) => {
  const count = sized({ short: 10_000, long: 1_000_000 })
  const random = seededRandom(Number(process.env['POSTHORN_SEED'] ?? 1))
  let [read, refused, cut] = [0, 0, 0]
  for (let number = 0; number < count; number++) {
    const bytes = mutated(random)
    const recorder = new Recorder()
    const reader = new ResponseReader(recorder)
    try {
      for (let at = 0; at < bytes.length;) {
        const length = random.between(1, random.between(0, 3) === 0 ? 3 : bytes.length)
        reader.push(bytes.subarray(at, at + length))
        at += length
        assert.ok(reader.pendingBytes <= limits.responseHeadBytesMax)
      }
      const isResponse = reader.end()
      assert.equal(isResponse, recorder.ends === 1)
      assert.ok(recorder.ends + recorder.faults.length <= 1 && recorder.bodyBytes <= bytes.length)
    } catch (error) {
      throw new Error(`response ${number}: ${JSON.stringify(bytes.toString('latin1').slice(0, 500))}`, { cause: error })
    }
    if (recorder.ends === 1) read += 1
    else if (recorder.faults.length === 1) refused += 1
    else cut += 1
  }
  t.diagnostic(`${read} read, ${refused} refused, ${cut} cut off`)
  assert.ok(Math.min(read, refused, cut) > count / 100, 'every kind of end occurs')
})
