// Spans of time in milliseconds, and the formats in which APIs write times.

export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour

/** Later than every time: the last one that a Date can hold, Unix time in milliseconds. */
export const never = 8_640_000_000_000_000

/** `2026-01-31T12:00:00Z`: ISO 8601, UTC, whole seconds. */
export function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** `2026-01-31T12:00:00.123000`: six digits of the second, of which the last three are always 0; no time zone. */
export function isoMicroseconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000`
}
