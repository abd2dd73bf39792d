// The wait that a receiver requests with Retry-After (RFC 9110, 10.2.3). The text is not trusted: a text that is not
// exactly in one of the standard's forms counts as absent, because Date.parse makes a date of nearly any text.

import { limits } from '../domain/limits.ts'

const month = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)'
const time = '\\d\\d:\\d\\d:\\d\\d'
const dateForms = [
  new RegExp(`^[A-Z][a-z]{2}, \\d\\d ${month} \\d{4} ${time} GMT$`),
  new RegExp(`^[A-Z][a-z]{5,8}, \\d\\d-${month}-\\d\\d ${time} GMT$`),
]
const asctimeForm = new RegExp(`^[A-Z][a-z]{2} ${month} [ \\d]\\d ${time} \\d{4}$`)

/**
 * The wait in milliseconds that a Retry-After header requests at `nowMs` (ms since 1970), between 0 and
 * `limits.retryAfterMsMax`; null if the header is absent, given twice or malformed.
 */
export function parseRetryAfter(value: string | string[] | undefined, nowMs: number): number | null {
  if (typeof value !== 'string') return null
  const text = value.trim()
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1000 : parseDate(text) - nowMs
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), limits.retryAfterMsMax)
}

function parseDate(text: string): number {
  if (dateForms.some((form) => form.test(text))) return Date.parse(text)
  return asctimeForm.test(text) ? Date.parse(`${text} GMT`) : Number.NaN
}
