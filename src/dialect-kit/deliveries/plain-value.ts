// JSON values for bodies that are not JSON: every number, boolean and null is a text.

export type PlainValue = string | readonly PlainValue[] | { readonly [name: string]: PlainValue }

/** Parses JSON. Numbers keep their digits as they were written; null is an empty text. */
export function plainValue(json: string): PlainValue {
  return JSON.parse(json, (_name, value: unknown, context?: { readonly source?: string }) => {
    if (value === null) return ''
    return typeof value === 'number' || typeof value === 'boolean' ? (context?.source ?? String(value)) : value
  }) as PlainValue
}
