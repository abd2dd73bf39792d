// The schemas of an OpenAPI document, in the forms that generators of clients read.

/** A schema with a title in each of its parts that has a name. */
export function titled(schema: unknown, names: ReadonlyMap<unknown, string>): unknown {
  if (Array.isArray(schema)) return schema.map((item) => titled(item, names))
  if (typeof schema !== 'object' || schema === null) return schema
  const entries = Object.entries(schema).map(([key, value]) => [key, titled(value, names)] as const)
  const title = names.get(schema)
  return { ...Object.fromEntries(entries), ...(title !== undefined && { title }) }
}

type Json = Readonly<Record<string, unknown>>

/**
 * The paths of a document with references in place of the schemas that have a title. `components` gets these schemas. A
 * schema stays in its place if another one has its title.
 */
export function withComponents(paths: unknown, components: Record<string, unknown>): unknown {
  if (Array.isArray(paths)) return paths.map((item) => withComponents(item, components))
  if (typeof paths !== 'object' || paths === null) return paths
  const entries = Object.entries(paths).map(([name, value]) => [name, withComponents(value, components)] as const)
  const schema = standardForm(Object.fromEntries(entries))
  const { title } = schema
  if (typeof title !== 'string' || !/^[A-Z][A-Za-z]*$/.test(title) || !isSchema(schema)) return schema
  const isNew = components[title] === undefined
  if (!isNew && JSON.stringify(components[title]) !== JSON.stringify(schema)) return schema
  components[title] = schema
  return { $ref: `#/components/schemas/${title}` }
}

/** The schema of a parameter with one value or several: that of several, because one is sent in the same form. */
export function listForm(schema: unknown): unknown {
  const { anyOf = [] } = schema as { readonly anyOf?: readonly Json[] }
  return anyOf.find(({ items }) => JSON.stringify(items) === JSON.stringify(anyOf[0])) ?? schema
}

function isSchema(value: Json): boolean {
  return ['type', 'anyOf', 'oneOf', 'allOf'].some((keyword) => keyword in value)
}

/** Enumerations with a type, and unions of closed objects as `oneOf`. */
function standardForm(value: Json): Json {
  const { enum: values, anyOf, ...rest } = value
  if (Array.isArray(values) && !('type' in value) && values.every((one) => typeof one === 'string')) {
    return { type: 'string', ...value }
  }
  if (Array.isArray(anyOf) && anyOf.length > 1 && anyOf.every(isExclusive)) return { ...rest, oneOf: anyOf }
  return value
}

/** Closed objects of a union have different members, and so have components. */
function isExclusive(schema: Json): boolean {
  return '$ref' in schema || (schema['type'] === 'object' && schema['additionalProperties'] === false)
}
