// A request as text: as it is sent, and as a command of curl.

import { jsonTextOf } from './json-text.ts'

/** A request for a person to read. `{key}` in its headers and query stands for the key of the caller. */
export interface ShownRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Sent as JSON; undefined: the request has no body. */
  readonly body?: unknown
}

/** The request of an operator. */
export function operatorRequest(method: string, path: string, body?: unknown): ShownRequest {
  return { method, path, headers: { authorization: 'Bearer {key}' }, ...(body !== undefined && { body }) }
}

/** @param variable the name that stands in place of the key */
export function httpText({ method, path, headers, body }: ShownRequest, variable: string): string {
  const all = { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  const head = [`${method} ${path}`, ...lines].join('\n').replaceAll('{key}', `$${variable}`)
  return body === undefined ? head : `${head}\n\n${jsonTextOf(body, 2)}`
}

/** @param variable the environment variable that has the key */
export function curlText({ method, path, headers, body }: ShownRequest, variable: string): string {
  const all = { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) }
  const parts = [
    `curl -X ${method} ${quoted(location.origin + path, variable)}`,
    ...Object.entries(all).map(([name, value]) => `-H ${quoted(`${name}: ${value}`, variable)}`),
    ...(body === undefined ? [] : [`--data-raw ${quotedText(jsonTextOf(body))}`]),
  ]
  return parts.join(' \\\n  ')
}

/** Quotes a text for a POSIX shell, which then expands the variable of the key and nothing else. */
function quoted(text: string, variable: string): string {
  return text
    .split('{key}')
    .map((part) => (part === '' ? '' : quotedText(part)))
    .join(`"$${variable}"`)
}

function quotedText(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
