// The filter of the list of deliveries, as it is in the address. Its names are those of the API, apart from `range`, `time`
// and the status `failing`.

import type { Query } from '../../../shared/client.ts'

export type FilterSearch = Readonly<Record<string, string | readonly string[] | undefined>>

const hour = 3_600_000

/** The ranges of time that end now, in milliseconds. */
export const ranges = { '1h': hour, '24h': 24 * hour, '7d': 168 * hour } as const
export type Range = keyof typeof ranges | 'all' | 'custom'

/** The statuses of a delivery. */
export const statuses = ['pending', 'delivered', 'failed', 'cancelled'] as const

export function valuesOf(search: FilterSearch, name: string): readonly string[] {
  const value = search[name]
  return value === undefined || value === '' ? [] : typeof value === 'string' ? [value] : value
}

export function valueOf(search: FilterSearch, name: string): string {
  return valuesOf(search, name)[0] ?? ''
}

export function rangeOf(search: FilterSearch): Range {
  const range = valueOf(search, 'range')
  if (Object.hasOwn(ranges, range)) return range as Range
  return range === 'custom' || valueOf(search, 'from') !== '' || valueOf(search, 'to') !== '' ? 'custom' : 'all'
}

/** Whether the range is of the attempts' times, instead of the time of creation. */
export function isOfAttempts(search: FilterSearch): boolean {
  return valueOf(search, 'time') === 'attempted'
}

interface Span {
  readonly from?: string
  readonly to?: string
}

/** The range as two times; absent: it has no such end. */
export function spanOf(search: FilterSearch, now: number): Span {
  const range = rangeOf(search)
  if (range === 'all') return {}
  if (range === 'custom') {
    const [from, to] = [valueOf(search, 'from'), valueOf(search, 'to')]
    return { ...(from !== '' && { from }), ...(to !== '' && { to }) }
  }
  return { from: new Date(now - ranges[range]).toISOString() }
}

/** The query of GET /v1/deliveries. @param now in milliseconds since 1970: ranges that end now begin so long before it */
export function queryOf(search: FilterSearch, now: number): Query {
  const { from, to } = spanOf(search, now)
  const span = isOfAttempts(search) ? { attemptedFrom: from, attemptedTo: to } : { from, to }
  const status = valuesOf(search, 'status')
  const isFailing = status.includes('failing')
  return {
    tenant: valueOf(search, 'tenant'),
    endpoint: valueOf(search, 'endpoint'),
    dialect: valueOf(search, 'dialect'),
    status: isFailing ? [] : status,
    ...(isFailing && { failing: true }),
    eventType: valueOf(search, 'eventType'),
    outcome: valueOf(search, 'outcome'),
    httpStatus: valueOf(search, 'httpStatus'),
    ...span,
  }
}

/** The address of a new replay of the deliveries that the filter finds; or why a replay cannot have this filter. */
export function replayOf(
  search: FilterSearch,
  now: number,
): { readonly search: FilterSearch } | { readonly refusal: string } {
  const status = valuesOf(search, 'status')
  if (valueOf(search, 'tenant') === '') return { refusal: 'A replay belongs to one tenant: choose the tenant first.' }
  if (status.includes('failing'))
    return { refusal: 'Failing deliveries are attempted again by themselves: choose a status.' }
  if (valueOf(search, 'httpStatus') !== '')
    return { refusal: 'A replay cannot select by HTTP status: remove this filter.' }
  if (isOfAttempts(search) && rangeOf(search) !== 'all') {
    return { refusal: 'A replay selects by the time of creation: choose it in place of the time of attempts.' }
  }
  const { from = new Date(0).toISOString(), to = '' } = spanOf(search, now)
  const [tenant, endpoint, eventType, outcome] = ['tenant', 'endpoint', 'eventType', 'outcome'].map((name) =>
    valueOf(search, name),
  )
  // Without a filter by status, the list shows all of them. A replay without one sends the failed and cancelled ones.
  return { search: { tenant, endpoint, eventType, outcome, status: status.length === 0 ? statuses : status, from, to } }
}
