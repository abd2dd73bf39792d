// The rules for the fields of endpoints, for every API. Faults name fields as the domain does; each API translates
// them.
//
// A list that is too long is one fault and its members are not checked, because there may be a hundred thousand of
// them.

import { headerNamePattern, reservedHeaderFault, visibleAsciiFault } from '../domain/header-rules.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import { limits } from '../domain/limits.ts'
import { patternMatches } from '../domain/matching.ts'
import type { FieldError } from '../domain/problem.ts'
import type { Dialect } from '../contracts/dialect.ts'
import type { Context } from './context.ts'

/** The fields of an endpoint in a request. An absent field keeps its value, or has its default in a new endpoint. */
export interface EndpointInput {
  readonly url?: string
  readonly eventTypes?: readonly string[]
  readonly filters?: Readonly<Record<string, string>>
  readonly description?: string | null
  readonly enabled?: boolean
  readonly headers?: Readonly<Record<string, string>>
  /** Names of headers whose values no API shows. */
  readonly writeOnlyHeaders?: readonly string[]
  /** Signing secrets chosen by the customer, newest first. */
  readonly secrets?: readonly string[]
}

type Headers = Pick<Endpoint, 'headers' | 'writeOnlyHeaders'>

const noHeaders: Headers = { headers: {}, writeOnlyHeaders: [] }

/**
 * The faults of the input, by field; at most `limits.fieldErrorsMax`. Empty: the input is valid.
 *
 * @param before the headers of the endpoint that the input changes; default: it is new and has none
 */
export function endpointFaults(
  context: Context,
  dialect: Dialect,
  input: EndpointInput,
  before: Headers = noHeaders,
): FieldError[] {
  const faults: FieldError[] = []
  const add: Add = (field, rule, message, more = {}) => {
    if (message !== null && faults.length < limits.fieldErrorsMax) faults.push({ field, rule, message, ...more })
  }
  if (input.url !== undefined) checkUrl(context, dialect, input.url, add)
  if (input.eventTypes !== undefined) checkEventTypes(dialect, input.eventTypes, add)
  if (input.filters !== undefined) checkFilters(dialect, input.filters, add)
  if (input.description !== undefined && (input.description ?? '').length > dialect.endpointRules.descriptionCharsMax) {
    add('description', 'length', `must have at most ${dialect.endpointRules.descriptionCharsMax} characters`)
  }
  if (input.headers !== undefined) checkHeaders(dialect, input.headers, add)
  if (input.writeOnlyHeaders !== undefined) checkWriteOnly(dialect, input.writeOnlyHeaders, input, before, add)
  if (input.secrets !== undefined) checkSecrets(dialect, input.secrets, add)
  return faults
}

/** Adds a fault; message null: there is none. */
type Add = (
  field: string,
  rule: FieldError['rule'],
  message: string | null,
  more?: Pick<FieldError, 'expected' | 'value'>,
) => void

function checkUrl(context: Context, dialect: Dialect, text: string, add: Add): void {
  const { schemes, urlCharsMax } = dialect.endpointRules
  if (text.length > urlCharsMax) return add('url', 'length', `must have at most ${urlCharsMax} characters`)
  // Spaces, control characters and backslashes are refused, because URL parsers repair them in different ways.
  const url = /^[^\s\\\p{Cc}]+$/u.test(text) ? URL.parse(text) : null
  if (url === null || url.hostname === '') return add('url', 'format', 'must be a valid URL')
  const allowed: readonly string[] = context.allowHttp ? ['https:', 'http:'] : schemes
  if (!allowed.includes(url.protocol)) {
    const expected = allowed.includes('http:') ? 'https:// or http://' : 'https://'
    return add('url', 'format', `must be an ${expected} URL`, { expected })
  }
  if (url.username !== '' || url.password !== '') return add('url', 'format', 'must not contain credentials')
  if (url.hash !== '') return add('url', 'format', 'must not contain a fragment')
  if (url.port === '0') return add('url', 'format', 'must not use port 0')
  const refusal = context.egress.refusesUrl(url)
  if (refusal !== null) add('url', 'format', `must be publicly reachable: ${refusal}`)
}

function checkEventTypes(dialect: Dialect, patterns: readonly string[], add: Add): void {
  const { eventTypesMax = limits.eventTypesPerEndpointMax, eventTypesAsWritten = false } = dialect.endpointRules
  if (patterns.length === 0 && !eventTypesAsWritten) add('eventTypes', 'length', 'must name at least one event type')
  if (patterns.length > eventTypesMax) {
    const most = `${eventTypesMax} event type${eventTypesMax === 1 ? '' : 's'}`
    return add('eventTypes', 'length', `must name at most ${most}`)
  }
  for (const [index, pattern] of patterns.entries()) {
    if (isKnownPattern(dialect, pattern)) continue
    add(`eventTypes.${index}`, 'choice', `${pattern} is not an event type`, { value: pattern })
  }
}

