// A dialect as one object: what a product's webhook API is, as data where data will do, and functions where the product
// is odd. `defineDialect` compiles it once, into what the engine and the HTTP kit use.

import { Type } from 'typebox'
import type { Dialect } from '../contracts/dialect.ts'
import type { DialectFront } from '../front/dialect-front.ts'
import { bodyMediaTypes } from '../http/form-body.ts'
import type { Context } from '../operations/context.ts'
import { expectedClaims, keyOfClaims } from './access/claims.ts'
import { defineDeliveries } from './define-deliveries.ts'
import type { Catalogue, DialectDefinition } from './definition.ts'
import { DefinitionError } from './definition-error.ts'
import { checkDialectShape } from './definition-shape.ts'
import type { AnswerProblem } from './errors/errors.ts'
import { type CompiledFields, compileFields } from './fields/compile-fields.ts'
import { customerFieldsOf } from './fields/customer-fields.ts'
import { endpointFormOf } from './fields/endpoint-form.ts'
import { endpointOperationsOf } from './fields/endpoint-operations.ts'
import { documentedDeliveries } from './deliveries/documented-deliveries.ts'
import { guarded } from './guarded.ts'
import { rateLimitHeaders } from './access/quotas.ts'
import { customerActionsOf } from './operations/customer-actions.ts'
import { checkRoutes, compileRoutes, splitRoute } from './operations/routes.ts'
import { type WebhookPath, webhookPath } from './operations/webhook-path.ts'
import { securityOf } from './access/security.ts'

/**
 * A dialect, and the API of its customers. Only `defineDialect` makes one. `EventType`: the names of its event types; any
 * text if its catalogue is open.
 */
export class DefinedDialect<EventType extends string = string> {
  readonly definition: DialectDefinition
  /** The event types of all tenants. */
  readonly eventTypes: readonly EventType[]
  readonly dialect: Dialect
  readonly answerProblem: AnswerProblem
  /** The routes of the API, with `{}` for each parameter: `GET /webhooks/{}`. */
  readonly routes: readonly string[]
  /** The path at which customers get one webhook; null: there is none. */
  readonly webhookPath: WebhookPath | null
  readonly front: (context: Context) => DialectFront

  constructor({
    definition,
    eventTypes,
    dialect,
    answerProblem,
    routes,
    webhookPath: path,
    front,
  }: Pick<
    DefinedDialect<EventType>,
    'definition' | 'eventTypes' | 'dialect' | 'answerProblem' | 'routes' | 'webhookPath' | 'front'
  >) {
    this.definition = definition
    this.eventTypes = eventTypes
    this.dialect = dialect
    this.answerProblem = answerProblem
    this.routes = routes
    this.webhookPath = path
    this.front = front
  }
}

/** The event types of a dialect, for code that publishes: `EventTypeOf<typeof acme>`. */
export type EventTypeOf<Defined extends DefinedDialect> = Defined['eventTypes'][number]

/** The parts of a definition that have event types. */
interface Catalogues<Events, Others, Open> {
  readonly events: Events
  readonly variants?: Others
  readonly openCatalogue?: Open
}
type Variants = Readonly<Record<`${string}: ${string}`, { readonly events?: Catalogue }>>
type NameIn<Events> = Events extends Catalogue ? keyof Events & string : never
type NamesIn<Events, Others, Open> = Open extends true
  ? string
  : NameIn<Events> | (Others[keyof Others] extends { readonly events?: infer Names } ? NameIn<Names> : never)

/** Compiles a definition. @throws DefinitionError if it cannot be used; the error names the field */
export function defineDialect<
  const Events extends Catalogue,
  const Others extends Variants = never,
  Open extends boolean = false,
>(given: DialectDefinition & Catalogues<Events, Others, Open>): DefinedDialect<NamesIn<Events, Others, Open>> {
  checkDialectShape(given)
  const definition = guarded(given)
  if (
    definition.authentication.hasTwoParts === true &&
    !definition.keys.form.replaceAll(/\{[^}]*\}/g, 'x').includes(':')
  ) {
    throw new DefinitionError('keys.form', 'must have a colon between the two parts that customers send')
  }
  const fields = compileFields(definition.endpoint, Object.keys(definition.events), definition.api.bodyMember)
  const routes = Object.keys(definition.routes).map(splitRoute)
  checkRoutes(definition, fields)
  const strange = definition.requests?.find((form) => !Object.hasOwn(bodyMediaTypes, form))
  if (strange !== undefined) {
    throw new DefinitionError('requests', `"${strange}" is not served: bodies are json, form or multipart`)
  }
  checkNames(definition, fields)
  const dialect = defineDeliveries(definition, {
    fields: definition.endpoint,
    forms: {
      endpointForm: endpointFormOf(definition),
      endpointOperations: endpointOperationsOf(definition),
      customerFields: customerFieldsOf(definition),
    },
    written: given,
    customerActions: customerActionsOf(definition),
    examples: definition.examples?.deliveries ?? [],
    keepExchange: Object.values(definition.routes).some(({ showsExchange }) => showsExchange === true),
  })
  checkKeys(definition, dialect)
  const answerProblem = definition.errors.answerWith(fields.vendorName)
  return new DefinedDialect({
    definition,
    eventTypes: eventTypesOf(definition) as readonly NamesIn<Events, Others, Open>[],
    dialect,
    answerProblem,
    routes: differentRoutes(routes.map(({ method, template }) => `${method} ${template.replaceAll(/\{\w+\}/g, '{}')}`)),
    webhookPath: webhookPath(definition, fields),
    front: (context) => frontOf(definition, { dialect, answerProblem, fields, context }),
  })
}

