// The rules for the fields of endpoints, for every API. Faults name fields as the domain does; each API translates
// them.
//
// A list that is too long is one fault and its members are not checked, because there may be a hundred thousand of
// them.

import { headerNamePattern, reservedHeaderFault, visibleAsciiFault } from '../domain/header-rules.ts'
import { type Details, type Endpoint, type EndpointKind, type FilterValue, isPolling } from '../domain/endpoint.ts'
import { limits } from '../domain/limits.ts'
import { patternMatches } from '../domain/matching.ts'
import type { FieldError } from '../domain/problem.ts'
import type { Dialect } from '../contracts/dialect.ts'
import type { Context } from './context.ts'
import { detailFaults } from './endpoint-details.ts'

/** The fields of an endpoint in a request. An absent field keeps its value, or has its default in a new endpoint. */
export interface EndpointInput {
  /** The kind of a new endpoint; default: `push`. */
  readonly kind?: EndpointKind
  readonly url?: string
  readonly eventTypes?: readonly string[]
  /** Changes of single event types: true adds one, false removes it. */
  readonly eventTypeChanges?: Readonly<Record<string, boolean>>
  /** All filters of the endpoint. */
  readonly filters?: Endpoint['filters']
  /** Changes of single filters; null removes a filter. */
  readonly filterChanges?: Readonly<Record<string, FilterValue | null>>
  /** The details to change. A member that is undefined removes the detail. */
  readonly details?: Details
  readonly description?: string | null
  readonly enabled?: boolean
  readonly headers?: Readonly<Record<string, string>>
  /** Names of headers whose values no API shows. */
  readonly writeOnlyHeaders?: readonly string[]
  /** Signing secrets chosen by the customer, newest first. */
  readonly secrets?: readonly string[]
}

type Before = Pick<Endpoint, 'url' | 'eventTypes' | 'headers' | 'writeOnlyHeaders' | 'filters' | 'details'>

/**
 * The faults of the input, by field; at most `limits.fieldErrorsMax`. Empty: the input is valid.
 *
 * @param before the endpoint that the input changes; null, the default: it is new
 */
export function endpointFaults(
  context: Context,
  dialect: Dialect,
  input: EndpointInput,
  before: Before | null = null,
): FieldError[] {
  const faults: FieldError[] = []
  const add: Add = (field, rule, message, more = {}) => {
    if (message !== null && faults.length < limits.fieldErrorsMax) faults.push({ field, rule, message, ...more })
  }
  const isPolled = before === null ? input.kind === 'polling' : isPolling(before)
  if (isPolled) checkPolling(dialect, input, add)
  else if (input.url !== undefined) checkUrl(context, dialect, input.url, add)
  else if (before === null) add('url', 'required', 'is required')
  const { eventTypes, eventTypeChanges } = input
  const changed = eventTypeChanges === undefined ? eventTypes : eventTypesOf(dialect, input, before)
  if (changed !== undefined) checkEventTypes(dialect, changed, add)
  if (input.filters !== undefined || input.filterChanges !== undefined) checkFilters(dialect, input, before, add)
  for (const { field, rule, message, ...more } of detailFaults(dialect, input.details ?? {}, before)) {
    add(field, rule, message, more)
  }
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
  more?: Omit<FieldError, 'field' | 'rule' | 'message'>,
) => void

function checkPolling({ name, endpointRules }: Dialect, { url }: EndpointInput, add: Add): void {
  if (endpointRules.polling !== true) add('kind', 'choice', `must be push: ${name} has no endpoints that are polled`)
  if (url !== undefined) add('url', 'unknown', 'must be absent: consumers fetch the deliveries of the endpoint')
}

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
    add(`eventTypes.${index}`, 'choice', `is not an event type: ${pattern}`, { value: pattern })
  }
}

function isKnownPattern(dialect: Dialect, pattern: string): boolean {
  const { wildcards } = dialect.endpointRules
  if (pattern === '*') return wildcards !== 'none'
  if (pattern.endsWith('.*') && wildcards !== 'prefix') return false
  if (pattern === '' || pattern !== pattern.trim() || pattern.length > limits.eventTypeCharsMax) return false
  return dialect.openCatalogue || dialect.eventTypes.some((type) => patternMatches(pattern, type.name))
}

