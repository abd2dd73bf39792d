// The facts of a dialect that the checks use, all of them derived from its definition and from the document that it serves.

import { randomBytes } from 'node:crypto'
import type { Dialect } from '../contracts/dialect.ts'
import type { EndpointKey } from '../domain/ids.ts'
import type { DialectDefinition } from '../dialect-kit/definition.ts'
import type { DefinedDialect } from '../dialect-kit/define-dialect.ts'
import type { Field, View } from '../dialect-kit/fields.ts'
import type { OperationKind } from '../dialect-kit/operation.ts'
import { splitRoute } from '../dialect-kit/routes.ts'
import type { Document, DocumentedOperation, Schema } from './document.ts'

export type Fields = Readonly<Record<string, unknown>>

/** An operation as it is served. */
export interface Served {
  readonly kind: OperationKind
  readonly method: string
  /** The path, with `{name}` for each parameter. */
  readonly template: string
  /** The method and the path, for messages. */
  readonly title: string
  readonly documented: DocumentedOperation
}

/** The answer that shows an endpoint, by the kind of the operation. */
const views: Readonly<Partial<Record<OperationKind, View>>> = {
  create: 'create',
  createMany: 'create',
  get: 'get',
  list: 'list',
  change: 'change',
  replace: 'change',
  rotate: 'rotate',
}

export class Subject {
  readonly definition: DialectDefinition
  readonly dialect: Dialect
  readonly served: readonly Served[]
  readonly idField: string

  constructor({ definition, dialect }: DefinedDialect, document: Document) {
    this.definition = definition
    this.dialect = dialect
    this.served = Object.entries(definition.routes).flatMap(([at, { kind }]) => {
      const { method, template } = splitRoute(at)
      const documented = document.paths[template]?.[method.toLowerCase()]
      return documented === undefined ? [] : [{ kind, method, template, title: `${method} ${template}`, documented }]
    })
    this.idField = this.fieldsOf('id')[0]?.[0] ?? ''
  }

  get name(): string {
    return this.dialect.name
  }

  /** An id of the right form that no webhook has. */
  get absentId(): string {
    return this.dialect.newEndpointId(987_654_321 as EndpointKey, randomBytes)
  }

  /** The first operation of a kind. */
  one(...kinds: readonly OperationKind[]): Served | undefined {
    return this.served.find(({ kind }) => kinds.includes(kind))
  }

  fieldsOf(...kinds: readonly Field['is'][]): readonly (readonly [name: string, field: Field])[] {
    return Object.entries(this.definition.endpoint).filter(([, { is }]) => kinds.includes(is))
  }

  /** Different event types of the catalogue, at least one. */
  get eventTypes(): readonly [string, ...string[]] {
    const [first = 'check.happened', ...others] = this.dialect.eventTypes.map(({ name }) => name)
    return [first, ...others]
  }

  viewOf({ kind }: Served): View | undefined {
    return views[kind]
  }

  /** The schema of the fields in a request. */
  requestSchema({ kind, documented }: Served): Schema {
    const [content] = Object.values(documented.requestBody?.content ?? {})
    const schema = content?.schema ?? {}
    return kind === 'createMany' ? (schema.properties?.['items']?.items ?? {}) : schema
  }

  /** A request body with these fields. */
  bodyOf({ kind }: Served, fields: Fields): unknown {
    return kind === 'createMany' ? { items: [fields] } : fields
  }

  /** Good values for the fields of a request: those that it must have, or all of them. */
  sample(served: Served, url: string, which: 'required' | 'all', type = this.eventTypes[0]): Fields {
    const { properties = {}, required = [] } = this.requestSchema(served)
    const names = Object.keys(properties).filter((name) => which === 'all' || required.includes(name))
    return Object.fromEntries(names.map((name) => [name, this.valueFor(name, properties[name] ?? {}, url, type)]))
  }

  valueFor(name: string, schema: Schema, url: string, type: string): unknown {
    const field = this.definition.endpoint[name]
    switch (field?.is) {
      case 'url':
        return url
      case 'eventType':
        return type
      case 'eventTypes':
        return [type]
      case 'enabled':
        return field.words === undefined ? field.inverted !== true : field.words[0]
      case 'secret':
        return this.newSecret()
      case 'secrets':
        return [this.newSecret()]
      case 'headers':
        return { 'X-Check': 'a value' }
      default:
        return valueOf(schema, url)
    }
  }

  newSecret(): string {
    return this.dialect.endpointRules.newSecret?.(randomBytes) ?? randomBytes(16).toString('hex')
  }

  /** The endpoints in the body of an answer. */
  endpointsIn(body: unknown): readonly Fields[] {
    if (Array.isArray(body)) return body.flatMap((one) => this.endpointsIn(one))
    if (typeof body !== 'object' || body === null) return []
    if (Object.hasOwn(body, this.idField)) return [body as Fields]
    return Object.values(body).flatMap((one) => this.endpointsIn(one))
  }
}

/** A value of a schema. */
function valueOf(schema: Schema, url: string): unknown {
  const { anyOf, type, format, minLength = 0, maxLength = Infinity, minimum = 1, items, minItems = 0 } = schema
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  if (anyOf !== undefined) return valueOf(anyOf.find((one) => one.type !== 'null') ?? {}, url)
  switch (Array.isArray(type) ? type[0] : type) {
    case 'integer':
    case 'number':
      return minimum
    case 'boolean':
      return true
    case 'array':
      return Array.from({ length: minItems }, () => valueOf(items ?? {}, url))
    case 'object': {
      const { properties = {}, required = [] } = schema
      return Object.fromEntries(required.map((name) => [name, valueOf(properties[name] ?? {}, url)]))
    }
    default:
      return textOf(format, url).padEnd(minLength, 'x').slice(0, Math.min(maxLength, 1000))
  }
}

function textOf(format: string | undefined, url: string): string {
  switch (format) {
    case 'uuid':
      return '7c9e6679-7425-40de-944b-e07fc1f90ae7'
    case 'uri':
    case 'url':
      return url
    case 'date-time':
      return '2026-01-31T12:00:00Z'
    case 'email':
      return 'a@example.com'
    default:
      return 'a text'
  }
}
