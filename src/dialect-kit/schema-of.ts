// Schemas of answers that functions write. The function is called with examples, and the schema follows from the values
// that it returns, so that an author does not write the shape twice.

import { type TSchema, Type } from 'typebox'

/**
 * The schema of values like the examples. A member that is null in one example and has a value in another may be null.
 *
 * @param known the schemas of parts of the examples, by identity
 */
export function schemaOf(examples: readonly unknown[], known: ReadonlyMap<unknown, TSchema> = new Map()): TSchema {
  const values = examples.filter((example) => example !== null)
  const [value] = values
  if (value === undefined) return examples.includes(null) ? Type.Null() : Type.Unknown()
  const schema = known.get(value) ?? schemaOfValues(values, known)
  return values.length < examples.length ? Type.Union([schema, Type.Null()]) : schema
}

function schemaOfValues(values: readonly unknown[], known: ReadonlyMap<unknown, TSchema>): TSchema {
  const [value] = values
  if (Array.isArray(value)) return Type.Array(schemaOf(values.flat(), known))
  switch (typeof value) {
    case 'object': {
      const objects = values as readonly Readonly<Record<string, unknown>>[]
      const members = Object.keys(value as object).map((name): [string, TSchema] => [
        name,
        schemaOf(
          objects.map((one) => one[name]),
          known,
        ),
      ])
      return Type.Object(Object.fromEntries(members))
    }
    case 'number':
      return Number.isInteger(value) ? Type.Integer() : Type.Number()
    case 'boolean':
      return Type.Boolean()
    case 'string':
      return Type.String()
    default:
      return Type.Unknown()
  }
}
