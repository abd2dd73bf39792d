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

/**
 * An example of a schema, for a function that puts such a value into an answer. Every part is an object of its own, also
 * texts and numbers, so that `schemaOf` finds it in every place of the answer.
 *
 * @param known gets the schema of each part
 */
export function exampleOf(schema: TSchema, known: Map<unknown, TSchema>): unknown {
  const example = partOf(schema, known)
  known.set(example, schema)
  return example
}

function partOf(schema: TSchema, known: Map<unknown, TSchema>): unknown {
  if (Type.IsUnion(schema)) return partOf(schema.anyOf[0] ?? {}, known)
  if (Type.IsArray(schema)) return [exampleOf(schema.items, known)]
  if (Type.IsObject(schema)) {
    return Object.fromEntries(Object.entries(schema.properties).map(([name, one]) => [name, exampleOf(one, known)]))
  }
  const { type } = schema as { readonly type?: unknown }
  if (type === 'string') return Object('')
  if (type === 'integer' || type === 'number') return Object(0)
  return type === 'boolean' ? Object(false) : {}
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
      // An object that is empty in an example has names of its own, such as ids.
      return Type.Object(Object.fromEntries(members), members.length === 0 ? { additionalProperties: true } : {})
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
