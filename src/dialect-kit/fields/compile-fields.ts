// Compiles a field map.

import { DefinitionError } from '../definition-error.ts'
import { type Key, keyOf } from './field-keys.ts'
import { type Places, placesOf } from './field-places.ts'
import { type Requests, requestsOf } from './field-requests.ts'
import { type Views, viewsOf } from './field-views.ts'
import { domainName, type Field, type FieldMap, isTaken, placeOf } from './fields.ts'

export interface CompiledFields extends Requests, Views {
  readonly places: Places
  /** Null: ids name endpoints. */
  readonly key: Key | null
  /** The vendor's name of a field, by the domain's name; both are dotted paths. */
  readonly vendorName: (path: string) => string
}

/**
 * Compiles a field map.
 *
 * @param catalogue the event types, for the fields that take only those
 * @param member the member of request bodies that has the fields; undefined: they are the body
 * @throws DefinitionError
 */
export function compileFields(map: FieldMap, catalogue: readonly string[] = [], member?: string): CompiledFields {
  for (const [name, field] of Object.entries(map)) {
    if (field.on !== undefined && domainName(field) === null) {
      throw new DefinitionError(`endpoint.${name}`, `a field of the kind ${field.is} cannot be taken: remove "on"`)
    }
  }
  for (const [name, field] of Object.entries(map)) {
    if (field.is === 'eventFlag' && !catalogue.includes(field.type)) {
      throw new DefinitionError(`endpoint.${name}.type`, `${field.type} is not in the catalogue of events`)
    }
    if (placeOf(field) === 'body') continue
    const isOnlyNew = isTaken(field, 'create') && !isTaken(field, 'change')
    if (!isOnlyNew)
      throw new DefinitionError(`endpoint.${name}.on`, `a value of the ${placeOf(field)} is taken on create`)
  }
  const showsId = (field: Field): boolean => field.is === 'id' || (field.is === 'link' && field.path.includes('{id}'))
  const key = keyOf(map)
  if (key === null && !Object.values(map).some(showsId)) {
    throw new DefinitionError('endpoint', 'needs a field that is the id, or the key')
  }
  return {
    ...requestsOf(map, catalogue, member),
    ...viewsOf(map),
    places: placesOf(map),
    key,
    vendorName: vendorNamesOf(map, member),
  }
}

/** Faults name fields as the map does, without the member that has them. */
function vendorNamesOf(map: FieldMap, member?: string): (path: string) => string {
  const names = new Map<string, string>()
  const filterNames = new Map<string, string>()
  for (const [name, field] of Object.entries(map)) {
    if (field.on === undefined) continue
    if (field.is === 'detail') continue
    if (field.is === 'filter') filterNames.set(field.attribute, name)
    else names.set(domainName(field) ?? name, name)
  }
  return (path) => {
    if (member !== undefined && path.startsWith(`${member}.`)) return path.slice(member.length + 1)
    // The fault of one of several new endpoints: the name of the list and the index come first.
    const [, prefix = '', inner = ''] = /^(items\.\d+\.)?(.*)$/s.exec(path) ?? []
    const [head = '', ...rest] = inner.split('.')
    if (head === 'details') return prefix + rest.join('.')
    const name = head === 'filters' ? filterNames.get(rest.join('.')) : names.get(head)
    if (name === undefined) return path
    // The vendor has one value where the domain has a list or a map.
    const isSingle = ['eventType', 'secret', 'filter'].includes(map[name]?.is ?? '')
    return prefix + (isSingle ? name : [name, ...rest].join('.'))
  }
}