function checkFilters(dialect: Dialect, input: EndpointInput, before: Before | null, add: Add): void {
  const { filters: known, listFilters = known } = dialect.endpointRules
  const given = Object.entries({ ...input.filters, ...input.filterChanges })
  const after = Object.entries(filtersOf(dialect, input, before))
  if (given.length > limits.filtersPerEndpointMax || after.length > limits.filtersPerEndpointMax) {
    return add('filters', 'length', `must name at most ${limits.filtersPerEndpointMax} attributes`)
  }
  for (const [name, value] of given) {
    const field = `filters.${name}`
    const isList = Array.isArray(value)
    if (known !== 'any' && !known.includes(name)) add(field, 'unknown', 'is not an attribute to filter by')
    else if (isList && listFilters !== 'any' && !listFilters.includes(name)) add(field, 'type', 'must be string')
    const values = [value ?? []].flat()
    if (isList && values.length === 0) add(field, 'length', 'must have at least one value')
    if (values.length > limits.filterValuesMax)
      add(field, 'length', `must have at most ${limits.filterValuesMax} values`)
    else if ([name, ...values].some((text) => text.length > limits.attributeCharsMax)) {
      add(field, 'length', `must have at most ${limits.attributeCharsMax} characters`)
    }
  }
  if (after.flat(2).join('').length > limits.filterCharsPerEndpointMax) {
    add('filters', 'length', `must have at most ${limits.filterCharsPerEndpointMax} characters together`)
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
  before: Before | null,
  add: Add,
): void {
  if (dialect.endpointRules.writeOnlyHeaders !== true && names.length > 0) {
    return add('writeOnlyHeaders', 'unknown', 'this dialect shows its customers their own headers')
  }
  if (names.length > limits.customHeadersMax) {
    return add('writeOnlyHeaders', 'length', `must be at most ${limits.customHeadersMax}`)
  }
  for (const [index, name] of names.entries()) {
    const isHeader = Object.hasOwn(headers ?? before?.headers ?? {}, name)
    if (!isHeader) add(`writeOnlyHeaders.${index}`, 'choice', `is not one of the headers: ${name}`)
  }
  // Otherwise removing the mark would show the value.
  const shown = headers === undefined ? before?.writeOnlyHeaders.find((name) => !names.includes(name)) : undefined
  if (shown !== undefined) add('writeOnlyHeaders', 'required', `must name ${shown} unless headers are sent too`)
}

/** The names to store: a mark stays with its header until a request names the marks, and goes with the header. */
export function writeOnlyHeadersOf({ headers, writeOnlyHeaders }: EndpointInput, before: Endpoint): readonly string[] {
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

/**
 * The filters to store, with each value in the form of the dialect.
 *
 * @param before the endpoint that the input changes; null: it is new
 */
export function filtersOf(
  dialect: Dialect,
  { filters, filterChanges }: EndpointInput,
  before: Pick<Endpoint, 'filters'> | null,
): Endpoint['filters'] {
  const { storedFilter = (value) => value } = dialect.endpointRules
  const all = Object.entries({ ...(filters ?? before?.filters), ...filterChanges })
  const stored = all.flatMap(([name, value]): [string, FilterValue][] => {
    if (value === null) return []
    const isText = typeof value === 'string'
    return [[name, isText ? storedFilter(value, name) : value.map((text) => storedFilter(text, name))]]
  })
  return Object.fromEntries(stored)
}

/**
 * The event types to store: each one once, unless the dialect keeps them as the customer wrote them.
 *
 * @param before the endpoint that the input changes; null: it is new
 */
export function eventTypesOf(
  dialect: Dialect,
  { eventTypes, eventTypeChanges = {} }: EndpointInput,
  before: Pick<Endpoint, 'eventTypes'> | null,
): readonly string[] {
  const changes = Object.entries(eventTypeChanges)
  const kept = eventTypes ?? before?.eventTypes ?? []
  if (changes.length === 0) {
    return dialect.endpointRules.eventTypesAsWritten === true ? kept : [...new Set(kept)]
  }
  const types = new Set(kept)
  for (const [type, isWanted] of changes) {
    if (isWanted) types.add(type)
    else types.delete(type)
  }
  return [...types]
}
