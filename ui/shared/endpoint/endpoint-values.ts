// The values of the form of an endpoint, and the requests that they make: the operator's, and the customer's own.

import type { ShownRequest } from '../../../shared/http-request.ts'
import type { Pair } from '../../../shared/parts/PairsField.tsx'
import { queryText } from '../../../shared/client.ts'
import type { Dialect, Endpoint, EndpointForm, Tenant } from '../../../shared/types.ts'

export type FormField = EndpointForm['fields'][number]

export interface EndpointValues {
  readonly url: string
  /** Event types of the catalogue. */
  readonly eventTypes: readonly string[]
  /** Other event types and patterns, one a line. */
  readonly otherTypes: string
  readonly description: string
  /** A name that is given twice has a list of values. */
  readonly filters: readonly Pair[]
  readonly headers: readonly Pair[]
  readonly writeOnlyHeaders: readonly string[]
  /** Texts as they are typed, by the name of the detail. */
  readonly details: Readonly<Record<string, string>>
  /** Empty: one is made. */
  readonly secret: string
  readonly enabled: boolean
}

/** A part of an endpoint in a request of the operator API. */
type EndpointBody = Readonly<Record<string, unknown>>

export const noValues: EndpointValues = {
  url: '',
  eventTypes: [],
  otherTypes: '',
  description: '',
  filters: [],
  headers: [],
  writeOnlyHeaders: [],
  details: {},
  secret: '',
  enabled: true,
}

/** The event types that a tenant of these settings may get. */
export function catalogueOf(dialect: Dialect, { settings }: Pick<Tenant, 'settings'>): Dialect['eventTypes'] {
  const other = dialect.otherCatalogues.find((one) =>
    Object.entries(one.settings).every(([name, value]) => settings[name] === value),
  )
  return other?.eventTypes ?? dialect.eventTypes
}

/** @param catalogue the names of the known event types */
export function valuesOf(endpoint: Endpoint, catalogue: readonly string[]): EndpointValues {
  const known = new Set(catalogue)
  return {
    url: endpoint.url,
    eventTypes: endpoint.eventTypes.filter((type) => known.has(type)),
    otherTypes: endpoint.eventTypes.filter((type) => !known.has(type)).join('\n'),
    description: endpoint.description ?? '',
    filters: Object.entries(endpoint.filters).flatMap(([name, values]) =>
      [values].flat().map((value) => ({ name, value })),
    ),
    headers: Object.entries(endpoint.headers).map(([name, value]) => ({ name, value: value ?? '' })),
    writeOnlyHeaders: endpoint.writeOnlyHeaders,
    details: Object.fromEntries(
      Object.entries(endpoint.details).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value),
      ]),
    ),
    secret: '',
    enabled: endpoint.enabled,
  }
}

/** Every field of the operator API. @param form the dialect's own form, which knows the types of details */
function wholeBody(values: EndpointValues, form: EndpointForm | null): EndpointBody {
  const headers = values.headers.filter(({ name }) => name !== '')
  const details = Object.entries(values.details).filter(([, text]) => text !== '')
  return {
    url: values.url,
    eventTypes: [...values.eventTypes, ...linesOf(values.otherTypes)],
    description: values.description === '' ? null : values.description,
    filters: filtersOf(values.filters),
    headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
    writeOnlyHeaders: values.writeOnlyHeaders.filter((name) => headers.some((header) => header.name === name)),
    details: Object.fromEntries(details.map(([name, text]) => [name, detailOf(text, form, name)])),
    ...(values.secret !== '' && { secrets: [values.secret] }),
    enabled: values.enabled,
  }
}

/** The fields of a new endpoint, without those that have their defaults. */
export function newBody(values: EndpointValues, form: EndpointForm | null): EndpointBody {
  const isDefault = (name: string, value: unknown): boolean =>
    name !== 'eventTypes' && (value === null || value === true || (typeof value === 'object' && isEmpty(value)))
  return Object.fromEntries(Object.entries(wholeBody(values, form)).filter(([name, value]) => !isDefault(name, value)))
}

