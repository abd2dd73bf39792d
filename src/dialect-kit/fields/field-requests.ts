// How requests give the fields of an endpoint.

import { type TSchema, Type } from 'typebox'
import type { EndpointInput } from '../../operations/endpoint-rules.ts'
import { takenTypes } from './event-fields.ts'
import { takenSchema } from './field-schemas.ts'
import {
  defaultOf,
  domainName,
  type Field,
  type FieldMap,
  hasOwnWords,
  isRequired,
  isTaken,
  placeOf,
} from './fields.ts'
import { filterValue } from './filters.ts'
import { memberReader, memberWriter, objectOf } from './nested.ts'

type When = 'create' | 'change'
type Given = Readonly<Record<string, unknown>>

/** A field that a request may have. */
interface Taken {
  readonly name: string
  /** Its place in the body, dotted. */
  readonly place: string
  readonly field: Field
  readonly read: (body: Given) => unknown
  readonly readShown: (view: Given) => unknown
}

export interface Requests {
  readonly createBody: TSchema
  /** The body of a new endpoint without its key. */
  readonly keylessBody: TSchema
  readonly changeBody: TSchema
  /** The fields that a change may have. */
  readonly changeNames: readonly string[]
  /** Fields whose text the rules of endpoints check, so that the check for odd text leaves them alone. */
  readonly secretNames: readonly string[]
  /** The body of a change that changes nothing, from a view. Fields that the view does not show are null. */
  readonly unchanged: (view: Given) => Record<string, unknown>
  /** The fields of a request with a key from elsewhere. */
  readonly withKey: (given: Given, key: unknown) => Given
  /** The input of an operation from the fields of a request. Fields that the operation does not take are left out. */
  readonly input: (when: When, given: Given) => EndpointInput
  /**
   * The input that replaces all fields: a field that is not given is as in a new endpoint. Fields that a change may not
   * have keep their values.
   */
  readonly replacement: (given: Given, newSecret: (() => string) | null) => EndpointInput
}

/** @param member the member of a body that has the fields; undefined: they are the body */
export function requestsOf(map: FieldMap, catalogue: readonly string[], member?: string): Requests {
  const inMember = (name: string): string => (member === undefined ? name : `${member}.${name}`)
  const takenIn = (when: When): readonly Taken[] =>
    Object.entries(map)
      .filter(([, field]) => isTaken(field, when))
      .map(([name, field]) => {
        const place = placeOf(field) === 'body' ? inMember(name) : name
        return { name, place, field, read: memberReader(place), readShown: memberReader(name) }
      })
  const taken = { create: takenIn('create'), change: takenIn('change') }
  const replaced = taken.create.filter(({ field }) => isTaken(field, 'change'))
  const secretNames = Object.entries(map).filter(
    ([, { is, on }]) => on !== undefined && (is === 'secret' || is === 'secrets'),
  )
  return {
    createBody: bodyOf(taken.create, 'create', catalogue),
    keylessBody: bodyOf(
      taken.create.filter(({ field }) => field.key !== true),
      'create',
      catalogue,
    ),
    changeBody: bodyOf(taken.change, 'change', catalogue),
    changeNames: taken.change.map(({ place }) => place),
    secretNames: secretNames.map(([name]) => inMember(name)),
    unchanged(view) {
      const body: Record<string, unknown> = {}
      for (const { place, readShown } of taken.change) {
        memberWriter(place)(body, structuredClone(readShown(view)) ?? null)
      }
      return body
    },
    withKey(given, key) {
      const all = structuredClone(given)
      const place = taken.create.find(({ field }) => field.key === true)?.place
      if (place !== undefined) memberWriter(place)(all, key)
      return all
    },
    input(when, given) {
      const input: Record<string, unknown> = {}
      for (const { name, field, read } of taken[when]) {
        const asked = read(given)
        const value = asked === undefined && when === 'create' ? newValue(field) : asked
        if (value !== undefined) take(name, field, value, input)
        else if (when === 'create' && field.is === 'secret' && field.generated === false) input['secrets'] = []
      }
      return input
    },
    replacement(given, newSecret) {
      const input: Record<string, unknown> = {}
      for (const { name, field, read } of replaced) {
        const value = read(given)
        if (value === undefined) takeNone(name, field, newSecret, input)
        else take(name, field, value, input)
      }
      return input
    },
  }
}

function bodyOf(taken: readonly Taken[], when: When, catalogue: readonly string[]): TSchema {
  const members = taken
    .filter(({ field }) => placeOf(field) === 'body')
    .map(({ place, field }): [string, TSchema] => {
      const schema = takenSchema(field, catalogue)
      return [place, isRequired(field, when) ? schema : Type.Optional(schema)]
    })
  return objectOf(members)
}

function take(name: string, field: Field, value: unknown, input: Record<string, unknown>): void {
  const part = domainName(field) as keyof EndpointInput
  switch (field.is) {
    case 'eventType':
    case 'secret':
      input[part] = [value]
      break
    case 'enabled':
      input[part] = field.words === undefined ? value !== (field.inverted === true) : value === field.words[0]
      if (hasOwnWords(field)) input['details'] = { ...(input['details'] as object), [name]: value }
      break
    case 'eventTypes':
      input[part] = takenTypes(field, value)
      break
    case 'eventFlag':
      input[part] = { ...(input[part] as object), [field.type]: value }
      break
    case 'filter':
      input[part] = { ...(input[part] as object), [field.attribute]: filterValue(field, value) }
      break
    case 'detail':
      input[part] = { ...(input[part] as object), [name]: value }
      break
    case 'headers':
      input[part] = value ?? {}
      break
    default:
      input[part] = value
  }
}

/** The value that a new endpoint has, where the request gives none and the operation knows none. */
function newValue(field: Field): unknown {
  if (field.is === 'eventFlag') return field.default ?? false
  if (field.is !== 'eventTypes') return undefined
  return field.default ?? (field.all === undefined ? undefined : null)
}

/** Takes the value that the field has in a new endpoint. */
function takeNone(name: string, field: Field, newSecret: (() => string) | null, input: Record<string, unknown>): void {
  switch (field.is) {
    case 'description':
    case 'filter':
    case 'headers':
      return take(name, field, null, input)
    case 'detail':
      return take(name, field, defaultOf(field), input)
    case 'eventTypes':
    case 'eventFlag': {
      const value = newValue(field)
      return value === undefined ? undefined : take(name, field, value, input)
    }
    case 'enabled':
      return take(name, field, field.words?.[0] ?? field.inverted !== true, input)
    case 'secret':
    case 'secrets': {
      const hasNone = field.is === 'secret' && field.generated === false
      if (newSecret !== null) input['secrets'] = hasNone ? [] : [newSecret()]
      return
    }
    default:
  }
}
