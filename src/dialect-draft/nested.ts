// Fields inside objects, which the kit names with dots: `config.url` is the member `url` of the object `config`.

import { meaningOf, partOf } from './names.ts'
import { isUrl, merged, type Schema } from './openapi.ts'

/** The paths of the objects that hold the URL, the event types or the secret. Their members are fields of their own. */
export function objectsIn(schemas: readonly Schema[]): ReadonlySet<string> {
  const found = new Set<string>()
  for (const schema of schemas) collect(schema, '', found)
  return found
}

/** Whether an object inside this one, or the object itself if it is inside another, holds such a part. */
function collect({ properties = {} }: Schema, prefix: string, found: Set<string>): boolean {
  let hasPart = false
  for (const [name, inner] of Object.entries(properties)) {
    const member = merged(inner)
    const path = `${prefix}${name}`
    if (meaningOf(name) !== 'headers' && collect(member, `${path}.`, found)) {
      found.add(path)
      hasPart = true
    }
    if (['url', 'eventTypes', 'secret', 'secrets'].includes(partOf(name, member) ?? '') || isUrl(member)) hasPart = true
  }
  return hasPart
}

/** The schema in which the members of these objects are properties with dotted names. */
export function flattened(schema: Schema, objects: ReadonlySet<string>, prefix = ''): Schema {
  if (schema.properties === undefined) return schema
  const properties: Record<string, Schema> = {}
  const required: string[] = []
  for (const [name, inner] of Object.entries(schema.properties)) {
    const path = `${prefix}${name}`
    const isRequired = schema.required?.includes(name) === true
    if (objects.has(path)) {
      const inside = flattened(merged(inner), objects, `${path}.`)
      Object.assign(properties, inside.properties)
      if (isRequired) required.push(...(inside.required ?? []))
    } else {
      properties[path] = inner
      if (isRequired) required.push(path)
    }
  }
  return { ...schema, properties, required }
}

/** Whether an object has a field that is the URL, at any depth. */
export function holdsUrl({ properties = {} }: Schema): boolean {
  return Object.entries(properties).some(([name, inner]) => {
    const member = merged(inner)
    return partOf(name, member) === 'url' || holdsUrl(member)
  })
}
