// The parts of endpoints that customers have through the API of their dialect. The portal takes and shows no others.

import type { CustomerFields } from '../../contracts/endpoint-form.ts'
import type { DialectDefinition } from '../definition.ts'
import type { OperationKind } from '../operations/operation.ts'
import { domainName, type Field, hasOwnWords, isRequired, isShown, isTaken } from './fields.ts'

const changing: readonly OperationKind[] = ['change', 'changeMember', 'patch', 'put', 'replace']

export function customerFieldsOf({ endpoint, routes }: Pick<DialectDefinition, 'endpoint' | 'routes'>): CustomerFields {
  const kinds = new Set(Object.values(routes).map(({ kind }) => kind))
  const those = (are: (field: Field) => boolean): ReadonlySet<string> =>
    new Set(Object.entries(endpoint).flatMap(([name, field]) => (are(field) ? partsOf(name, field) : [])))
  const changed = those((field) => isTaken(field, 'change') && changing.some((kind) => kinds.has(kind)))
  return {
    create: those((field) => isTaken(field, 'create')),
    required: those((field) => isRequired(field, 'create')),
    change: kinds.has('switch') ? new Set([...changed, 'enabled']) : changed,
    shown: those((field) => isShown(field, 'get') || isShown(field, 'list')),
  }
}

/** The operator API's names for a field. */
function partsOf(name: string, field: Field): readonly string[] {
  switch (field.is) {
    case 'eventFlag':
      return ['eventTypes']
    case 'filter':
      return [`filters.${field.attribute}`]
    case 'detail':
      return [`details.${name}`]
    case 'enabled':
      return hasOwnWords(field) ? ['enabled', `details.${name}`] : ['enabled']
    default:
      return [domainName(field) ?? []].flat()
  }
}
