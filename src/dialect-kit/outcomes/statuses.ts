// Sets of outcomes as text: `2xx`, `200 301`, `500-504`, `timeout`, `unreachable`.

import type { Outcome } from '../../domain/attempt.ts'
import { DefinitionError } from '../definition-error.ts'

/**
 * Compiles a set of outcomes. `timeout`: there was no complete answer in time. `unreachable`: there was no answer at all.
 *
 * @param field the place in the definition, for the error
 * @throws DefinitionError
 */
export function outcomeSet(text: string, field: string): (outcome: Outcome) => boolean {
  const words = text.split(/\s+/).filter((word) => word !== '')
  const includesTimeouts = words.includes('timeout')
  const includesUnreachable = words.includes('unreachable')
  const statuses = statusesOf(
    words.filter((word) => word !== 'timeout' && word !== 'unreachable'),
    field,
  )
  return (outcome) => {
    if ('status' in outcome) return statuses.has(outcome.status)
    return outcome.kind === 'timedOut' ? includesTimeouts : includesUnreachable
  }
}

/** Compiles a set of statuses alone. @throws DefinitionError */
export function statusSet(text: string, field: string): (status: number) => boolean {
  const statuses = statusesOf(text.split(/\s+/), field)
  return (status) => statuses.has(status)
}

function statusesOf(words: readonly string[], field: string): ReadonlySet<number> {
  return new Set(words.flatMap((word) => rangeOf(word, field)))
}

function rangeOf(word: string, field: string): number[] {
  const [, hundred, from, to = from] = /^(?:([2-5])xx|([2-5]\d\d)(?:-([2-5]\d\d))?)$/.exec(word) ?? []
  const first = hundred === undefined ? Number(from) : Number(hundred) * 100
  const last = hundred === undefined ? Number(to) : first + 99
  if (!(first <= last)) {
    throw new DefinitionError(field, `${JSON.stringify(word)} is no status such as 2xx, 404 or 500-504`)
  }
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
