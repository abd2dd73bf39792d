// Spans of time in milliseconds, and the formats in which APIs write times.

export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour

/** Later than every time: the last one that a Date can hold, Unix time in milliseconds. */
export const never = 8_640_000_000_000_000

/** The text of the last second that `iso` wrote. Most times that are written one after the other are of the same second. */
let written = { seconds: Number.NaN, text: '' }

/** `2026-01-31T12:00:00.123Z`: as `toISOString` of a date, in a fraction of its time. */
export function iso(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds !== written.seconds) written = { seconds, text: new Date(seconds * 1000).toISOString().slice(0, -4) }
  return `${written.text}${String(Math.floor(ms) - seconds * 1000).padStart(3, '0')}Z`
}

/** `2026-01-31T12:00:00Z`: ISO 8601, UTC, whole seconds. */
export function isoSeconds(ms: number): string {
  return `${iso(ms).slice(0, -5)}Z`
}

/** `2026-01-31T12:00:00.123000`: six digits of the second, of which the last three are always 0; no time zone. */
export function isoMicroseconds(ms: number): string {
  return `${iso(ms).slice(0, -1)}000`
}