/** The fields that were changed. */
export function changedBody(before: EndpointValues, after: EndpointValues, form: EndpointForm | null): EndpointBody {
  const old = wholeBody(before, form)
  const changed = Object.entries(wholeBody(after, form)).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(old[name]),
  )
  return Object.fromEntries(changed)
}

/** The request with which the customer makes the same endpoint. @param body the fields of the operator API */
export function customersRequest(form: EndpointForm, tenant: string, body: EndpointBody): ShownRequest {
  const fields: Record<string, unknown> = {}
  const query: Record<string, string> = {}
  let { path } = form
  for (const field of form.fields) {
    const value = vendorValue(field, body)
    if (value === undefined) continue
    if (field.in === 'path') path = path.replace(`{${field.name}}`, encodeURIComponent(textOf(value)))
    else if (field.in === 'query') query[field.name] = textOf(value)
    else setMember(fields, field.name, value)
  }
  const inMember = form.isList ? [fields] : fields
  const named = (text: string): string => text.replace('{tenant}', tenant)
  const values = (texts: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, named(text)]))
  return {
    method: form.method,
    // The place of the key stays readable.
    path: path + queryText({ ...values(form.query), ...query }).replace('%7Bkey%7D', '{key}'),
    headers: values(form.headers),
    body: form.member === null ? fields : { [form.member]: inMember },
  }
}

/** The fields that the customer's request must have and the form does not give. */
export function missingFields(form: EndpointForm, body: EndpointBody): readonly string[] {
  return form.fields.filter((field) => field.isRequired && isMissing(vendorValue(field, body))).map(({ name }) => name)
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}

/** The vendor's value of a field; undefined: the request leaves it out. */
function vendorValue({ is, of, words, ...field }: FormField, body: EndpointBody): unknown {
  const types = (body['eventTypes'] ?? []) as readonly string[]
  const secrets = body['secrets'] as readonly string[] | undefined
  const member = (name: string): unknown => (body[name] as EndpointBody | undefined)?.[of ?? '']
  switch (is) {
    case 'eventType':
      return types[0]
    case 'eventTypes':
      return types.includes('*') && 'all' in field ? field.all : types
    case 'eventFlag':
      return types.includes(of ?? '')
    case 'enabled':
      return body['enabled'] === false ? words?.off : undefined
    case 'secret':
      return secrets?.[0]
    case 'filter':
      return member('filters')
    case 'detail':
      return member('details')
    case 'url':
    case 'description':
    case 'secrets':
    case 'headers':
      return body[is]
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function setMember(object: Record<string, unknown>, name: string, value: unknown): void {
  const path = name.split('.')
  const last = path.pop() ?? ''
  let inner = object
  for (const key of path) inner = (inner[key] ??= {}) as Record<string, unknown>
  inner[last] = value
}

function filtersOf(pairs: readonly Pair[]): Readonly<Record<string, string | readonly string[]>> {
  const found = new Map<string, string[]>()
  for (const { name, value } of pairs) if (name !== '') found.set(name, [...(found.get(name) ?? []), value])
  return Object.fromEntries(
    [...found].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  )
}

function detailOf(text: string, form: EndpointForm | null, name: string): unknown {
  const field = form?.fields.find(({ is, of }) => is === 'detail' && of === name)
  if (field === undefined || fieldSchema(field).type === 'string') return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    // The API says what it expects.
    return text
  }
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0
}

/** The keywords of JSON Schema that forms show. */
export interface FieldSchema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly description?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly items?: { readonly enum?: readonly unknown[] }
  readonly anyOf?: readonly FieldSchema[]
}

/** The schema of a field, without null. */
export function fieldSchema({ schema }: Pick<FormField, 'schema'>): FieldSchema {
  const whole = schema as FieldSchema
  return whole.anyOf?.find(({ type }) => type !== 'null') ?? whole
}
