// The forms in which products write times.

import { iso, isoMicroseconds, isoSeconds } from '../../domain/time.ts'
import type { TimeForm } from '../fields/fields.ts'

/** Each form, from Unix time in milliseconds. */
export const timeForms: Readonly<Record<TimeForm, (ms: number) => string | number>> = {
  iso,
  isoInSeconds: isoSeconds,
  isoInMicroseconds: (ms) => `${isoMicroseconds(ms)}Z`,
  unixSeconds: (ms) => Math.floor(ms / 1000),
  unixMilliseconds: (ms) => ms,
}
