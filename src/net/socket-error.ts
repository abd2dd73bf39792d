// Classifies network errors, once, where they occur. The texts are recorded and shown to customers: they are stable and
// contain neither addresses nor internals of Posthorn.

import { errors } from 'undici'
import { limits } from '../domain/limits.ts'

const texts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ENOTFOUND: 'name not found',
  ENODATA: 'name not found',
  EAI_NODATA: 'name not found',
  EAI_NONAME: 'name not found',
  EAI_AGAIN: 'name lookup failed',
  EAI_FAIL: 'name lookup failed',
  ETIMEDOUT: 'connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  UND_ERR_HEADERS_OVERFLOW: 'response headers too large',
  RESPONSE_FRAMING: 'response framing too large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'content length mismatch',
  UND_ERR_DESTROYED: 'sender closed',
  UND_ERR_CLOSED: 'sender closed',
}

// The codes of OpenSSL's certificate verification, as Node names them. Codes with CERT in their name need no entry.
const certificateCodes = new Set([
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_CRL',
  'CRL_HAS_EXPIRED',
  'CRL_NOT_YET_VALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
])

/** A short, stable text for the error of a connection or a request, at most `limits.errorKeptCharsMax` characters. */
export function describeSocketError(error: Error): string {
  const code = codeOf(error)
  // undici 8 leaves the code of this error undefined.
  if (error instanceof errors.HTTPParserError) return 'malformed response'
  return textOf(code, error.message).slice(0, limits.errorKeptCharsMax)
}

/** An error with a code, in the form of system errors. */
export function coded(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code })
}

function textOf(code: string, message: string): string {
  const known = texts[code]
  if (known !== undefined) return known
  if (certificateCodes.has(code) || /(^|_)CERT(_|$)/.test(code)) return `certificate problem (${code})`
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) return `TLS failed (${code})`
  // undici refuses unexpected interim and upgrade responses with the messages "bad response" and "bad upgrade".
  if (code === 'UND_ERR_SOCKET') return message.startsWith('bad ') ? 'malformed response' : 'connection closed'
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') return `invalid request: ${message}`
  return code
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'connection failed'
}
