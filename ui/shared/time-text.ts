import type { Zone } from './settings.ts'

/** `2026-01-31 12:00:00`, in the chosen zone. @param at ISO 8601, or Unix time in milliseconds */
export function timeText(at: string | number, zone: Zone, withMs = false): string {
  const date = new Date(at)
  const shifted = zone === 'utc' ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return shifted
    .toISOString()
    .slice(0, withMs ? 23 : 19)
    .replace('T', ' ')
}
