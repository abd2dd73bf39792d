// The shape of a definition, for files that no compiler of types has read: members that are missing, misspelt or of another
// kind are refused when the dialect is loaded.

import type { DeliveryDefinition, DialectDefinition } from './definition.ts'
import { DefinitionError } from './definition-error.ts'
import type { Field, View } from './fields/fields.ts'

/** The kind of a member: `object!` is an object that must be there. */
type Kind = `${'string' | 'boolean' | 'number' | 'object' | 'function' | 'any'}${'' | '!'}`
type Shape<Of> = { readonly [Name in keyof Required<Of>]: Kind }

const deliveryDefinition: Shape<DeliveryDefinition> = {
  name: 'string!',
  title: 'string!',
  ids: 'object!',
  keys: 'object!',
  quotas: 'object',
  events: 'object!',
  openCatalogue: 'boolean',
  testEvent: 'function!',
  rules: 'object',
  tenantSettings: 'object',
  variants: 'object',
  deliveries: 'object!',
}
const dialectDefinition: Shape<DialectDefinition> = {
  ...deliveryDefinition,
  api: 'object!',
  requests: 'object',
  authentication: 'object!',
  tokens: 'object',
  tenantOf: 'object',
  quotaHeaders: 'string',
  idempotencyKeys: 'boolean',
  endpoint: 'object!',
  routes: 'object!',
  errors: 'object!',
  examples: 'object',
}
const ids: Shape<DeliveryDefinition['ids']> = {
  tenant: 'string!',
  tenantPattern: 'object',
  endpoint: 'string!',
  event: 'string!',
}
const keys: Shape<DeliveryDefinition['keys']> = {
  form: 'string!',
  tenantsMax: 'number',
  scopes: 'object',
  defaultScopes: 'object',
  scopesAreAll: 'boolean',
  roles: 'object',
  rolesWithAccess: 'object',
  needs: 'object',
}
const deliveries: Shape<DeliveryDefinition['deliveries']> = {
  method: 'any',
  body: 'object!',
  headers: 'object!',
  secrets: 'object!',
  timeout: 'any!',
  waits: 'any!',
  wants: 'function',
  retriesTests: 'boolean',
  waitsFor: 'object',
  outcomes: 'object',
  onFailure: 'function',
  deletesGone: 'boolean',
  health: 'object',
}
const api: Shape<DialectDefinition['api']> = {
  title: 'string!',
  version: 'string!',
  description: 'string',
  prefixes: 'object!',
  mediaType: 'string',
  bodyMember: 'string',
}

/** Wishes of vendors that no dialect can express, by the place where a definition would have them. */
const inexpressible: Readonly<Record<string, string>> = {
  'ids.delivery': 'the id of a delivery is a UUID',
  'deliveries.redirects': 'redirects are never followed',
  'is: urls': 'an endpoint has one URL',
}

/** @throws DefinitionError */
export function checkDeliveryShape(definition: DeliveryDefinition): void {
  checkMembers('', definition, dialectDefinition, deliveryDefinition)
  checkMembers('ids', definition.ids, ids)
  checkMembers('keys', definition.keys, keys)
  checkMembers('deliveries', definition.deliveries, deliveries)
}

/** @throws DefinitionError */
export function checkDialectShape(definition: DialectDefinition): void {
  checkMembers('', definition, dialectDefinition)
  checkMembers('api', definition.api, api)
  for (const [name, field] of Object.entries(definition.endpoint)) checkField(`endpoint.${name}`, field)
  const [url, second] = Object.entries(definition.endpoint).filter(([, { is }]) => is === 'url')
  if (url !== undefined && second !== undefined) {
    throw new DefinitionError(`endpoint.${second[0]}`, `an endpoint has one URL, and endpoint.${url[0]} is it`)
  }
  const creates = Object.values(definition.routes).some(({ kind }) => ['create', 'createMany', 'put'].includes(kind))
  if (creates && !Object.values(definition.endpoint).some(({ is }) => is === 'url')) {
    throw new DefinitionError('endpoint', 'needs a field that is the url, because a route creates endpoints')
  }
}

/** @param required the members that must be there, where they are not all of `known` */
function checkMembers(
  place: string,
  object: object,
  known: Readonly<Record<string, Kind>>,
  required: Readonly<Record<string, Kind>> = known,
): void {
  const at = (name: string): string => (place === '' ? name : `${place}.${name}`)
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined) continue
    const kind = known[name]?.replace('!', '')
    if (kind === undefined) throw unknownName(at(name), Object.keys(known))
    const isOfKind = kind === 'any' || (typeof value === kind && value !== null)
    if (!isOfKind) throw new DefinitionError(at(name), `must be ${/^[ao]/.test(kind) ? 'an' : 'a'} ${kind}`)
  }
  const given = object as Readonly<Record<string, unknown>>
  const missing = Object.keys(required).find((name) => required[name]?.endsWith('!') && given[name] === undefined)
  if (missing !== undefined) throw new DefinitionError(at(missing), 'is missing')
}

type OptionOf<Of> = Of extends Of ? keyof Of : never
const kindsOfFields: Readonly<Record<Field['is'], true>> = {
  attempts: true,
  computed: true,
  createdAt: true,
  description: true,
  detail: true,
  enabled: true,
  eventFlag: true,
  eventType: true,
  eventTypes: true,
  filter: true,
  headers: true,
  id: true,
  lastAttemptAt: true,
  link: true,
  newestDelivery: true,
  secret: true,
  secrets: true,
  status: true,
  tenant: true,
  updatedAt: true,
  url: true,
}
const optionsOfFields: Readonly<Record<OptionOf<Field>, true>> = {
  all: true,
  as: true,
  attribute: true,
  default: true,
  form: true,
  from: true,
  generated: true,
  inverted: true,
  is: true,
  items: true,
  key: true,
  known: true,
  list: true,
  masked: true,
  nullable: true,
  on: true,
  orInData: true,
  path: true,
  schema: true,
  show: true,
  shown: true,
  type: true,
  words: true,
}
const requests = ['create', 'create!', 'change', 'change!']
const views: readonly (View | 'never')[] = ['create', 'get', 'list', 'change', 'rotate', 'never']

function checkField(place: string, field: Field): void {
  if (!Object.hasOwn(kindsOfFields, field.is)) throw unknownName(`${place}.is: ${field.is}`, Object.keys(kindsOfFields))
  for (const name of Object.keys(field)) {
    if (!Object.hasOwn(optionsOfFields, name)) throw unknownName(`${place}.${name}`, Object.keys(optionsOfFields))
  }
  checkWords(`${place}.on`, field.on, requests)
  checkWords(`${place}.shown`, field.shown, views)
}

function checkWords(place: string, words: string | undefined, known: readonly string[]): void {
  const strange = words?.split(' ').find((word) => !known.includes(word))
  if (strange !== undefined) throw unknownName(`${place}: ${JSON.stringify(strange)}`, known)
}

function unknownName(place: string, known: readonly string[]): DefinitionError {
  const reason = Object.entries(inexpressible).find(([one]) => place.endsWith(one))?.[1]
  if (reason !== undefined) return new DefinitionError(place, `cannot be expressed: ${reason}`)
  return new DefinitionError(place, `is not known; known are ${known.join(', ')}`)
}
