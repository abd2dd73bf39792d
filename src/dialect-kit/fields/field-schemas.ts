// The JSON Schema of each field: as customers write it, and as answers show it.

import { type TSchema, Type } from 'typebox'
import { limits } from '../../domain/limits.ts'
import type { Field, Keywords } from './fields.ts'
import { schemaOf as schemaOfExamples } from '../operations/schema-of.ts'

/** The schema of a value that customers write. */
export function takenSchema(field: Field, catalogue: readonly string[]): TSchema {
  const schema = schemaOf(field, { isTaken: true, catalogue })
  return field.nullable === true ? Type.Union([schema, Type.Null()]) : schema
}

export function shownSchema(field: Field): TSchema {
  const schema = schemaOf(field, { isTaken: false, catalogue: [] })
  const isPlainFilter = field.is === 'filter' && field.list !== true
  const mayBeNull = field.nullable === true || isPlainFilter || ['newestDelivery', 'lastAttemptAt'].includes(field.is)
  return mayBeNull ? Type.Union([schema, Type.Null()]) : schema
}

interface Use {
  /** Whether customers write the value: it has rules then. */
  readonly isTaken: boolean
  readonly catalogue: readonly string[]
}

function schemaOf(field: Field, { isTaken, catalogue }: Use): TSchema {
  const { schema = {} } = field
  const text = isTaken ? schema : descriptionOf(schema)
  switch (field.is) {
    case 'id':
    case 'tenant':
      return field.as === 'number' ? Type.Integer(schema) : Type.String(schema)
    case 'url':
      return Type.String(isTaken ? schema : { format: 'uri', ...descriptionOf(schema) })
    case 'description':
      return Type.String({ ...(isTaken && { maxLength: limits.descriptionCharsMax }), ...text })
    case 'eventType':
      return Type.String({ ...(isTaken && field.known && { enum: [...catalogue] }), ...text })
    case 'secret':
      return Type.String(text)
    case 'filter': {
      const one = field.as === 'number' ? Type.Integer(text) : Type.String(text)
      if (field.list !== true) return one
      return Type.Array(one, isTaken ? { maxItems: limits.filterValuesMax } : {})
    }
    case 'detail':
      return Type.Unsafe({ type: 'string', ...schema })
    case 'eventTypes':
    case 'secrets': {
      const known = isTaken && field.is === 'eventTypes' && field.known === true ? { enum: [...catalogue] } : {}
      const item = Type.String({ ...known, ...(isTaken && field.items) })
      const list = Type.Array(item, { ...(isTaken && listBound(field.is)), ...text })
      return field.is === 'eventTypes' && field.all === 'null' ? Type.Union([list, Type.Null()]) : list
    }
    case 'eventFlag':
      return Type.Boolean(schema)
    case 'enabled':
      return field.words === undefined ? Type.Boolean(schema) : Type.String({ enum: [...field.words], ...schema })
    case 'headers':
      return Type.Unsafe({ type: 'object', additionalProperties: { type: 'string' }, ...schema })
    case 'attempts':
      return Type.Integer(schema)
    case 'createdAt':
    case 'updatedAt':
    case 'lastAttemptAt':
      return field.form.startsWith('unix') ? Type.Integer(schema) : Type.String({ format: 'date-time', ...schema })
    case 'newestDelivery':
      return Type.String({ enum: [...field.words], ...schema })
    case 'link':
      return Type.Unsafe({
        ...(field.as ? schemaOfExamples([field.as('')]) : { type: 'string', format: 'uri' }),
        ...schema,
      })
    case 'computed':
    case 'status':
      return Type.Unsafe(schema)
  }
}

/** A list that is too long is refused before its members are read. */
function listBound(kind: 'eventTypes' | 'secrets'): Keywords {
  return { maxItems: kind === 'eventTypes' ? limits.eventTypesPerEndpointMax : limits.secretsPerEndpointMax }
}

function descriptionOf(schema: Keywords): Keywords {
  return 'description' in schema ? { description: schema['description'] } : {}
}
