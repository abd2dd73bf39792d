// Text that no database stores unchanged: NUL, and half of a surrogate pair. Both would be replaced without a word.

import { limits } from '../domain/limits.ts'
import type { FieldError } from '../domain/problem.ts'

/**
 * The fields of a body with such text in their values or in their names; at most `limits.fieldErrorsMax`.
 *
 * @param fields the members of the body that are looked at
 * @param anyText fields that may have any text; a dotted name is a field inside an object
 */
export function oddTextFaults(body: unknown, fields: readonly string[], anyText: readonly string[] = []): FieldError[] {
  const faults: FieldError[] = []
  const look = (value: unknown, path: readonly string[]): void => {
    if (faults.length === limits.fieldErrorsMax) return
    if (typeof value === 'string') {
      if (!isOdd(value)) return
      const message = 'must not contain NUL or half of a surrogate pair'
      faults.push({ field: path.join('.'), rule: 'format', message })
    } else if (value !== null && typeof value === 'object') {
      for (const [name, member] of Object.entries(value)) {
        const inner = [...path, name]
        if (path.length === 0 ? !fields.includes(name) : anyText.includes(inner.join('.'))) continue
        look(isOdd(name) ? name : member, inner)
      }
    }
  }
  look(body, [])
  return faults
}

function isOdd(text: string): boolean {
  return !text.isWellFormed() || text.includes('\0')
}
