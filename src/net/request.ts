// The bytes of a request.

import { crc32 } from 'node:zlib'
import type { EncodeRequest, SendRequest } from '../contracts/transport.ts'
import { limits } from '../domain/limits.ts'
import type { Target } from './connect.ts'

/** A receiver's URL, parsed. */
export interface RequestTarget extends Target {
  /** The request line without the method, the Host header and the Connection header. */
  readonly start: string
}

/** Null: the text is no http(s) URL. */
export function parseTarget(text: string): RequestTarget | null {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null
  const isTls = url.protocol === 'https:'
  return {
    origin: url.origin,
    isTls,
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
    start: ` ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\nconnection: keep-alive\r\n`,
  }
}

const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Characters that the head of a request, which is written as Latin-1, has as they are. */
const latin1Value = /^[\t\x20-\x7e\xa0-\xff]*$/
const controlCharacter = /[^\t\P{Cc}]/u
/** These belong to the connection, and are set here. */
const ownNames = new Set([
  'host',
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'expect',
  'trailer',
  'te',
])

type NameKind = 'sent' | 'accept' | 'left out' | 'own' | 'invalid'

/** The kinds of names that were seen: they are few, and looking one up takes less than judging it. */
const kinds = new Map<string, NameKind>()

function kindOfName(name: string): NameKind {
  const known = kinds.get(name)
  if (known !== undefined) return known
  if (kinds.size >= limits.headerNamesMax) kinds.clear()
  const kind = judgeName(name)
  kinds.set(name, kind)
  return kind
}

function judgeName(name: string): NameKind {
  const lower = name.toLowerCase()
  if (!headerName.test(name)) return 'invalid'
  if (lower === 'accept-encoding') return 'left out'
  if (ownNames.has(lower)) return 'own'
  return lower === 'accept' ? 'accept' : 'sent'
}

/** The text whose Latin-1 bytes are the UTF-8 bytes of `value`. */
function utf8AsLatin1(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1')
}

/**
 * The whole request as one buffer. Header values beyond Latin-1 are sent as UTF-8. Nothing here decompresses, so the request accepts no encoding.
 *
 * @returns a text: why the headers cannot be sent
 */
export function encodeRequest(
  target: RequestTarget,
  { method = 'POST', headers, body }: Pick<SendRequest, 'method' | 'headers' | 'body'>,
): Buffer | string {
  let head = method + target.start
  let hasAccept = false
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (value === undefined) continue
    const kind = kindOfName(name)
    if (kind === 'invalid') return 'invalid header name'
    const isLatin1 = latin1Value.test(value)
    if (!isLatin1 && controlCharacter.test(value)) return `invalid ${name} header`
    if (kind === 'left out') continue
    if (kind === 'own') return `the ${name.toLowerCase()} header cannot be set`
    if (kind === 'accept') hasAccept = true
    head += `${name}: ${isLatin1 ? value : utf8AsLatin1(value)}\r\n`
  }
  // Some firewalls refuse requests without it.
  if (!hasAccept) head += 'accept: */*\r\n'
  head += 'accept-encoding: identity\r\n'
  // A GET without a body has no length (RFC 9110, 8.6): some receivers refuse it.
  head += body.length === 0 && method === 'GET' ? '\r\n' : `content-length: ${body.length}\r\n\r\n`
  const bytes = Buffer.allocUnsafe(head.length + body.length)
  bytes.write(head, 0, 'latin1')
  body.copy(bytes, head.length)
  return bytes
}

/** The CRC-32 of a whole request, as a signed number. */
export function crcOf(request: Buffer): number {
  return crc32(request) | 0
}

/** The request as `encodeRequest` writes it. The values of the dialect and of customers are shown as they gave them. */
export const wireRequest: EncodeRequest = (request) => {
  const target = parseTarget(request.url)
  const bytes = target === null ? '' : encodeRequest(target, request)
  if (typeof bytes === 'string') return null
  const head = bytes.toString('latin1', 0, bytes.length - request.body.length)
  const [, ...lines] = head.trimEnd().split('\r\n')
  const headers = lines.map((line) => {
    const [name = ''] = line.split(':', 1)
    return [name, request.headers[name] ?? line.slice(name.length + 2)] as const
  })
  return { headers, crc: crcOf(bytes) }
}
