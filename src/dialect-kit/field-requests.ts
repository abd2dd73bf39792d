// How requests give the fields of an endpoint.

import { type TSchema, Type } from 'typebox'
import type { EndpointInput } from '../operations/endpoint-rules.ts'
import { takenSchema } from './field-schemas.ts'
import { domainName, type Field, type FieldMap } from './fields.ts'

type When = 'create' | 'change'
type Given = Readonly<Record<string, unknown>>

export interface Requests {
  readonly createBody: TSchema
  readonly changeBody: TSchema
  /** The fields that a change may have. */
  readonly changeNames: readonly string[]
  /** Fields whose text the rules of endpoints check, so that the check for odd text leaves them alone. */
  readonly secretNames: readonly string[]
  /** The input of an operation from a request body. Fields that the operation does not take are left out. */
  readonly input: (when: When, given: Given) => EndpointInput
  /** The input that replaces all fields: a field that is not given is as in a new endpoint. */
  readonly replacement: (given: Given, newSecret: (() => string) | null) => EndpointInput
}

export function requestsOf(map: FieldMap, catalogue: readonly string[]): Requests {
  const taken = (when: When) => Object.entries(map).filter(([, field]) => isTaken(field, when))
  const fields = { create: taken('create'), change: taken('change') }
  const secretNames = Object.entries(map).filter(
    ([, { is, on }]) => on !== undefined && (is === 'secret' || is === 'secrets'),
  )
  const input: Requests['input'] = (when, given) => {
    const found: Record<string, unknown> = {}
    for (const [name, field] of fields[when]) {
      const value = given[name]
      if (value !== undefined) take(field, value, found)
    }
    return found
  }
  return {
    createBody: bodyOf(fields.create, 'create', catalogue),
    changeBody: bodyOf(fields.change, 'change', catalogue),
    changeNames: fields.change.map(([name]) => name),
    secretNames: secretNames.map(([name]) => name),
    input,
    replacement: (given, newSecret) => ({
      ...defaultsOf(
        fields.create.map(([, { is }]) => is),
        newSecret,
      ),
      ...input('create', given),
    }),
  }
}

function isTaken({ on }: Field, when: When): boolean {
  return (on ?? '').split(' ').some((word) => word === when || word === `${when}!`)
}

function bodyOf(fields: readonly (readonly [string, Field])[], when: When, catalogue: readonly string[]): TSchema {
  const members = fields.map(([name, field]): [string, TSchema] => {
    const isRequired = field.on?.split(' ').includes(`${when}!`) === true
    const schema = takenSchema(field, catalogue)
    return [name, isRequired ? schema : Type.Optional(schema)]
  })
  return Type.Object(Object.fromEntries(members))
}

/** The values that fields have in a new endpoint. */
function defaultsOf(kinds: readonly Field['is'][], newSecret: (() => string) | null): EndpointInput {
  const hasSecret = kinds.includes('secret') || kinds.includes('secrets')
  return {
    ...(kinds.includes('description') && { description: null }),
    ...(kinds.includes('enabled') && { enabled: true }),
    ...(kinds.includes('headers') && { headers: {} }),
    ...(kinds.includes('filter') && { filters: {} }),
    ...(hasSecret && newSecret !== null && { secrets: [newSecret()] }),
  }
}

function take(field: Field, value: unknown, input: Record<string, unknown>): void {
  const name = domainName(field) as keyof EndpointInput
  switch (field.is) {
    case 'eventType':
    case 'secret':
      input[name] = [value]
      break
    case 'enabled':
      input[name] = field.words === undefined ? value !== (field.inverted === true) : value === field.words[0]
      break
    case 'filter':
      input[name] = { ...(input[name] as object), ...(value !== null && { [field.attribute]: value }) }
      break
    case 'headers':
      input[name] = value ?? {}
      break
    default:
      input[name] = value
  }
}
