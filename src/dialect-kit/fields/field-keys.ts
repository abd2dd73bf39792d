// The field whose value names an endpoint in requests, for products whose customers choose the names: an event type, or an
// id of their own.

import type { EndpointRules } from '../../contracts/dialect.ts'
import type { Endpoint } from '../../domain/endpoint.ts'
import { DefinitionError } from '../definition-error.ts'
import { type Field, type FieldMap, isTaken, placeOf } from './fields.ts'

type Named = Pick<Endpoint, 'url' | 'eventTypes' | 'filters' | 'details'>

export interface Key {
  readonly name: string
  readonly field: Field
  /** The text that names the endpoint. */
  readonly textOf: (endpoint: Named) => string
}

/** The key of a field map; null: ids name endpoints. @throws DefinitionError */
export function keyOf(map: FieldMap): Key | null {
  const [found, other] = Object.entries(map).filter(([, { key }]) => key === true)
  if (found === undefined) return null
  const [name, field] = found
  const place = `endpoint.${name}.key`
  if (other !== undefined) throw new DefinitionError(place, `only one field can be the key: ${other[0]} is another`)
  if (!isTaken(field, 'create') || isTaken(field, 'change') || placeOf(field) !== 'body') {
    throw new DefinitionError(place, 'the key is taken on create, and never changes')
  }
  return { name, field, textOf: textReader(name, field, place) }
}

function textReader(name: string, field: Field, place: string): Key['textOf'] {
  switch (field.is) {
    case 'detail':
      return ({ details }) => String(details[name])
    case 'eventType':
      return ({ eventTypes }) => eventTypes[0] ?? ''
    case 'url':
      return ({ url }) => url
    default:
      throw new DefinitionError(place, `a field of the kind ${field.is} cannot be the key`)
  }
}

/** No two endpoints with the same parents have the same key. */
export function keyRules(map: FieldMap): Pick<EndpointRules, 'uniqueKey'> {
  const key = keyOf(map)
  if (key === null) return {}
  const parents = Object.entries(map).filter(([, field]) => placeOf(field) !== 'body')
  const parentIn = ([name, field]: readonly [string, Field], { details, filters }: Named): unknown =>
    field.is === 'filter' ? filters[field.attribute] : details[name]
  return {
    uniqueKey: (endpoint) =>
      JSON.stringify([...parents.map((parent) => parentIn(parent, endpoint) ?? null), key.textOf(endpoint)]),
  }
}
