// Where a served API departs from the vendor's document, in order of harm.

import { eventTypesIn } from './draft-fields.ts'
import { meaningOf } from './names.ts'
import { flattened, objectsIn } from './nested.ts'
import {
  merged,
  type OpenApi,
  type Operation,
  operationsOf,
  type Schema,
  schemaOf,
  type SecurityScheme,
  successOf,
  typeOf,
} from './openapi.ts'

/** A difference. The harm is 1 for the worst; null: a customer of the vendor does not notice it. */
export interface Difference {
  readonly harm: number | null
  readonly text: string
}

const harms = { missingOperation: 1, security: 2, status: 3, request: 4, answer: 5, type: 6, parameter: 7 } as const

/**
 * Compares a served API with the vendor's document, the worst differences first. Texts and the names of path parameters
 * are not compared.
 *
 * @param prefixes the paths that the dialect serves: other paths of the vendor are left out
 * @param catalogue the event types that requests may have; null: any
 */
export function differencesOf(
  served: OpenApi,
  vendor: OpenApi,
  prefixes: readonly string[],
  catalogue: readonly string[] | null,
): readonly Difference[] {
  const [ours, theirs] = [placesOf(served), placesOf(vendor)]
  const found: Difference[] = []
  for (const [place, { at, operation }] of theirs) {
    if (!isBelow(prefixes, at)) continue
    const own = ours.get(place)
    if (own === undefined) found.push({ harm: harms.missingOperation, text: `${at} is not served` })
    else {
      found.push(...operationDifferences(at, own.operation, operation))
      if (catalogue !== null) found.push(...catalogueDifferences(at, catalogue, operation))
    }
  }
  for (const [place, { at }] of ours) {
    if (!theirs.has(place)) found.push({ harm: null, text: `${at} is served, and the document does not have it` })
  }
  if (found.every(({ text }) => !text.endsWith('is not served')))
    found.push(...securityDifferences(served, vendor, prefixes))
  return found.toSorted((a, b) => (a.harm ?? Infinity) - (b.harm ?? Infinity))
}

/** Whether a document has operations that a dialect with these prefixes may serve. */
export function hasPathsBelow(prefixes: readonly string[], document: OpenApi): boolean {
  return [...operationsOf(document).keys()].some((at) => isBelow(prefixes, at))
}

function isBelow(prefixes: readonly string[], at: string): boolean {
  const path = at.slice(at.indexOf(' ') + 1)
  return prefixes.some((prefix) => path.startsWith(prefix) && ['', '/', ':'].includes(path.charAt(prefix.length)))
}

interface Place {
  readonly at: string
  readonly operation: Operation
}

/** The operations by their places without the names of parameters: `GET /hooks/{}`. */
function placesOf(document: OpenApi): ReadonlyMap<string, Place> {
  const operations = [...operationsOf(document)]
  return new Map(operations.map(([at, operation]) => [at.replaceAll(/\{\w+\}/g, '{}'), { at, operation }]))
}

function operationDifferences(place: string, own: Operation, their: Operation): readonly Difference[] {
  const found: Difference[] = []
  const [ownSuccess, theirSuccess] = [successOf(own), successOf(their)]
  if (theirSuccess !== null && ownSuccess?.status !== theirSuccess.status) {
    const text = `${place} answers ${ownSuccess?.status ?? 'nothing'}, and the document has ${theirSuccess.status}`
    found.push({ harm: harms.status, text })
  }
  const request = schemaOf(their.requestBody?.content)
  if (request !== undefined) {
    found.push(...requestDifferences(`${place}: the request`, schemaOf(own.requestBody?.content) ?? {}, request, ''))
  }
  if (theirSuccess?.schema !== undefined) {
    found.push(...answerDifferences(`${place}: the answer`, ownSuccess?.schema ?? {}, theirSuccess.schema, ''))
  }
  for (const { name, in: where } of their.parameters ?? []) {
    if (where !== 'query' || own.parameters?.some((one) => one.name === name && one.in === where)) continue
    found.push({ harm: harms.parameter, text: `${place} does not have the parameter ${name}` })
  }
  for (const status of Object.keys(their.responses ?? {})) {
    if (own.responses?.[status] !== undefined || !/^[45]\d\d$/.test(status)) continue
    found.push({ harm: null, text: `${place} never answers ${status}` })
  }
  return found
}

/** Event types that requests may have in the document, and that the dialect refuses. */
function catalogueDifferences(place: string, catalogue: readonly string[], their: Operation): readonly Difference[] {
  const request = schemaOf(their.requestBody?.content) ?? {}
  const types = eventTypesIn([flattened(request, objectsIn([request]))])
  const missing = types.filter((type) => !type.includes('*') && !catalogue.includes(type))
  if (missing.length === 0) return []
  const text = `${place}: the catalogue does not have ${missing.join(', ')}, which a request of the document may have`
  return [{ harm: harms.request, text }]
}

