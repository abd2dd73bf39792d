import type { Endpoint } from './endpoint.ts'

/** Whether a pattern matches an event type. A pattern is the exact name, `*`, or a prefix such as `invoice.*`. */
export function patternMatches(pattern: string, type: string): boolean {
  if (pattern === type || pattern === '*') return true
  return pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1))
}

/** Whether an endpoint gets an event: it is enabled, it wants the type, and all its filters match the attributes. */
export function endpointMatches(
  endpoint: Pick<Endpoint, 'enabled' | 'eventTypes' | 'filters'>,
  type: string,
  attributes: Readonly<Record<string, string>> | null,
): boolean {
  if (!endpoint.enabled) return false
  if (!endpoint.eventTypes.some((pattern) => patternMatches(pattern, type))) return false
  for (const name in endpoint.filters) {
    if (attributes === null || !Object.hasOwn(attributes, name) || attributes[name] !== endpoint.filters[name])
      return false
  }
  return true
}
