// Events of callers in this program. They get the checks of events that are posted, on the same JSON text.

import { checkedEvent } from '../api/events.ts'
import { limits } from '../domain/limits.ts'
import { failure, type Result } from '../domain/problem.ts'
import { mayHoldOddText, nestsDeeperThan } from '../http/raw-json.ts'
import type { EventInput } from '../operations/publish-event.ts'

/** An event to publish. */
export interface NewEvent<EventType extends string = string> {
  readonly tenant: string
  /** A type of the catalogue of the tenant's dialect. */
  readonly type: EventType
  /** Any object that JSON can hold. */
  readonly data: object
  /** Makes the call idempotent: 1 to 64 letters, digits, `_` and `-`. Default: one in the form of the dialect. */
  readonly id?: string
  /** Filters of endpoints match these. */
  readonly attributes?: Readonly<Record<string, string>>
  /** Default: now. */
  readonly occurredAt?: string | Date
  /** Seconds after which its data is erased. Default: as its tenant says. */
  readonly retainSeconds?: number
}

export function eventInput(event: NewEvent): Result<EventInput> {
  let text: string
  try {
    text = JSON.stringify(event)
  } catch (error) {
    const detail = `the event cannot be written as JSON: ${error instanceof Error ? error.message : String(error)}`
    return failure({ kind: 'bodyMalformed', detail })
  }
  const bytesMax = limits.requestBodyBytesMax
  if (Buffer.byteLength(text) > bytesMax) return failure({ kind: 'bodyTooLarge', bytesMax })
  if (nestsDeeperThan(text, limits.jsonDepthMax)) {
    return failure({ kind: 'bodyMalformed', detail: `the event nests deeper than ${limits.jsonDepthMax} levels` })
  }
  return checkedEvent(JSON.parse(text), text, mayHoldOddText(text))
}