/** Differences that refuse, or do not understand, a request that the vendor accepts. */
function requestDifferences(title: string, own: Schema, their: Schema, path: string): readonly Difference[] {
  const found: Difference[] = []
  const add = (harm: number | null, text: string): void => void found.push({ harm, text: `${title} ${text}` })
  if (own.items !== undefined && their.items !== undefined) {
    const [item, theirItem] = [merged(own.items), merged(their.items)]
    found.push(...typeDifferences(title, item, theirItem, `${path}[]`, 'request'))
    found.push(...requestDifferences(title, item, theirItem, `${path}[]`))
  }
  for (const [name, schema] of Object.entries(their.properties ?? {})) {
    const place = path === '' ? name : `${path}.${name}`
    const whole = merged(schema)
    // The types of events are compared with the catalogue.
    const theirMember = meaningOf(name) === 'eventTypes' ? { ...whole, enum: undefined, items: undefined } : whole
    const member = own.properties?.[name]
    if (theirMember.readOnly === true) continue
    const isRequired = their.required?.includes(name) === true
    if (member === undefined) {
      add(harms.request, `does not take ${place}${isRequired ? ', which the document requires' : ''}`)
      continue
    }
    if (isRequired && own.required?.includes(name) !== true)
      add(null, `may leave out ${place}, which the document requires`)
    found.push(...typeDifferences(title, merged(member), theirMember, place, 'request'))
    found.push(...requestDifferences(title, merged(member), theirMember, place))
  }
  for (const name of own.required ?? []) {
    if (their.required?.includes(name) === true) continue
    add(harms.request, `must have ${path === '' ? name : `${path}.${name}`}, which the document does not require`)
  }
  return found
}

/** Differences that a reader of the vendor's answers notices. */
function answerDifferences(title: string, own: Schema, their: Schema, path: string): readonly Difference[] {
  // A value that a function of the dialect computes has no schema.
  if (Object.keys(own).length === 0) return []
  const found = [...typeDifferences(title, own, their, path, 'answer')]
  if (their.items !== undefined) {
    found.push(...answerDifferences(title, merged(own.items ?? {}), merged(their.items), `${path}[]`))
  }
  for (const [name, schema] of Object.entries(their.properties ?? {})) {
    const place = path === '' ? name : `${path}.${name}`
    const theirMember = merged(schema)
    const member = own.properties?.[name]
    if (member !== undefined) found.push(...answerDifferences(title, merged(member), theirMember, place))
    else if ('writeOnly' in theirMember && theirMember['writeOnly'] === true) continue
    else found.push({ harm: harms.answer, text: `${title} does not have ${place}` })
  }
  for (const name of Object.keys(own.properties ?? {})) {
    if (their.properties === undefined || name in their.properties) continue
    found.push({
      harm: null,
      text: `${title} has ${path === '' ? name : `${path}.${name}`}, which the document does not have`,
    })
  }
  return found
}

function typeDifferences(
  title: string,
  own: Schema,
  their: Schema,
  path: string,
  use: 'request' | 'answer',
): readonly Difference[] {
  const found: Difference[] = []
  const add = (text: string): void =>
    void found.push({ harm: harms.type, text: `${title}: ${path || 'the body'} ${text}` })
  const [type, theirType] = [typeOf(own), typeOf(their)]
  if (type !== undefined && theirType !== undefined && type !== theirType) {
    add(`is ${type}, and the document has ${theirType}`)
  }
  if (use === 'request' && their.nullable === true && own.nullable !== true && type !== undefined) {
    add('may not be null, and may be in the document')
  }
  if (use === 'answer' && own.nullable === true && their.nullable !== true)
    add('may be null, and never is in the document')
  if (use === 'request') found.push(...boundDifferences(`${title}: ${path || 'the body'}`, own, their))
  const [wider, narrower] = use === 'request' ? [their, own] : [own, their]
  const extra = (wider.enum ?? []).filter((one) => narrower.enum !== undefined && !narrower.enum.includes(one))
  if (extra.length > 0) {
    const values = extra.map((one) => JSON.stringify(one)).join(', ')
    add(
      use === 'request'
        ? `may not be ${values}, and may be in the document`
        : `may be ${values}, and never is in the document`,
    )
  }
  return found
}

const lowest = ['minimum', 'minLength', 'minItems'] as const
const highest = ['maximum', 'maxLength', 'maxItems'] as const

/** The bounds of the values of a request. A bound that the document does not have may be missing there. */
function boundDifferences(title: string, own: Schema, their: Schema): readonly Difference[] {
  return [...lowest, ...highest].flatMap((name): readonly Difference[] => {
    const [bound, theirBound] = [own[name], their[name]]
    if (bound === theirBound) return []
    const isLowest = (lowest as readonly string[]).includes(name)
    const refusesMore =
      bound !== undefined && theirBound !== undefined && Number(bound) > Number(theirBound) === isLowest
    const text = `${title} has ${boundText(name, bound)}, and the document ${boundText(name, theirBound)}`
    return [{ harm: refusesMore ? harms.type : null, text }]
  })
}

function boundText(name: string, bound: unknown): string {
  return bound === undefined ? `no ${name}` : `the ${name} ${JSON.stringify(bound)}`
}

/** The ways in which a request carries its key. */
function securityDifferences(served: OpenApi, vendor: OpenApi, prefixes: readonly string[]): readonly Difference[] {
  const own = new Set(Object.values(served.components?.securitySchemes ?? {}).map(keyPlace))
  const used = [...operationsOf(vendor)]
    .filter(([at]) => isBelow(prefixes, at))
    .flatMap(([, { security = vendor.security ?? [] }]) => security.flatMap((one) => Object.keys(one)))
  return [...new Set(used)].flatMap((name): Difference[] => {
    const scheme = vendor.components?.securitySchemes?.[name]
    if (scheme === undefined || own.has(keyPlace(scheme))) return []
    return [{ harm: harms.security, text: `no request may carry its key in ${keyPlace(scheme)}, as in the document` }]
  })
}

function keyPlace({ type, scheme, in: where, name }: SecurityScheme): string {
  if (type !== 'apiKey') return scheme?.toLowerCase() === 'basic' ? 'basic authentication' : 'a bearer token'
  return `the ${where} ${name?.toLowerCase()}`
}
