// The names of types and values in the vendor's messages, which are Python's.

/** The Python type of a JSON value: `str`, `int`, `float`, `bool`, `list`, `dict`. */
export function typeName(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'str'
    case 'boolean':
      return 'bool'
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float'
    default:
      return Array.isArray(value) ? 'list' : 'dict'
  }
}

/** A JSON value as a message shows it: text unchanged, booleans as `True` and `False`, all others as JSON. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return JSON.stringify(value) ?? ''
}
