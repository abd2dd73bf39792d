// Details: fields of endpoints that only the product knows.

import { Compile } from 'typebox/schema'
import type { DetailRule, EndpointRules } from '../../contracts/dialect.ts'
import { fieldErrors } from '../../http/validation.ts'
import { DefinitionError } from '../definition-error.ts'
import { takenSchema } from './field-schemas.ts'
import { defaultOf, type Field, type FieldMap, hasOwnWords, isRequired, isTaken } from './fields.ts'

/** The rules of the details, by name. A detail has the name that the product gives it. @throws DefinitionError */
export function detailRules(map: FieldMap): Pick<EndpointRules, 'details'> {
  const details = Object.entries(map).flatMap(([name, field]): [string, DetailRule][] =>
    field.is === 'detail' || hasOwnWords(field) ? [[name, detailRule(name, field)]] : [],
  )
  return details.length === 0 ? {} : { details: Object.fromEntries(details) }
}

function detailRule(name: string, field: Extract<Field, { readonly is: 'detail' | 'enabled' }>): DetailRule {
  const validator = Compile(takenSchema(field, []))
  const value = field.is === 'detail' ? defaultOf(field) : undefined
  if (value !== undefined && !validator.Check(value)) {
    throw new DefinitionError(`endpoint.${name}.default`, 'must be a value that the schema accepts')
  }
  return {
    faults: (given) => (validator.Check(given) ? [] : fieldErrors(validator, given)),
    required: isRequired(field, 'create'),
    constant: !isTaken(field, 'change'),
    ...(value !== undefined && { default: value }),
  }
}
