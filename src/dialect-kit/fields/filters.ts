// Fields of endpoints by which events are selected.

import type { DeliveryDialect } from '../../contracts/delivery-dialect.ts'
import type { EndpointRules } from '../../contracts/dialect.ts'
import type { FilterValue } from '../../domain/endpoint.ts'
import type { Event } from '../../domain/event.ts'
import { memberText } from '../../http/raw-json.ts'
import type { Field } from './fields.ts'

type Filter = Extract<Field, { readonly is: 'filter' }>

function filtersIn(fields: readonly Field[]): readonly Filter[] {
  return fields.filter((field) => field.is === 'filter')
}

export function filterRules(fields: readonly Field[]): Pick<EndpointRules, 'filters' | 'listFilters' | 'storedFilter'> {
  const filters = filtersIn(fields)
  const uuids = new Set(filters.filter(isUuid).map(({ attribute }) => attribute))
  return {
    filters: filters.map(({ attribute }) => attribute),
    ...(filters.length > 0 && {
      listFilters: filters.filter(({ list }) => list === true).map(({ attribute }) => attribute),
    }),
    ...(uuids.size > 0 && {
      storedFilter: (value, attribute) => (uuids.has(attribute) ? value.toLowerCase() : value),
    }),
  }
}

/** Capitals do not make another UUID. */
function isUuid({ schema }: Filter): boolean {
  return schema?.['format'] === 'uuid'
}

/** The filter that a value of the field stands for; null: none. */
export function filterValue(field: Filter, value: unknown): FilterValue | null {
  if (value === null || (Array.isArray(value) && value.length === 0)) return null
  return Array.isArray(value) ? value.map(String) : filterText(field, value)
}

/** The stored text of a value. */
export function filterText(field: Filter, value: unknown): string {
  return isUuid(field) ? String(value).toLowerCase() : String(value)
}

/** The value of the field that a stored filter stands for. */
export function shownFilter({ as, list, nullable }: Filter, stored: FilterValue | undefined): unknown {
  const shown = as === 'number' ? Number : String
  if (list !== true) return stored === undefined ? null : shown(stored)
  if (stored === undefined) return nullable === true ? null : []
  return [stored].flat().map((text) => shown(text))
}

/** The attributes of an event that filters are compared with, where they are not simply those that were posted. */
export function matchedAttributesOf(fields: readonly Field[]): Pick<DeliveryDialect, 'matchedAttributes'> {
  const filters = filtersIn(fields)
  if (!filters.some((filter) => filter.orInData !== undefined || isUuid(filter))) return {}
  const steps = filters.map((filter) => ({ ...filter, read: attributeReader(filter) }))
  return {
    matchedAttributes(event) {
      const found: Record<string, string> = {}
      for (const { attribute, read } of steps) {
        const value = read(event)
        if (value !== null) found[attribute] = value
      }
      return found
    },
  }
}

function attributeReader(filter: Filter): (event: Event) => string | null {
  const { attribute, orInData } = filter
  const path = orInData === true ? [attribute] : orInData?.split('.')
  return ({ attributes, data }) => {
    const value = attributes?.[attribute] ?? (path === undefined ? null : valueAt(data, path))
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    return isPlain ? filterText(filter, value) : null
  }
}

/** The value at a path in JSON text; null: there is none. */
function valueAt(json: string, path: readonly string[]): unknown {
  let text: string | null = json
  for (const name of path) text = text?.startsWith('{') === true ? memberText(text, name) : null
  return JSON.parse(text ?? 'null')
}
