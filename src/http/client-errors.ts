// Requests that are no HTTP for the parser: it ends the connection before there is a request, a route or a hook. They
// are answered in the shape of the front whose path the request names.

import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Problem } from '../domain/problem.ts'
import { type Answer, commonHeaders } from './answer.ts'
import type { Front } from './front.ts'

/** An error of Node's HTTP parser. */
interface ClientError extends Error {
  readonly code?: string
  /** The bytes that the parser read last, a Buffer; absent: there are none. */
  readonly rawPacket?: unknown
  readonly bytesParsed?: number
}

/**
 * Answers a request that the parser refused, and ends its connection.
 *
 * @param frontOf the front of a request target
 */
export function answerClientError(
  error: ClientError,
  socket: Socket,
  frontOf: (target: string) => Front,
  newRequestId: () => string,
): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const { method, url } = requestLine(error)
  const request = { id: newRequestId(), method, url, headers: {}, body: undefined }
  const path = url.split('?')[0] ?? ''
  const front = frontOf(url)
  const problem = problemOf(error, method, path, front)
  const answer = front.answerUnrouted(problem, request)
  const allow = problem.kind === 'methodNotAllowed' ? { allow: problem.allowed.join(', ') } : {}
  if (socket.writable) socket.write(answerText({ ...answer, headers: { ...allow, ...answer.headers } }, request.id))
  socket.destroy(error)
}

function problemOf({ code }: ClientError, method: string, path: string, front: Front): Problem {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return { kind: 'requestUnreadable', status: 408, detail: 'the request took too long to arrive' }
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return { kind: 'requestUnreadable', status: 431, detail: 'the request line and the headers are too long' }
  }
  if (code === 'HPE_INVALID_METHOD' && path !== '') {
    const allowed = allowedMethods(front, path)
    if (allowed.length === 0) return { kind: 'routeUnknown', method, path }
    return { kind: 'methodNotAllowed', method, allowed }
  }
  return { kind: 'requestUnreadable', status: 400, detail: 'the request is not valid HTTP' }
}

/**
 * Method and URL of the request that the parser refused; empty: it has none. Earlier requests of the same packet come
 * before it. Node keeps only the last packet, so that a head that is too long and arrives in several has none.
 */
function requestLine({ code, rawPacket, bytesParsed = 0 }: ClientError): {
  readonly method: string
  readonly url: string
} {
  const text = Buffer.isBuffer(rawPacket) ? rawPacket.toString('latin1') : ''
  let found = { method: '', url: '' }
  for (const { index, 1: method = '', 2: url = '' } of text.matchAll(
    /^([!#$%&'*+\-.^_`|~\w]+) ((?:https?:\/)?\/\S*)/gim,
  )) {
    // A method is refused at one of its letters.
    const end = code === 'HPE_INVALID_METHOD' ? index + method.length : Infinity
    if (index <= bytesParsed && bytesParsed <= end) found = { method, url }
  }
  return found
}

function allowedMethods({ routes }: Front, path: string): readonly string[] {
  const literal = routes.filter((route) => route.path === path)
  return (literal.length > 0 ? literal : routes.filter((route) => matches(route.path, path))).map(
    ({ method }) => method,
  )
}

/** Whether a path is one of the route's paths, in which parameters are written as `:name`. */
function matches(route: string, path: string): boolean {
  const parts = path.split('/')
  const wanted = route.split('/')
  return parts.length === wanted.length && wanted.every((part, at) => part.startsWith(':') || part === parts[at])
}

function answerText({ status, headers = {}, body }: Answer, id: string): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const all = {
    ...commonHeaders(id),
    'content-type': 'application/json; charset=utf-8',
    ...headers,
    'content-length': Buffer.byteLength(text),
    connection: 'close',
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${text}`
}
