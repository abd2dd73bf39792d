// The shape of a definition: what defineDialect and defineDeliveries check before they compile it.

import { unsendableFault, unsendableNameFault } from '../domain/header-rules.ts'
import type { Catalogue, DeliveryDefinition, DialectDefinition } from './definition.ts'
import { DefinitionError } from './definition-error.ts'
import type { Part } from './deliveries/part-types.ts'
import { partOf } from './deliveries/parts.ts'
import type { Examples } from './examples.ts'
import { checkField } from './fields/field-shape.ts'
import { checkMembers, type Shape } from './shape.ts'

const examples: Shape<Examples> = {
  requests: {
    isList: true,
    each: {
      route: 'string!',
      query: 'string',
      body: 'any',
      headers: 'object',
      key: { oneOf: { none: true, unknown: true } },
      absentId: 'string',
      answer: { required: true, members: { status: 'number!', body: 'any', varies: 'list' } },
    },
  },
  errors: { each: { status: 'number!', body: 'any', headers: 'object' } },
  deliveries: {
    isList: true,
    each: {
      event: {
        required: true,
        members: { type: 'string!', data: 'string!', id: 'string', occurredAt: 'string', attributes: 'object' },
      },
      tenant: 'string',
      settings: 'object',
      endpoint: { members: { id: 'string', url: 'string', details: 'object' } },
      delivery: 'string',
      attempt: 'number',
      secret: 'string|list',
      sentAt: 'string',
      body: 'string!',
      headers: 'object!',
      isComplete: 'boolean',
    },
  },
  retries: { members: { attempts: 'number!', timeout: 'string', waits: 'string', ends: 'list' } },
  forms: { members: { tenant: 'string', event: 'string', key: 'string', secret: 'string' } },
}
const deliveryDefinition: Shape<DeliveryDefinition> = {
  name: 'string!',
  title: 'string!',
  ids: {
    required: true,
    members: { tenant: 'string!', tenantPattern: 'pattern', endpoint: 'string!', event: 'string!' },
  },
  keys: {
    required: true,
    members: {
      form: 'string!',
      tenantsMax: 'number',
      scopes: 'list',
      defaultScopes: 'list',
      scopesAreAll: 'boolean',
      roles: 'list',
      rolesWithAccess: 'list',
      needs: { members: { read: 'string!', write: 'string!' } },
    },
  },
  quotas: {
    members: {
      key: { members: { reads: 'string', writes: 'string', tests: 'string', all: 'string' } },
      tenant: { members: { reads: 'string', writes: 'string', tests: 'string', all: 'string' } },
    },
  },
  events: 'object!',
  openCatalogue: 'boolean',
  testEvent: 'function!',
  rules: {
    members: {
      schemes: 'list',
      urlCharsMax: 'number',
      descriptionCharsMax: 'number',
      wildcards: { oneOf: { none: true, all: true, prefix: true } },
      eventTypesAsWritten: 'boolean',
      deletesHistory: 'boolean',
      headerNameFault: 'function',
      headerValueFault: 'function',
      uniqueKey: 'function',
      endpointsMax: 'number',
      customHeaders: 'boolean',
      writeOnlyHeaders: 'boolean',
      polling: 'boolean',
      filters: 'string|list',
    },
  },
  tenantSettings: 'object',
  variants: { each: { events: 'object', body: 'any', headers: 'object' } },
  deliveries: {
    required: true,
    members: {
      method: 'string|function',
      body: 'any!',
      headers: 'object!',
      secrets: 'any!',
      timeout: { required: true, or: 'string', members: { max: 'string!', of: 'function!' } },
      waits: { required: true, or: 'string', members: { all: 'string!', named: 'object', of: 'function!' } },
      wants: 'function',
      retriesTests: 'boolean',
      waitsFor: { isList: true, each: { events: 'list', outcomes: 'string', waits: 'string!' } },
      outcomes: {
        members: {
          success: 'string',
          accepts: 'function',
          retried: 'string',
          notRetried: 'string',
          gone: 'string',
          stops: 'function',
          retryAfter: 'string',
        },
      },
      onFailure: 'function',
      deletesGone: 'boolean',
      health: 'any',
    },
  },
}
const dialectDefinition: Shape<DialectDefinition> = {
  ...deliveryDefinition,
  api: {
    required: true,
    members: {
      title: 'string!',
      version: 'string!',
      description: 'string',
      prefixes: 'list!',
      mediaType: 'string',
      bodyMember: 'string',
    },
  },
  requests: 'list',
  authentication: 'any!',
  tokens: {
    members: {
      tenants: 'string!',
      scopes: 'string!',
      role: 'string',
      texts: 'boolean',
      issuer: 'string',
      audience: 'string',
    },
  },
  tenantOf: 'any',
  quotaHeaders: 'string',
  idempotencyKeys: 'boolean',
  endpoint: 'object!',
  routes: 'object!',
  errors: 'any!',
  examples: { members: examples },
}

