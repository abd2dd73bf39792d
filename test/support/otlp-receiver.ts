// A receiver of spans over OTLP (HTTP with protobuf), as a collector of OpenTelemetry is. It reads the fields that tests need.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'

export interface ReceivedSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  /** Empty: it has none. */
  readonly parentId: string
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Readonly<Record<string, unknown>>
  /** 2 is an error. */
  readonly status: number
  /** The attributes of the program that sent it. */
  readonly resource: Readonly<Record<string, unknown>>
}

export interface OtlpReceiver {
  readonly url: string
  /** The spans so far. */
  readonly spans: readonly ReceivedSpan[]
  close(): Promise<void>
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = []
  const unread: Buffer[] = []
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const { 'content-type': type, 'content-encoding': coding } = request.headers
      const isRight = request.url === '/v1/traces' && type === 'application/x-protobuf'
      if (isRight) unread.push(coding === 'gzip' ? gunzipSync(body) : body)
      response.writeHead(isRight ? 200 : 400, { 'content-type': 'application/x-protobuf' }).end()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    // Read only when they are asked for: benchmarks need all of the machine.
    get spans() {
      spans.push(...unread.splice(0).flatMap(spansIn))
      return spans
    },
    close() {
      server.closeAllConnections()
      return new Promise((done) => server.close(() => done()))
    },
  }
}

/** The fields of a message by number. A value is bytes, or a number. */
type Fields = ReadonlyMap<number, readonly (Buffer | bigint)[]>

function fieldsOf(message: Buffer): Fields {
  const fields = new Map<number, (Buffer | bigint)[]>()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++] ?? 0
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < message.length) {
    const tag = Number(varint())
    const found = fields.get(tag >> 3) ?? []
    fields.set(tag >> 3, found)
    const kind = tag & 7
    if (kind === 0) found.push(varint())
    else if (kind === 1) found.push(message.readBigUInt64LE((at += 8) - 8))
    else if (kind === 5) found.push(BigInt(message.readUInt32LE((at += 4) - 4)))
    else {
      const length = Number(varint())
      found.push(message.subarray(at, (at += length)))
    }
  }
  return fields
}

const bytesOf = (fields: Fields, field: number): Buffer =>
  (fields.get(field)?.[0] as Buffer | undefined) ?? Buffer.alloc(0)
const messagesOf = (fields: Fields, field: number): readonly Fields[] =>
  (fields.get(field) ?? []).map((bytes) => fieldsOf(bytes as Buffer))
const numberOf = (fields: Fields, field: number): bigint => (fields.get(field)?.[0] as bigint | undefined) ?? 0n

function attributesOf(pairs: readonly Fields[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const value = fieldsOf(bytesOf(pair, 2))
      return [bytesOf(pair, 1).toString(), value.has(3) ? Number(numberOf(value, 3)) : bytesOf(value, 1).toString()]
    }),
  )
}

function spansIn(request: Buffer): ReceivedSpan[] {
  return messagesOf(fieldsOf(request), 1).flatMap((group) => {
    const resource = attributesOf(messagesOf(fieldsOf(bytesOf(group, 1)), 1))
    const spans = messagesOf(group, 2).flatMap((scope) => messagesOf(scope, 2))
    return spans.map((span) => ({
      name: bytesOf(span, 5).toString(),
      traceId: bytesOf(span, 1).toString('hex'),
      spanId: bytesOf(span, 2).toString('hex'),
      parentId: bytesOf(span, 4).toString('hex'),
      startMs: Number(numberOf(span, 7)) / 1e6,
      endMs: Number(numberOf(span, 8)) / 1e6,
      attributes: attributesOf(messagesOf(span, 9)),
      status: Number(numberOf(fieldsOf(bytesOf(span, 15)), 3)),
      resource,
    }))
  })
}