/** @throws DefinitionError if the authentication does not read the keys that the dialect makes */
function checkKeys({ authentication }: DialectDefinition, dialect: Dialect): void {
  const key = dialect.newApiKey((size) => new Uint8Array(size).fill(100))
  const { headers = {}, query = {} } = authentication.present(key)
  const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  if (authentication.credential({ headers: sent, query }) === key) return
  throw new DefinitionError('authentication', `does not read the keys of keys.form, such as ${key}`)
}

/** @throws DefinitionError if no path has the parameter of a field, or an operation does not fit the key */
function checkNames({ routes }: DialectDefinition, { key, places }: CompiledFields): void {
  const paths = Object.keys(routes)
  const missing = Object.keys(places.params).find((name) => !paths.some((path) => path.includes(`{${name}}`)))
  if (missing !== undefined) {
    throw new DefinitionError(`endpoint.${missing}.from`, `no path of the routes has the parameter {${missing}}`)
  }
  const put = Object.entries(routes).find(([, { kind }]) => kind === 'put')
  if (put !== undefined && key === null) {
    throw new DefinitionError(`routes["${put[0]}"]`, 'webhooks.put() needs a field with "key: true"')
  }
  // An endpoint that has a key shows no id.
  const byId = Object.entries(routes).find(([, { kind, pages }]) => kind === 'list' && pages?.by === 'id')
  if (byId !== undefined && key !== null) {
    const text = `the cursors of pages cannot be ids: the field ${key.name} with "key: true" names the webhooks`
    throw new DefinitionError(`routes["${byId[0]}"]`, text)
  }
}

function eventTypesOf({ events, variants = {} }: DialectDefinition): readonly string[] {
  const catalogues = [events, ...Object.values(variants).map((variant) => variant.events ?? {})]
  return [...new Set(catalogues.flatMap((catalogue) => Object.keys(catalogue)))]
}

/** @throws DefinitionError if two routes have the same method and path */
function differentRoutes(routes: readonly string[]): readonly string[] {
  const twice = routes.find((route, index) => routes.indexOf(route) < index)
  if (twice !== undefined) throw new DefinitionError('routes', `two routes are ${twice}`)
  return routes
}

interface Parts {
  readonly dialect: Dialect
  readonly answerProblem: AnswerProblem
  readonly fields: CompiledFields
  readonly context: Context
}

function frontOf(definition: DialectDefinition, { dialect, answerProblem, fields, context }: Parts): DialectFront {
  const { api, authentication, keys, quotaHeaders } = definition
  const { tenantOf: tenant } = definition
  const { webPageHeader } = authentication
  const { webhooks, components } = documentedDeliveries(definition, dialect.receiving)
  return {
    dialect,
    refusalSchema: Type.Unsafe(definition.errors.schema),
    prefixes: api.prefixes,
    ...(definition.requests && { bodies: definition.requests }),
    routes: compileRoutes(definition, { dialect, answerProblem, fields, context }),
    openapi: {
      info: { title: api.title, version: api.version, ...(api.description && { description: api.description }) },
      webhooks: webhooks as never,
      components: {
        ...(components as object),
        securitySchemes: {
          ...authentication.schemes,
          ...(tenant?.scheme && { [tenant.scheme.name]: tenant.scheme.value }),
        } as never,
      },
      security: securityOf(definition, { isTenantless: false }),
    },
    credential: authentication.credential,
    permits: (key, needs) =>
      keys.rolesWithAccess === undefined
        ? keys.needs === undefined || key.scopes.includes(needs)
        : keys.rolesWithAccess.includes(key.role ?? ''),
    ...(tenant !== undefined && { tenantOf: tenant.tenantOf }),
    ...(definition.tokens && {
      keyOfClaims: keyOfClaims(definition.tokens, dialect.name, dialect.tenantIdPattern),
      expectedClaims: expectedClaims(definition.tokens),
    }),
    ...(quotaHeaders !== undefined && { quotaHeaders: rateLimitHeaders(quotaHeaders) }),
    ...(webPageHeader !== undefined && { webPageHeaders: [webPageHeader, 'Content-Type'] }),
    answerProblem,
  }
}
