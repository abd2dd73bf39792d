// The details of endpoints: fields that only the product knows, by the rules of its dialect.

import type { Details, Endpoint } from '../domain/endpoint.ts'
import { limits } from '../domain/limits.ts'
import type { FieldError } from '../domain/problem.ts'
import type { DetailRule, Dialect } from '../contracts/dialect.ts'

/**
 * The faults of details that a request gives.
 *
 * @param before the endpoint that the request changes; null: it is new
 */
export function detailFaults(
  dialect: Dialect,
  given: Details,
  before: Pick<Endpoint, 'details'> | null,
): readonly FieldError[] {
  const { details: rules = {} } = dialect.endpointRules
  const faults = Object.entries(given).flatMap(([name, value]): readonly FieldError[] => {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (rule === undefined) return [fault(name, 'unknown', 'is not a field of this dialect')]
    if (value === undefined) return rule.required ? [fault(name, 'required', 'is required')] : []
    if (before !== null && rule.constant && !isSame(before.details[name], value)) {
      return [fault(name, 'choice', 'cannot be changed')]
    }
    return rule.faults(value).map(({ field, ...rest }) => ({ ...rest, field: fieldOf(name, field) }))
  })
  const missing = before === null ? Object.entries(rules).filter(isMissing(given)) : []
  return [
    ...missing.map(([name]) => fault(name, 'required', 'is required')),
    ...(faults.length === 0 ? tooLong(detailsOf(dialect, given, before), given) : faults),
  ]
}

function isMissing(given: Details): (entry: readonly [string, DetailRule]) => boolean {
  return ([name, rule]) => rule.required && !Object.hasOwn(given, name)
}

/** The fault of details that are too long together. It names the longest one of the request. */
function tooLong(all: Details, given: Details): readonly FieldError[] {
  if (JSON.stringify(all).length <= limits.detailCharsPerEndpointMax) return []
  const [longest] = Object.entries(given)
    .map(([name, value]) => ({ name, chars: JSON.stringify(value)?.length ?? 0 }))
    .toSorted((one, other) => other.chars - one.chars)
  if (longest === undefined) return []
  const message = `is too long: such fields have at most ${limits.detailCharsPerEndpointMax} characters together, as JSON`
  return [fault(longest.name, 'length', message)]
}

/**
 * The details to store: the given ones, and the others as they are.
 *
 * @param before the endpoint that the request changes; null: it is new, and its other details have their defaults
 */
export function detailsOf(dialect: Dialect, given: Details, before: Pick<Endpoint, 'details'> | null): Details {
  const { details: rules = {} } = dialect.endpointRules
  const defaults = Object.entries(rules).map(([name, rule]) => [name, rule.default] as const)
  const others = before === null ? Object.fromEntries(defaults) : before.details
  return Object.fromEntries(Object.entries({ ...others, ...given }).filter(([, value]) => value !== undefined))
}

function fault(name: string, rule: FieldError['rule'], message: string): FieldError {
  return { field: fieldOf(name, ''), rule, message }
}

function fieldOf(name: string, inner: string): string {
  return inner === '' ? `details.${name}` : `details.${name}.${inner}`
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
