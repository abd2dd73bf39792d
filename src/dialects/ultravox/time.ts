// How the vendor writes times: ISO 8601 in UTC, always with six digits of a second.

/** As in the API's answers: `2026-01-02T03:04:05.678000Z`. */
export function isoTime(ms: number): string {
  return `${microseconds(ms)}Z`
}

/** As in the header of a delivery: the zone is written so that Python's `datetime.fromisoformat` of any age reads it. */
export function isoTimeWithOffset(ms: number): string {
  return `${microseconds(ms)}+00:00`
}

function microseconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000`
}
