// Fields inside objects: the field `config.url` of a map is the member `url` of the object `config`.

import { type TSchema, Type } from 'typebox'
import { DefinitionError } from '../definition-error.ts'

type Members = Readonly<Record<string, unknown>>

/** Compiles the read of a field from an object of a request. Undefined: the object has no such member. */
export function memberReader(name: string): (object: Members) => unknown {
  const path = name.split('.')
  if (path.length === 1) return (object) => object[name]
  return (object) => path.reduce<unknown>((value, key) => (value as Members | undefined)?.[key], object)
}

/** The schema of a member of an object. @throws DefinitionError if there is none */
export function memberSchema(object: TSchema, name: string): TSchema {
  const found = Type.IsObject(object) ? object.properties[name] : undefined
  if (found === undefined) throw new DefinitionError('routes', `no field of a change is inside ${name}`)
  return found
}

/** Compiles the step that writes a field into an object of an answer. */
export function memberWriter(name: string): (object: Record<string, unknown>, value: unknown) => void {
  const path = name.split('.')
  const last = path.pop() ?? ''
  return (object, value) => {
    let inner = object
    for (const key of path) inner = (inner[key] ??= {}) as Record<string, unknown>
    inner[last] = value
  }
}

/** The schema of an object with these fields. An object inside it is optional if all its fields are. */
export function objectOf(members: readonly (readonly [name: string, schema: TSchema])[]): TSchema {
  const properties: Record<string, TSchema> = {}
  const inner = new Map<string, (readonly [string, TSchema])[]>()
  for (const [name, schema] of members) {
    const [head = '', ...rest] = name.split('.')
    if (rest.length === 0) properties[head] = schema
    else {
      inner.set(head, [...(inner.get(head) ?? []), [rest.join('.'), schema]])
      const object = objectOf(inner.get(head) ?? [])
      const isOptional = inner.get(head)?.every(([, one]) => Type.IsOptional(one)) === true
      properties[head] = isOptional ? Type.Optional(object) : object
    }
  }
  return Type.Object(properties)
}
