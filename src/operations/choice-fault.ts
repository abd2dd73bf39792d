import type { FieldError } from '../domain/problem.ts'

/** The fault of a field whose value is not one of the choices that its dialect offers. */
export function choiceFault(field: string, choices: readonly string[]): FieldError {
  const message =
    choices.length === 0 ? 'must be absent: this dialect has none' : `must be one of: ${choices.join(', ')}`
  return { field, rule: 'choice', message }
}
