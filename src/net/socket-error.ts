// Classifies network errors, once, where they occur. The texts are recorded and shown to customers: they are stable and
// contain neither addresses nor internals of Posthorn.

import { nameNotFound } from '../domain/attempt.ts'
import { limits } from '../domain/limits.ts'

const texts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ENOTFOUND: nameNotFound,
  ENODATA: nameNotFound,
  EAI_NODATA: nameNotFound,
  EAI_NONAME: nameNotFound,
  EAI_AGAIN: 'name lookup failed',
  EAI_FAIL: 'name lookup failed',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  CLOSED: 'connection closed',
  PROXY_CLOSED: 'the egress proxy could not connect (it closed the connection)',
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

/** The code of a target that the egress proxy could not reach starts with it. The status of the proxy's answer follows. */
export const proxyStatus = 'PROXY_STATUS_'

/** A short, stable text for the error of a connection or a request, at most `limits.errorKeptCharsMax` characters. */
export function describeSocketError(error: Error): string {
  return textOf(codeOf(error)).slice(0, limits.errorKeptCharsMax)
}

/** An error with a code, in the form of system errors. */
export function coded(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code })
}

function textOf(code: string): string {
  const known = texts[code]
  if (known !== undefined) return known
  // A code names the alert of the receiver, such as ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED.
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return `TLS failed (${code})`
  if (certificateCodes.has(code) || /(^|_)CERT(_|$)/.test(code)) return `certificate problem (${code})`
  if (code.startsWith('ERR_TLS_')) return `TLS failed (${code})`
  if (code.startsWith(proxyStatus)) return `the egress proxy could not connect (HTTP ${code.slice(proxyStatus.length)})`
  return code
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'connection failed'
}
