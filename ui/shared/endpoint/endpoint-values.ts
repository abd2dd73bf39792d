// The values of the form of an endpoint, and the request of the operator API that they make.

import type { Pair } from '../parts/PairsField.tsx'
import type { Dialect, Endpoint, EndpointForm, Tenant } from '../types.ts'

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

/** Fields of an endpoint in a request of the operator API. */
export type EndpointBody = Readonly<Record<string, unknown>>

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

/** The dialect's own fields of endpoints: those of new ones, and those that only changes take. */
export function formFields({ endpointForm, endpointOperations }: Dialect): readonly FormField[] {
  const create = endpointForm?.fields ?? []
  const change = endpointOperations.change?.fields ?? []
  return [...create, ...change.filter((field) => create.every(({ name }) => name !== field.name))]
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
    url: endpoint.url ?? '',
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

/** Every field of the operator API. @param fields the dialect's own fields, which know the types of details */
export function wholeBody(values: EndpointValues, fields: readonly FormField[]): EndpointBody {
  const headers = values.headers.filter(({ name }) => name !== '')
  const details = Object.entries(values.details).filter(([, text]) => text !== '')
  return {
    url: values.url,
    eventTypes: [...values.eventTypes, ...linesOf(values.otherTypes)],
    description: values.description === '' ? null : values.description,
    filters: filtersOf(values.filters),
    headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
    writeOnlyHeaders: values.writeOnlyHeaders.filter((name) => headers.some((header) => header.name === name)),
    details: Object.fromEntries(details.map(([name, text]) => [name, detailOf(text, fields, name)])),
    ...(values.secret !== '' && { secrets: [values.secret] }),
    enabled: values.enabled,
  }
}

/** The fields of a new endpoint, without those that have their defaults. */
export function newBody(values: EndpointValues, fields: readonly FormField[]): EndpointBody {
  const isDefault = (name: string, value: unknown): boolean =>
    name !== 'eventTypes' && (value === null || value === true || (typeof value === 'object' && isEmpty(value)))
  return Object.fromEntries(
    Object.entries(wholeBody(values, fields)).filter(([name, value]) => !isDefault(name, value)),
  )
}

/** The fields that were changed. */
export function changedBody(before: EndpointValues, after: EndpointValues, fields: readonly FormField[]): EndpointBody {
  const old = wholeBody(before, fields)
  const changed = Object.entries(wholeBody(after, fields)).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(old[name]),
  )
  return Object.fromEntries(changed)
}

function filtersOf(pairs: readonly Pair[]): Readonly<Record<string, string | readonly string[]>> {
  const found = new Map<string, string[]>()
  for (const { name, value } of pairs) if (name !== '') found.set(name, [...(found.get(name) ?? []), value])
  return Object.fromEntries(
    [...found].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  )
}

function detailOf(text: string, fields: readonly FormField[], name: string): unknown {
  const field = fields.find(({ is, of }) => is === 'detail' && of === name)
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
