// A request as a curl command for a POSIX shell. A terminal into which it is pasted gets no control characters but line feeds.

import { isUtf8 } from 'node:buffer'

export interface CurlRequest {
  readonly method: string
  readonly url: string
  /** A null value stands as `<hidden>`. */
  readonly headers: readonly (readonly [name: string, value: string | null])[]
  readonly body: Buffer
}

/** curl writes these itself. */
const ownHeaders = new Set(['host', 'content-length'])
/** curl adds these if they are not forbidden. */
const addedHeaders = ['accept', 'content-type', 'expect', 'user-agent']

export function curlOf({ method, url, headers, body }: CurlRequest): string {
  const given = headers.filter(([name]) => !ownHeaders.has(name.toLowerCase()))
  const names = new Set(given.map(([name]) => name.toLowerCase()))
  const absent = addedHeaders.filter((name) => !names.has(name))
  const words = [
    `curl --globoff --path-as-is --http1.1 --request ${method} ${quoted(wireUrl(url))}`,
    ...given.map(([name, value]) => `--header ${headerWord(name, value ?? '<hidden>')}`),
    ...absent.map((name) => `--header ${quoted(`${name}:`)}`),
  ]
  const isWithout = body.length === 0 && method === 'GET'
  const command = [...words, ...(isWithout ? [] : ['--data-binary @-'])].join(' \\\n  ')
  // The text of a built-in command may be longer than an argument of a program.
  if (isWithout) return command
  return isPasteable(body)
    ? `printf %s ${quoted(body.toString())} | ${command}`
    : `printf %s ${quoted(body.toString('base64'))} | base64 -d | ${command}`
}

/** As deliveries are sent: without a fragment, and without credentials. */
function wireUrl(text: string): string {
  const url = URL.parse(text)
  return url === null ? text : `${url.origin}${url.pathname}${url.search}`
}

function isPasteable(body: Buffer): boolean {
  return isUtf8(body) && !/[^\n\P{Cc}]/u.test(body.toString())
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** The value as the sender writes it: Latin-1 where that is possible, or else UTF-8. */
function headerWord(name: string, value: string): string {
  // A header that ends with a semicolon is sent without a value.
  if (value.trim() === '') return quoted(`${name};`)
  const text = `${name}: ${value}`
  if (/^[\x20-\x7e]*$/.test(text)) return quoted(text)
  const bytes = Buffer.from(text, /^[\t\x20-\xff]*$/.test(text) ? 'latin1' : 'utf8')
  const octal = Array.from(bytes, (byte) => `\\${byte.toString(8).padStart(3, '0')}`)
  return `"$(printf '${octal.join('')}')"`
}
