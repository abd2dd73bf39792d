// Text that no database stores unchanged: NUL, and half of a surrogate pair. Both would be replaced without a word.

import { limits } from '../domain/limits.ts'
import type { FieldError } from '../domain/problem.ts'

/** The fields of a body with such text in their values or in their names; at most `limits.fieldErrorsMax`. */
export function oddTextFaults(body: unknown, fields: readonly string[]): FieldError[] {
  const faults: FieldError[] = []
  const look = (value: unknown, path: readonly string[]): void => {
    if (faults.length === limits.fieldErrorsMax) return
    if (typeof value === 'string') {
      if (!isOdd(value)) return
      const message = 'must not contain NUL or half of a surrogate pair'
      faults.push({ field: path.join('.'), rule: 'format', message })
    } else if (value !== null && typeof value === 'object') {
      for (const [name, member] of Object.entries(value)) {
        if (path.length > 0 || fields.includes(name)) look(isOdd(name) ? name : member, [...path, name])
      }
    }
  }
  look(body, [])
  return faults
}

function isOdd(text: string): boolean {
  return !text.isWellFormed() || text.includes('\0')
}
