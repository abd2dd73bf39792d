// Fields for the event types of an endpoint: a list, one type, or one flag for each type.

import type { EndpointRules } from '../../contracts/dialect.ts'
import type { Field } from './fields.ts'

type ListField = Extract<Field, { readonly is: 'eventTypes' }>

/** The stored list that stands for all event types. */
const all = ['*']

/** The event types that a list of the product stands for. */
export function takenTypes({ all: form }: ListField, value: unknown): readonly string[] {
  const isAll = value === null || (form === 'empty' && (value as readonly string[]).length === 0)
  return isAll ? all : (value as readonly string[])
}

/** The list of the product that stands for event types. */
export function shownTypes({ all: form }: ListField, stored: readonly string[]): readonly string[] | null {
  if (form === undefined || !stored.includes('*')) return stored
  return form === 'null' ? null : []
}

/** The rules of endpoints that follow from these fields. */
export function eventRules(fields: readonly Field[]): Partial<EndpointRules> {
  return {
    ...(fields.some(({ is }) => is === 'eventType') && { eventTypesMax: 1 }),
    ...(fields.some((field) => field.is === 'eventTypes' && field.all !== undefined) && { wildcards: 'all' as const }),
    // All flags may be off.
    ...(fields.some(({ is }) => is === 'eventFlag') && { eventTypesAsWritten: true as const }),
  }
}
