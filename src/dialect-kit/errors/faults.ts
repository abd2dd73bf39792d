// Faults of fields in the shapes that several products use.

import type { Fault } from './errors.ts'

/** A fault, or the faults inside a field. */
export interface NestedFaults {
  [field: string]: unknown
}

/**
 * Faults by field, and inside a list by index: `{"items":{"0":{"url":"is required"}}}`. A fault of a whole field leaves
 * out those inside it.
 *
 * @param words writes one fault; `path` are the names and indexes that lead to it
 */
export function nestedFaults(
  faults: readonly Fault[],
  words: (fault: Fault, path: readonly string[]) => unknown,
  pathOf: (field: string) => readonly string[] = (field) => field.split('.'),
): NestedFaults {
  const all = empty()
  const written = new Set<unknown>()
  for (const fault of faults) {
    const path = pathOf(fault.field)
    const said = words(fault, path)
    written.add(said)
    put(all, path, said, written)
  }
  return all
}

function put(into: NestedFaults, [name = '', ...rest]: readonly string[], said: unknown, written: Set<unknown>): void {
  if (rest.length === 0) {
    into[name] ??= said
    return
  }
  const inner = (into[name] ??= empty())
  if (!written.has(inner)) put(inner as NestedFaults, rest, said, written)
}

/** Without a prototype, because customers choose names, for example `__proto__`. */
function empty(): NestedFaults {
  return Object.create(null) as NestedFaults
}
