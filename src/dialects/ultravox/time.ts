// How the vendor writes times: ISO 8601 in UTC, always with six digits of a second.

import { isoMicroseconds } from '../../domain/time.ts'

/** As in the API's answers: `2026-01-02T03:04:05.678000Z`. */
export function isoTime(ms: number): string {
  return `${isoMicroseconds(ms)}Z`
}

/** As in the header of a delivery: the zone is written so that Python's `datetime.fromisoformat` of any age reads it. */
export function isoTimeWithOffset(ms: number): string {
  return `${isoMicroseconds(ms)}+00:00`
}
