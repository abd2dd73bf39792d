import type { Endpoint, FilterValue } from './endpoint.ts'
import type { Event } from './event.ts'

/** Whether a pattern matches an event type. A pattern is the exact name, `*`, or a prefix such as `invoice.*`. */
export function patternMatches(pattern: string, type: string): boolean {
  if (pattern === type || pattern === '*') return true
  return pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1))
}

/** Whether a text has a `*` where no pattern has one. Only types that have a `*` too match it. */
export function hasStrayStar(pattern: string): boolean {
  return pattern !== '*' && pattern.replace(/\.\*$/, '').includes('*')
}

/** Whether an endpoint wants an event, whose filters are compared with these attributes. */
export type Wants<Read = Event> = (event: Read, attributes: Readonly<Record<string, string>> | null) => boolean

type Typed = Pick<Event, 'type'>

/** Prepares the matching of an endpoint: it wants the type, and each of its filters has the value of the attribute. */
export function prepareMatching({ eventTypes, filters }: Pick<Endpoint, 'eventTypes' | 'filters'>): Wants<Typed> {
  const wantsType = prepareTypes(eventTypes)
  const wanted = Object.entries(filters).map(([name, value]) => ({ name, matches: prepareFilter(value) }))
  if (wanted.length === 0) return wantsType
  return (event, attributes) => {
    if (attributes === null || !wantsType(event)) return false
    for (const { name, matches } of wanted) {
      if (!Object.hasOwn(attributes, name) || !matches(attributes[name] as string)) return false
    }
    return true
  }
}

function prepareTypes(patterns: readonly string[]): (event: Typed) => boolean {
  if (patterns.includes('*')) return () => true
  const exact = new Set(patterns)
  const prefixes = patterns.filter((pattern) => pattern.endsWith('.*')).map((pattern) => pattern.slice(0, -1))
  if (prefixes.length === 0) return ({ type }) => exact.has(type)
  return ({ type }) => exact.has(type) || prefixes.some((prefix) => type.startsWith(prefix))
}

function prepareFilter(value: FilterValue): (attribute: string) => boolean {
  if (typeof value === 'string') return (attribute) => attribute === value
  const values = new Set(value)
  return (attribute) => values.has(attribute)
}