/** @throws DefinitionError */
export function checkDeliveryShape(definition: DeliveryDefinition): void {
  checkMembers<DialectDefinition>('', definition, dialectDefinition, deliveryDefinition)
  checkCatalogue('events', definition.events)
  const { body, headers, secrets, health } = definition.deliveries
  checkMade('deliveries.body', body, 'encode', 'json({…})')
  checkMade('deliveries.secrets', secrets, 'key', 'secrets.standard')
  checkMade('deliveries.health', health, 'health', 'health.streak()')
  checkHeaders('deliveries.headers', headers)
  for (const [name, variant] of Object.entries(definition.variants ?? {})) {
    const place = `variants[${JSON.stringify(name)}]`
    checkCatalogue(`${place}.events`, variant.events)
    checkMade(`${place}.body`, variant.body, 'encode', 'json({…})')
    checkHeaders(`${place}.headers`, variant.headers)
  }
}

/** @throws DefinitionError */
export function checkDialectShape(definition: DialectDefinition): void {
  checkMembers('', definition, dialectDefinition)
  checkMade('authentication', definition.authentication, 'credential', 'auth.bearer()')
  checkMade('tenantOf', definition.tenantOf, 'tenantOf', 'auth.namedTenant({…})')
  checkMade('errors', definition.errors, 'answerWith', 'errors.own({…})')
  for (const [route, operation] of Object.entries(definition.routes)) {
    checkMade(`routes[${JSON.stringify(route)}]`, operation, 'route', 'webhooks.list()')
  }
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

function checkCatalogue(place: string, catalogue: Catalogue = {}): void {
  for (const [type, facts] of Object.entries(catalogue)) {
    if (typeof facts === 'string' || typeof (facts as { description?: unknown } | null)?.description === 'string')
      continue
    throw new DefinitionError(`${place}[${JSON.stringify(type)}]`, 'must be a description, or an object with one')
  }
}

function checkHeaders(place: string, headers: Readonly<Record<string, Part | string>> = {}): void {
  const names = Object.keys(headers).map((name) => name.toLowerCase())
  const twice = Object.keys(headers).find((_name, index) => names.indexOf(names[index] as string) < index)
  if (twice !== undefined)
    throw new DefinitionError(`${place}[${JSON.stringify(twice)}]`, 'is a header that is there twice')
  for (const [name, value] of Object.entries(headers)) {
    const header = `${place}[${JSON.stringify(name)}]`
    partOf(value, header)
    const fault = unsendableNameFault(name) ?? (typeof value === 'string' ? unsendableFault(value) : null)
    if (fault !== null) throw new DefinitionError(header, fault)
  }
}

/** @param member a member of the values that the kit makes for this place */
function checkMade(place: string, value: unknown, member: string, example: string): void {
  if (typeof value === 'function') {
    throw new DefinitionError(place, `is a function that was not called; call it, as in ${example}`)
  }
  if (value === undefined || (typeof value === 'object' && value !== null && member in value)) return
  throw new DefinitionError(place, `must be made by the kit, such as ${example}`)
}