function isKnownPattern(dialect: Dialect, pattern: string): boolean {
  const { wildcards } = dialect.endpointRules
  if (pattern === '*') return wildcards !== 'none'
  if (pattern.endsWith('.*') && wildcards !== 'prefix') return false
  if (pattern === '' || pattern !== pattern.trim() || pattern.length > limits.eventTypeCharsMax) return false
  return dialect.openCatalogue || dialect.eventTypes.some((type) => patternMatches(pattern, type.name))
}

function checkFilters(dialect: Dialect, filters: Readonly<Record<string, string>>, add: Add): void {
  const known = dialect.endpointRules.filters
  const names = Object.keys(filters)
  if (names.length > limits.filtersPerEndpointMax) {
    return add('filters', 'length', `must name at most ${limits.filtersPerEndpointMax} attributes`)
  }
  for (const name of names) {
    if (known !== 'any' && !known.includes(name)) add(`filters.${name}`, 'unknown', 'is not an attribute to filter by')
    if (name.length > limits.attributeCharsMax || (filters[name] ?? '').length > limits.attributeCharsMax) {
      add(`filters.${name}`, 'length', `must have at most ${limits.attributeCharsMax} characters`)
    }
  }
}

function checkHeaders(dialect: Dialect, headers: Readonly<Record<string, string>>, add: Add): void {
  const {
    customHeaders,
    headerNameFault = reservedHeaderFault,
    headerValueFault = visibleAsciiFault,
  } = dialect.endpointRules
  const entries = Object.entries(headers)
  if (entries.length > 0 && !customHeaders) {
    return add('headers', 'unknown', 'this dialect has no custom headers')
  }
  if (entries.length > limits.customHeadersMax) {
    return add('headers', 'length', `must be at most ${limits.customHeadersMax}`)
  }
  let chars = 0
  const seen = new Set<string>()
  for (const [name, value] of entries) {
    const field = `headers.${name}`
    chars += name.length + value.length
    if (!headerNamePattern.test(name)) add(field, 'format', 'is not a header name')
    else add(field, 'format', headerNameFault(name))
    if (seen.has(name.toLowerCase())) add(field, 'duplicate', 'is given twice')
    seen.add(name.toLowerCase())
    add(field, 'format', headerValueFault(value))
    if (value.length > limits.customHeaderCharsMax) {
      add(field, 'length', `must have at most ${limits.customHeaderCharsMax} characters`)
    }
  }
  if (chars > limits.customHeadersCharsMax) {
    add('headers', 'length', `must have at most ${limits.customHeadersCharsMax} characters together`)
  }
}

function checkWriteOnly(
  dialect: Dialect,
  names: readonly string[],
  { headers }: EndpointInput,
  before: Headers,
  add: Add,
): void {
  if (dialect.endpointRules.writeOnlyHeaders !== true && names.length > 0) {
    return add('writeOnlyHeaders', 'unknown', 'this dialect shows its customers their own headers')
  }
  if (names.length > limits.customHeadersMax) {
    return add('writeOnlyHeaders', 'length', `must be at most ${limits.customHeadersMax}`)
  }
  for (const [index, name] of names.entries()) {
    const isHeader = Object.hasOwn(headers ?? before.headers, name)
    if (!isHeader) add(`writeOnlyHeaders.${index}`, 'choice', `${name} is not one of the headers`)
  }
  // Otherwise removing the mark would show the value.
  const shown = headers === undefined ? before.writeOnlyHeaders.find((name) => !names.includes(name)) : undefined
  if (shown !== undefined) add('writeOnlyHeaders', 'required', `must name ${shown} unless headers are sent too`)
}

/** The names to store: a mark stays with its header until a request names the marks, and goes with the header. */
export function writeOnlyHeadersOf({ headers, writeOnlyHeaders }: EndpointInput, before: Headers): readonly string[] {
  const names = writeOnlyHeaders ?? before.writeOnlyHeaders
  return headers === undefined ? names : names.filter((name) => Object.hasOwn(headers, name))
}

function checkSecrets(dialect: Dialect, secrets: readonly string[], add: Add): void {
  if (secrets.length > limits.secretsPerEndpointMax) {
    return add('secrets', 'length', `must hold at most ${limits.secretsPerEndpointMax}`)
  }
  for (const [index, secret] of secrets.entries()) {
    add(`secrets.${index}`, 'format', dialect.endpointRules.secretFault(secret))
  }
}

/** The filters to store, with each value in the form of the dialect. */
export function filtersOf(dialect: Dialect, given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { storedFilter } = dialect.endpointRules
  if (storedFilter === undefined) return given
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, storedFilter(value)]))
}

/** The event types to store: each one once, unless the dialect keeps them as the customer wrote them. */
export function eventTypesOf(dialect: Dialect, given: readonly string[]): readonly string[] {
  return dialect.endpointRules.eventTypesAsWritten === true ? given : [...new Set(given)]
}
