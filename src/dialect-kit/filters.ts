// Fields of endpoints by which events are selected.

import type { DeliveryDialect } from '../contracts/delivery-dialect.ts'
import type { EndpointRules } from '../contracts/dialect.ts'
import type { Event } from '../domain/event.ts'
import { memberText } from '../http/raw-json.ts'
import type { Field } from './fields.ts'

type Filter = Extract<Field, { readonly is: 'filter' }>

function filtersIn(fields: readonly Field[]): readonly Filter[] {
  return fields.filter((field) => field.is === 'filter')
}

export function filterRules(fields: readonly Field[]): Pick<EndpointRules, 'filters' | 'storedFilter'> {
  const filters = filtersIn(fields)
  return {
    filters: filters.map(({ attribute }) => attribute),
    // Capitals do not make another UUID.
    ...(filters.some(({ schema }) => schema?.['format'] === 'uuid') && {
      storedFilter: (value) => value.toLowerCase(),
    }),
  }
}

/** The attributes of an event that filters are compared with, where they are not simply those that were posted. */
export function matchedAttributesOf(fields: readonly Field[]): Pick<DeliveryDialect, 'matchedAttributes'> {
  const filters = filtersIn(fields)
  if (!filters.some(({ schema, orInData }) => orInData === true || schema?.['format'] === 'uuid')) return {}
  return {
    matchedAttributes(event) {
      const found = filters.flatMap((filter): [string, string][] => {
        const value = valueIn(event, filter)
        if (typeof value !== 'string') return []
        return [[filter.attribute, filter.schema?.['format'] === 'uuid' ? value.toLowerCase() : value]]
      })
      return Object.fromEntries(found)
    },
  }
}

function valueIn({ attributes, data }: Event, { attribute, orInData }: Filter): unknown {
  const posted = attributes?.[attribute]
  if (posted !== undefined || orInData !== true) return posted
  return JSON.parse(memberText(data, attribute) ?? 'null')
}
