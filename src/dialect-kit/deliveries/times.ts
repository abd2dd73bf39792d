// Times in the forms in which products write them.

import type { Message } from '../../contracts/delivery-dialect.ts'
import { iso, isoMicroseconds, isoSeconds } from '../../domain/time.ts'
import { withKnownNames } from '../known-names.ts'
import type { Attempting, Part } from './part-types.ts'

export interface TimeParts<Of extends Part> {
  /** `2026-01-31T12:00:00.123Z` */
  readonly iso: Of
  /** `2026-01-31T12:00:00Z` */
  readonly isoSeconds: Of
  /** `2026-01-31T12:00:00+00:00` */
  readonly isoWithOffset: Of
  /** `2026-01-31T12:00:00.123000+00:00` */
  readonly isoMicrosecondsWithOffset: Of
  readonly unixSeconds: Of
  readonly unixMilliseconds: Of
}

/** @param name the name of the time in dialect files @param at returns Unix time in milliseconds */
export function timeParts<Of extends Part>(
  name: string,
  at: (message: Message, attempt: Attempting) => number,
  needs: Pick<Part, 'needsEarlier'> = {},
): TimeParts<Of> {
  const form = (write: (ms: number) => string | number, schema: object): Of => {
    const part: Part = {
      text: (message, attempt) => String(write(at(message, attempt))),
      json: (message, attempt) => JSON.stringify(write(at(message, attempt))),
      schema,
      ...needs,
    }
    return part as Of
  }
  const dateTime = { type: 'string', format: 'date-time' }
  return withKnownNames(name, {
    iso: form(iso, dateTime),
    isoSeconds: form(isoSeconds, dateTime),
    isoWithOffset: form((ms) => isoSeconds(ms).replace('Z', '+00:00'), dateTime),
    isoMicrosecondsWithOffset: form((ms) => `${isoMicroseconds(ms)}+00:00`, dateTime),
    unixSeconds: form((ms) => Math.floor(ms / 1000), { type: 'integer' }),
    unixMilliseconds: form((ms) => ms, { type: 'integer' }),
  })
}
