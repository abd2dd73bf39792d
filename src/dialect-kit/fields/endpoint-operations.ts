// The requests that change endpoints, as plain data.

import type { EndpointForm, EndpointFormField, EndpointOperations } from '../../contracts/endpoint-form.ts'
import type { DialectDefinition } from '../definition.ts'
import type { Operation } from '../operations/operation.ts'
import { parametersOf, splitRoute } from '../operations/routes.ts'
import { credentials, formField } from './endpoint-form.ts'
import { type Field, isRequired, isTaken, placeOf } from './fields.ts'

type Route = readonly [at: string, operation: Operation]

export function endpointOperationsOf(definition: DialectDefinition): EndpointOperations {
  const find = (is: (operation: Operation) => boolean): Route | undefined =>
    Object.entries(definition.routes).find(([, operation]) => is(operation))
  const change = changeForm(definition, find(({ kind }) => kind === 'change') ?? find(({ kind }) => kind === 'replace'))
  const turn = (turnsTo: boolean): EndpointForm | null =>
    formOf(
      definition,
      find((operation) => operation.turnsTo === turnsTo),
    ) ?? switchBy(change)
  return {
    change,
    enable: turn(true),
    disable: turn(false),
    rotate: formOf(
      definition,
      find(({ kind }) => kind === 'rotate'),
    ),
    delete: formOf(
      definition,
      find(({ kind }) => kind === 'remove'),
    ),
  }
}

function changeForm(definition: DialectDefinition, route: Route | undefined): EndpointForm | null {
  if (definition.requests?.includes('json') === false) return null
  const isWhole = route?.[1].kind === 'replace'
  const when = isWhole ? 'create' : 'change'
  const catalogue = Object.keys(definition.events)
  const fields = Object.entries(definition.endpoint)
    .filter(([, field]) => placeOf(field) === 'body' && isTaken(field, when) && isTaken(field, 'change'))
    .map(([name, field]) => formField(name, field, isRequired(field, when), catalogue))
  return formOf(definition, route, fields, isWhole)
}

/** A change of the switch alone; null: changes do not take it. */
function switchBy(change: EndpointForm | null): EndpointForm | null {
  if (change === null || !change.fields.some(({ is }) => is === 'enabled')) return null
  const isNeeded = ({ is, in: place }: EndpointFormField): boolean => is === 'enabled' || place !== 'body'
  return change.isWhole ? change : { ...change, fields: change.fields.filter(isNeeded) }
}

/** @param fields the fields of the body */
function formOf(
  definition: DialectDefinition,
  route: Route | undefined,
  fields: readonly EndpointFormField[] = [],
  isWhole = false,
): EndpointForm | null {
  if (route === undefined) return null
  const [at, { id }] = route
  if (id?.in === 'body') return null
  const { method, template } = splitRoute(at)
  const parents = Object.entries(definition.endpoint).filter(
    ([name, field]) => placeOf(field) === 'path' && field.key !== true && template.includes(`{${name}}`),
  )
  const idName = id?.name ?? parametersOf(template).find((name) => !parents.some(([parent]) => parent === name)) ?? ''
  const { headers, query } = credentials(definition)
  const inPath = placed(parents, 'path')
  const shared = { method, headers, member: definition.api.bodyMember ?? null, isList: false, isWhole }
  const key = Object.values(definition.endpoint).find((field) => field.key === true)
  if (key !== undefined) {
    const own = placed([[idName, key]], id?.in === 'query' ? 'query' : 'path')
    return { ...shared, path: template, query, fields: [...inPath, ...own, ...fields] }
  }
  const path = template.replace(`{${idName}}`, '{endpoint}')
  const more = id?.in === 'query' ? { [idName]: '{endpoint}' } : {}
  return { ...shared, path, query: { ...query, ...more }, fields: [...inPath, ...fields] }
}

function placed(fields: readonly (readonly [string, Field])[], place: 'path' | 'query'): readonly EndpointFormField[] {
  return fields.map(([name, field]) => ({ ...formField(name, field, true, []), in: place }))
}
