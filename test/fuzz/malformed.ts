// Requests that are malformed as HTTP: in the request line, in the headers or in the length of the body.

import fc, { type Arbitrary } from 'fast-check'
import type { FuzzRequest } from './requests.ts'

const bytes = fc.uint8Array({ minLength: 1, maxLength: 30 }).map((array) => Buffer.from(array).toString('latin1'))

const targets = fc.oneof(
  bytes,
  fc.constantFrom(
    '*',
    '/',
    '//',
    '/./..//v1/tenants',
    '/v1/tenants/%',
    '/v1/%2e%2e/healthz',
    '/%00',
    '?',
    '/v1/tenants?%',
  ),
  fc.constantFrom(
    'http://example.com/v1/tenants',
    'example.com:443',
    '/v1\\tenants',
    '/v1/tenants#a',
    `/${'a'.repeat(9000)}`,
  ),
  fc.constantFrom(
    '/v1/tenants HTTP/1.1\r\nx-injected: 1\r\n',
    '/v1/tenants\r\n\r\nGET /healthz',
    '/V1/TENANTS',
    '/v1/tenants/',
  ),
)

const headers = fc.oneof(
  fc.tuple(bytes, bytes),
  fc.tuple(fc.constant('x-one'), bytes),
  fc.constantFrom<[string, string]>(
    ['x-injected', 'a\r\nx-second: b'],
    ['x-nul', 'a\0b'],
    ['x-cr', 'a\rb'],
    ['x-lf', 'a\nb'],
    ['content-length', '5'],
    ['content-length', '-1'],
    ['content-length', '0x10'],
    ['content-length', '9'.repeat(30)],
    ['transfer-encoding', 'gzip'],
    ['transfer-encoding', 'chunked, identity'],
    ['transfer-encoding', 'xchunked'],
    ['expect', '100-continue'],
    ['expect', 'miracles'],
    ['upgrade', 'websocket'],
    ['connection', 'upgrade'],
    ['host', ''],
    ['host', 'a b'],
    ['content-encoding', 'gzip'],
    ['__proto__', 'x'],
    ['x-large', 'x'.repeat(20_000)],
    ['', 'x'],
    ['a b', 'x'],
  ),
)

const methods = fc.oneof(
  fc.constantFrom('TRACE', 'CONNECT', 'PROPFIND', 'get', 'QUERY', '', 'GET GET', 'PRI', '\x16\x03\x01'),
  bytes,
)

/** A request with one malformed part. */
export function malformed(request: Arbitrary<FuzzRequest>): Arbitrary<FuzzRequest> {
  return fc.oneof(
    fc.tuple(request, targets).map(([one, target]) => ({ ...one, target, isMalformed: true })),
    fc.tuple(request, methods).map(([one, method]) => ({ ...one, method, isMalformed: true })),
    fc
      .tuple(request, headers)
      .map(([one, header]) => ({ ...one, headers: [...one.headers, header], isMalformed: true })),
  )
}
