// Requests to every documented route. Path, query, headers and body are valid, nearly valid or hostile.

import { registry } from '../../src/dialects/registry.ts'
import fc, { type Arbitrary } from 'fast-check'
import { type DocumentedRoute, profileOf, type Schema } from './documents.ts'
import { hostileBody, hostileText, hostileValue } from './hostile.ts'
import { nounIn } from './rows.ts'
import { valueFor } from './schema-values.ts'

export type Header = readonly [name: string, value: string]

export interface FuzzRequest {
  /** The front and the operation id. */
  readonly route: string
  readonly method: string
  /** One character per byte. Placeholders like `{own.tenant}` stand for ids, also in headers and in a text body. */
  readonly target: string
  readonly headers: readonly Header[]
  readonly body: string | Buffer | null
  /** Malformed as HTTP, or for another path: any response below 500 is right, also one that comes from no front. */
  readonly isMalformed: boolean
}

export function nameOf({ front, operation }: DocumentedRoute): string {
  return `${front} ${operation.operationId}`
}

export function requestTo(route: DocumentedRoute): Arbitrary<FuzzRequest> {
  return fc
    .record({ method: methodOf(route), target: targetOf(route), headers: headersOf(route), body: bodyOf(route) })
    .map((parts) => ({ route: nameOf(route), ...parts, isMalformed: false }))
}

function methodOf({ method }: DocumentedRoute): Arbitrary<string> {
  const any = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS')
  return fc.oneof({ weight: 30, arbitrary: fc.constant(method) }, { weight: 1, arbitrary: any })
}

function targetOf(route: DocumentedRoute): Arbitrary<string> {
  const { front, path, operation } = route
  const { parameters = [] } = operation
  const inPath = parameters
    .filter((one) => one.in === 'path')
    .map(({ name }) => fc.tuple(fc.constant(name), idOf(route, name)))
  const inQuery = parameters
    .filter((one) => one.in === 'query')
    .map(({ name, schema }) => mostly(valueFor(front, name, schema), hostileText).map((value) => pair(name, value)))
  const extra = fc.tuple(hostileText, hostileText).map(([name, value]) => pair(name, value))
  const query =
    inQuery.length === 0
      ? fc.array(rarely(extra), { maxLength: 1 })
      : fc.array(fc.oneof(...inQuery, rarely(extra)), { maxLength: 4 })
  return fc.tuple(fc.tuple(...inPath), query).map(([ids, pairs]) => {
    const filled = ids.reduce((text, [name, id]) => text.replace(`{${name}}`, () => id), path)
    const given = pairs.filter((one) => one !== '')
    return given.length === 0 ? filled : `${filled}?${given.join('&')}`
  })
}

function idOf(route: DocumentedRoute, name: string): Arbitrary<string> {
  const { method } = route
  const noun = nounIn(route, 'path', name)
  if (noun === null)
    return mostly(fc.constantFrom(...registry.map(({ dialect }) => dialect.name)), hostileText.map(escaped))
  // Few requests delete, because other requests need the objects.
  const whose = method === 'DELETE' ? ['own', ...Array(19).fill('absent')] : ['own', 'own', 'own', 'foreign', 'absent']
  const ids = whose.map((one) => `{${one}.${noun}}`)
  // An empty id would change the path to that of another route.
  return mostly(
    fc.constantFrom(...ids),
    hostileText.map((text) => escaped(text) || '%20'),
  )
}

function headersOf({ front }: DocumentedRoute): Arbitrary<FuzzRequest['headers']> {
  const { api } = profileOf(front)
  const good = api.credentials({ tenant: '{own.tenant}', key: front === 'operator' ? '{operator}' : '{own.key}' })
  const credentials = fc.oneof(
    { weight: 20, arbitrary: fc.constant(Object.entries(good)) },
    {
      weight: 1,
      arbitrary: fc.constant(Object.entries(api.credentials({ tenant: '{foreign.tenant}', key: '{own.key}' }))),
    },
    { weight: 1, arbitrary: visible.map((key) => Object.entries(api.credentials({ tenant: '{own.tenant}', key }))) },
  )
  const types = fc.constantFrom(
    'text/plain',
    'application/json; charset=utf-16',
    'application/x+json',
    '',
    'json',
    'a/b;c',
  )
  const type = mostly(fc.constant('application/json'), types).map((value) => ['content-type', value] as const)
  const names = fc.constantFrom('x-request-id', 'idempotency-key', 'accept', 'x-forwarded-for', '__proto__')
  const more = fc.array(rarely(fc.tuple(names, visible)), { maxLength: 2 })
  return fc
    .tuple(credentials, type, more)
    .map(([own, media, others]): Header[] => [...own, media, ...others.filter((one) => one !== '')])
}

/** Valid header values: visible ASCII characters, spaces, tabs and bytes beyond ASCII. */
const visible = fc.oneof(
  fc.stringMatching(/^[!-~]{1,40}$/),
  fc.stringMatching(/^[!-~\t \x80-\xff]{0,60}$/),
  fc.constantFrom('x'.repeat(4000), 'é'.repeat(128)),
)

function bodyOf({ front, operation, method }: DocumentedRoute): Arbitrary<string | Buffer | null> {
  const schema = operation.requestBody?.content?.['application/json']?.schema
  if (schema === undefined) return method === 'GET' ? fc.constant(null) : mostly(fc.constant(null), hostileBody)
  const valid = valueFor(front, '', schema)
  return fc.oneof(
    { weight: 5, arbitrary: valid.map((value) => JSON.stringify(value)) },
    { weight: 5, arbitrary: nearlyValid(valid, schema).map((value) => JSON.stringify(value)) },
    { weight: 2, arbitrary: hostileBody },
  )
}

/** A valid object with one field replaced, removed or added. */
function nearlyValid(valid: Arbitrary<unknown>, { properties = {} }: Schema): Arbitrary<unknown> {
  const name = mostly(fc.constantFrom(...Object.keys(properties)), hostileText)
  const value = fc.option(hostileValue, { nil: undefined, freq: 8 })
  return fc.tuple(valid, name, value).map(([object, field, one]) => {
    return Object.fromEntries([...Object.entries(object as object), [field, one]])
  })
}

function mostly<One, Other>(usual: Arbitrary<One>, other: Arbitrary<Other>): Arbitrary<One | Other> {
  return fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: other })
}

function rarely<One>(arbitrary: Arbitrary<One>): Arbitrary<One | ''> {
  return fc.oneof({ weight: 9, arbitrary: fc.constant('' as const) }, { weight: 1, arbitrary })
}

function pair(name: string, value: unknown): string {
  return `${escaped(name)}=${escaped(typeof value === 'string' ? value : JSON.stringify(value))}`
}

/** Escaped for a URL. A placeholder or a percent escape stays unchanged. */
function escaped(text: string): string {
  return /^(?:\{[a-z.]+\}|%[\da-f]{2})$/.test(text) ? text : encodeURIComponent(text.toWellFormed())
}
