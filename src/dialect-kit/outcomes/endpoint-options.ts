// Options of deliveries that each endpoint may choose: the deadline of an attempt, and the waits between attempts. The
// dialect states the greatest deadline and all schedules, which are compiled once.

import type { DeliveryDialect } from '../../contracts/delivery-dialect.ts'
import type { Endpoint } from '../../domain/endpoint.ts'
import type { RetrySchedule } from '../../domain/retry.ts'
import { DefinitionError } from '../definition-error.ts'
import { type Duration, durationMs, durationsMs } from '../durations.ts'

/** A deadline that endpoints choose. */
export interface ChosenTimeout {
  /** The deadline of endpoints that choose none or a longer one. */
  readonly max: Duration
  /** The deadline of an endpoint, in milliseconds; null, undefined, 0 and less: it chooses none. */
  readonly of: (endpoint: Endpoint) => number | null | undefined
}

/** Waits that endpoints choose. */
export interface ChosenWaits {
  /** The waits of endpoints that choose none, and the longest schedule of those that choose a number. */
  readonly all: string
  /** Other schedules, by name. */
  readonly named?: Readonly<Record<string, string>>
  /** The number of waits or the name of a schedule; null, undefined and any other value: the endpoint chooses none. */
  readonly of: (endpoint: Endpoint) => number | string | null | undefined
}

/** @throws DefinitionError */
export function timeoutMembers(timeout: Duration | ChosenTimeout): Pick<DeliveryDialect, 'timeoutMs' | 'timeoutOf'> {
  const field = 'deliveries.timeout'
  if (typeof timeout === 'string') return { timeoutMs: boundedMs(timeout, field) }
  const maxMs = boundedMs(timeout.max, `${field}.max`)
  return {
    timeoutMs: maxMs,
    timeoutOf(endpoint) {
      const chosen = timeout.of(endpoint) ?? 0
      return chosen > 0 ? Math.min(chosen, maxMs) : maxMs
    },
  }
}

function boundedMs(timeout: Duration, field: string): number {
  const ms = durationMs(timeout, field)
  if (ms < 1000 || ms > 60_000) throw new DefinitionError(field, `"${timeout}" must be from 1s to 60s`)
  return ms
}

export interface Schedules {
  /** The schedule of endpoints that choose none. */
  readonly usual: RetrySchedule
  readonly of: (endpoint: Endpoint | undefined) => RetrySchedule
}

/** @throws DefinitionError */
export function schedulesOf(waits: string | ChosenWaits): Schedules {
  if (typeof waits === 'string') {
    const usual = scheduleOf(waits, 'deliveries.waits')
    return { usual, of: () => usual }
  }
  const usual = scheduleOf(waits.all, 'deliveries.waits.all')
  const first = usual.waitsMs.map((_, count): RetrySchedule => ({ ...usual, waitsMs: usual.waitsMs.slice(0, count) }))
  const named = new Map(
    Object.entries(waits.named ?? {}).map(([name, text]) => [name, scheduleOf(text, `deliveries.waits.named.${name}`)]),
  )
  return {
    usual,
    of(endpoint) {
      const chosen = endpoint && waits.of(endpoint)
      return (typeof chosen === 'number' ? first[chosen] : named.get(chosen ?? '')) ?? usual
    },
  }
}

/** The schedule of waits with blanks between them. `exactly` before them: the vendor promises exact waits. */
function scheduleOf(text: string, field: string): RetrySchedule {
  const [, exactly, list = ''] = /^(exactly )?(.*)$/.exec(text) ?? []
  return { waitsMs: durationsMs(list, field), exact: exactly !== undefined }
}
