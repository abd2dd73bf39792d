// The values of forms. All of them are texts, and the schema of a field says which one is a number, a boolean or a list.

import type { TSchema } from 'typebox'

interface Schema {
  readonly type?: unknown
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
}

/**
 * Converts a form by the schema of a body. A text that is no value of its schema stays as it is, so that the check
 * names its field. An empty text is null where the schema has null.
 */
export function formValues(schema: TSchema, form: unknown): unknown {
  return convert(schema, form)
}

function convert(schema: Schema, value: unknown): unknown {
  if (schema.anyOf !== undefined) {
    const mayBeNull = schema.anyOf.some(({ type }) => type === 'null')
    return mayBeNull && value === '' ? null : convert(schema.anyOf.find(({ type }) => type !== 'null') ?? {}, value)
  }
  switch (schema.type) {
    case 'array':
      return listOf(value).map((item) => convert(schema.items ?? {}, item))
    case 'object':
      return isObject(value) ? membersOf(schema, value) : value
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : value
    case 'integer':
    case 'number':
      return typeof value === 'string' && String(Number(value)) === value ? Number(value) : value
    default:
      return value
  }
}

/** A single value is a list of one, and an empty text an empty list. */
function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return value === '' ? [] : [value]
}

function membersOf(
  { properties = {}, additionalProperties }: Schema,
  form: Readonly<Record<string, unknown>>,
): unknown {
  const others = typeof additionalProperties === 'object' ? additionalProperties : {}
  const values: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const [name, value] of Object.entries(form)) {
    values[name] = convert(Object.hasOwn(properties, name) ? (properties[name] ?? {}) : others, value)
  }
  return values
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
