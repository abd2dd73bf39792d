// The vendor's format of times: ISO 8601 in UTC, always with six digits of a second.

import { isoMicroseconds } from '../../domain/time.ts'

/** The format of the API's answers: `2026-01-02T03:04:05.678000Z`. */
export function isoTime(ms: number): string {
  return `${isoMicroseconds(ms)}Z`
}

/**
 * The format of a delivery's header. Every version of Python's `datetime.fromisoformat` reads the zone in this form.
 */
export function isoTimeWithOffset(ms: number): string {
  return `${isoMicroseconds(ms)}+00:00`
}
