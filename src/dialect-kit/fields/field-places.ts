// Fields whose values come from the path or the query: the parents of endpoints, such as `/repos/{owner}/{repo}/hooks`.

import { type TSchema, Type } from 'typebox'
import type { Endpoint } from '../../domain/endpoint.ts'
import { takenSchema } from './field-schemas.ts'
import { type Field, type FieldMap, isRequired, placeOf } from './fields.ts'
import { filterText } from './filters.ts'

interface Asked {
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
}

/** The values of fields in path and query. */
export interface Places {
  /** The schemas of the parameters of paths, by field. */
  readonly params: Readonly<Record<string, TSchema>>
  /** The parameters of the query. */
  readonly query: (when: 'create' | 'later') => Readonly<Record<string, TSchema>>
  /** The fields of a request: those of its body, and those that path and query give. */
  readonly given: (body: Readonly<Record<string, unknown>>, asked: Asked) => Readonly<Record<string, unknown>>
  /** Whether the endpoint has the values of path and query. Null: every endpoint has, in every request. */
  readonly holds: ((endpoint: Endpoint, asked: Asked) => boolean) | null
}

export function placesOf(map: FieldMap): Places {
  const placed = Object.entries(map).filter(([, field]) => placeOf(field) !== 'body')
  const inPlace = (place: 'path' | 'query') => placed.filter(([, field]) => placeOf(field) === place)
  const steps = placed.map(([name, field]) => ({
    name,
    read: (asked: Asked) => asked[placeOf(field) === 'path' ? 'params' : 'query'][name],
    isOf: matcher(name, field),
  }))
  return {
    params: Object.fromEntries(inPlace('path').map(([name, field]) => [name, takenSchema(field, [])])),
    query: (when) =>
      Object.fromEntries(
        inPlace('query').map(([name, field]) => {
          const schema = takenSchema(field, [])
          return [name, when === 'create' && isRequired(field, 'create') ? schema : Type.Optional(schema)]
        }),
      ),
    given(body, asked) {
      if (steps.length === 0) return body
      return { ...body, ...Object.fromEntries(steps.map(({ name, read }) => [name, read(asked)])) }
    },
    holds:
      steps.length === 0
        ? null
        : (endpoint, asked) =>
            steps.every(({ read, isOf }) => {
              const value = read(asked)
              return value === undefined || isOf(endpoint, value)
            }),
  }
}

function matcher(name: string, field: Field): (endpoint: Endpoint, value: unknown) => boolean {
  if (field.is !== 'filter') return ({ details }, value) => details[name] === value
  return ({ filters }, value) => filters[field.attribute] === filterText(field, value)
}
