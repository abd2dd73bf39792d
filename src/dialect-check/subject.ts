// The facts of a dialect that the checks use, all of them derived from its definition and from the document that it serves.

import { randomBytes } from 'node:crypto'
import type { Dialect } from '../contracts/dialect.ts'
import type { EndpointKey } from '../domain/ids.ts'
import type { DialectDefinition } from '../dialect-kit/definition.ts'
import type { DefinedDialect } from '../dialect-kit/define-dialect.ts'
import { type Key, keyOf } from '../dialect-kit/fields/field-keys.ts'
import type { Field, View } from '../dialect-kit/fields/fields.ts'
import type { Operation, OperationKind } from '../dialect-kit/operations/operation.ts'
import type { Presented } from '../dialect-kit/access/authentication.ts'
import { splitRoute } from '../dialect-kit/operations/routes.ts'
import type { Document, DocumentedOperation, Schema } from './document.ts'
import { choicesOf, valueOf } from './values.ts'

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
  /** It needs no credentials. */
  readonly isPublic: boolean
  readonly operation: Operation
}

/** The answer that shows an endpoint, by the kind of the operation. */
const views: Readonly<Partial<Record<OperationKind, View>>> = {
  create: 'create',
  createMany: 'create',
  get: 'get',
  list: 'list',
  change: 'change',
  patch: 'change',
  replace: 'change',
  put: 'change',
  switch: 'change',
  rotate: 'rotate',
}

export class Subject {
  readonly definition: DialectDefinition
  readonly dialect: Dialect
  readonly served: readonly Served[]
  readonly idField: string
  /** The key that customers choose; null: ids name webhooks. */
  readonly key: Key | null

  readonly answerProblem: DefinedDialect['answerProblem']

  constructor({ definition, dialect, answerProblem }: DefinedDialect, document: Document) {
    this.definition = definition
    this.answerProblem = answerProblem
    this.dialect = dialect
    this.served = Object.entries(definition.routes).flatMap(([at, operation]) => {
      const { method, template } = splitRoute(at)
      const documented = document.paths[template]?.[method.toLowerCase()]
      const { kind, isPublic = false } = operation
      const title = `${method} ${template}`
      return documented === undefined ? [] : [{ kind, method, template, title, documented, operation, isPublic }]
    })
    this.key = keyOf(definition.endpoint)
    const [id] = [
      ...this.fieldsOf('id').filter(([, { shown }]) => shown !== 'never'),
      ...Object.entries(definition.endpoint).filter(([, field]) => field.is === 'link' && field.path.endsWith('/{id}')),
    ]
    this.idField = this.key?.name ?? id?.[0] ?? ''
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

  /** The operation by which customers create webhooks. */
  get creation(): Served | undefined {
    return this.one('create', 'createMany') ?? this.one('put')
  }

  /** How many webhooks one customer can have by the choices for their key. */
  get keysMax(): number {
    if (this.key === null) return Infinity
    const { is, schema = {} } = this.key.field
    return is === 'eventType' ? this.eventTypes.length : choicesOf(schema)
  }

  /** The key of a customer's nth webhook, from 0, where it is a field of its own. */
  keyField(nth: number): Fields {
    if (this.key?.field.is !== 'detail') return {}
    return { [this.key.name]: valueOf({ type: 'string', ...this.key.field.schema }, undefined, nth) }
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

  /** The schema of the fields in a request. A field inside another has the name of the map, such as `config.url`. */
  requestSchema({ kind, documented }: Served): Schema {
    const [content] = Object.values(documented.requestBody?.content ?? {})
    const schema = content?.schema ?? {}
    const member = this.definition.api.bodyMember
    if (kind === 'createMany') return this.#flat(schema.properties?.['items']?.items ?? {})
    return this.#flat(member === undefined ? schema : (schema.properties?.[member] ?? schema))
  }

  /** The key of customers, where it is a parameter of the path of the operation that creates; empty: it is not. */
  keyInPath({ kind, template }: Served): string {
    const { name = '' } = this.key ?? {}
    return kind === 'put' && template.includes(`{${name}}`) ? name : ''
  }

  #flat(schema: Schema, outer = ''): Schema {
    const names = Object.keys(this.definition.endpoint)
    const properties: Record<string, Schema> = {}
    const required: string[] = []
    for (const [name, member] of Object.entries(schema.properties ?? {})) {
      const path = `${outer}${name}`
      const isNeeded = schema.required?.includes(name) === true
      if (names.some((one) => one.startsWith(`${path}.`))) {
        const inner = this.#flat(member, `${path}.`)
        Object.assign(properties, inner.properties)
        if (isNeeded) required.push(...(inner.required ?? []))
      } else {
        properties[path] = member
        if (isNeeded) required.push(path)
      }
    }
    return { ...schema, properties, required }
  }

  /** The name that the id of a webhook has in a request: of a parameter, or of a member of the body; empty: none. */
  idNameIn({ template, operation }: Served): string {
    if (operation.endpointless === true) return ''
    if (operation.id !== undefined) return operation.id.name
    const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string)
    return names.find((name) => this.#placeOf(name) === undefined) ?? ''
  }

  /** The parts of a request by which a customer is known. */
  credentials({ key, tenant }: { readonly key: string; readonly tenant: string }): Presented {
    const { authentication, tenantOf } = this.definition
    const [ofKey, ofTenant] = [authentication.present(key), tenantOf?.present(tenant)]
    return { headers: { ...ofKey.headers, ...ofTenant?.headers }, query: { ...ofKey.query, ...ofTenant?.query } }
  }

  /** The path of an operation on a webhook. The values of the other parameters are texts that stand for nothing. */
  pathOf(served: Served, id: string): string {
    const inPath = [this.idNameIn(served), this.keyInPath(served)]
    return served.template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(inPath.includes(name) ? id : (this.parentValue(name) ?? 'absent')),
    )
  }

  /** The parameters of the query that an operation must have. */
  queryOf(served: Served, id: string): Readonly<Record<string, string>> {
    const needed = (served.documented.parameters ?? []).flatMap(({ name, in: where, required, schema = {} }) => {
      const value = where === 'query' ? (this.parentValue(name) ?? (required && String(valueOf(schema)))) : false
      return typeof value === 'string' ? [[name, value]] : []
    })
    return {
      ...Object.fromEntries(needed),
      ...(served.operation.id?.in === 'query' && { [this.idNameIn(served)]: id }),
    }
  }

  /** The values of secrets in the fields of an endpoint. */
  secretsIn(fields: Fields): readonly string[] {
    const masks = this.fieldsOf('secret').map(([, field]) => ('masked' in field ? field.masked : undefined))
    return this.fieldsOf('secret', 'secrets')
      .flatMap(([name]) => [fields[name]].flat())
      .filter((value): value is string => typeof value === 'string' && value.length > 8 && !masks.includes(value))
  }

  /** The value of a field that is in the path or in the query of a request; undefined: there is no such field. */
  parentValue(name: string): string | undefined {
    const { schema = {} } = this.definition.endpoint[name] ?? {}
    return this.#placeOf(name) === undefined ? undefined : String(valueOf(schema))
  }

  #placeOf(name: string): 'path' | 'query' | undefined {
    const field = this.definition.endpoint[name]
    return field !== undefined && 'from' in field ? field.from : undefined
  }

  /** The attributes that events must have for a webhook with the fewest fields. */
  get attributes(): Readonly<Record<string, string>> {
    const found = this.fieldsOf('filter').flatMap(([name, field]): [string, string][] => {
      if (field.is !== 'filter' || !/\bcreate!/.test(field.on ?? '')) return []
      const value = this.parentValue(name) ?? valueOf(field.schema ?? {})
      return [[field.attribute, String(value)]]
    })
    return Object.fromEntries(found)
  }

  /** A request with these fields. The key is in its path, where the path has it. */
  asked(served: Served, fields: Fields): { readonly id?: string; readonly body: unknown } {
    const { [this.keyInPath(served)]: key, ...rest } = fields
    return {
      ...(key !== undefined && { id: typeof key === 'string' ? key : JSON.stringify(key) }),
      body: this.bodyOf(served, rest),
    }
  }

  /** A request body with these fields. */
  bodyOf({ kind }: Served, fields: Fields): unknown {
    const body = this.#nested(fields)
    const member = this.definition.api.bodyMember
    if (kind === 'createMany') return { items: [body] }
    return member === undefined ? body : { [member]: body }
  }

  #nested(fields: Fields): Fields {
    const body: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(fields)) {
      const [last = '', ...outer] = Object.hasOwn(this.definition.endpoint, name)
        ? name.split('.').toReversed()
        : [name]
      let place = body
      for (const step of outer.toReversed()) place = (place[step] ??= {}) as Record<string, unknown>
      place[last] = value
    }
    return body
  }

  /** Good values for the fields of a request: those that it must have and the event types, or all of them. */
  sample(served: Served, url: string, which: 'required' | 'all', type = this.eventTypes[0]): Fields {
    const { properties = {}, required = [] } = this.requestSchema(served)
    const types = this.fieldsOf('eventTypes').map(([name]) => name)
    const names = Object.keys(properties).filter(
      (name) => which === 'all' || required.includes(name) || types.includes(name),
    )
    const key = this.keyInPath(served)
    const schemaOf = (name: string): Schema => properties[name] ?? this.definition.endpoint[name]?.schema ?? {}
    return Object.fromEntries(
      [...(key === '' ? [] : [key]), ...names].map((name) => [name, this.valueFor(name, schemaOf(name), url, type)]),
    )
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

  /**
   * The id of a shown webhook; empty: it has none. A link ends with the id.
   *
   * @param sent the request, where it has the key that the customer chose
   */
  idIn(shown: Fields, sent = shown): string {
    const value = this.key === null ? shown[this.idField] : sent[this.idField]
    const text = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
    return this.definition.endpoint[this.idField]?.is === 'link' ? text.slice(text.lastIndexOf('/') + 1) : text
  }

  newSecret(): string {
    return this.dialect.endpointRules.newSecret?.(randomBytes) ?? randomBytes(16).toString('hex')
  }

  /**
   * The endpoints in the body of an answer. A field inside another is there also by the name of the map. Where customers
   * choose the key, an answer may leave it out, or have it as the name of the endpoint.
   *
   * @param name the name of the member that is the body
   */
  endpointsIn(body: unknown, name = ''): readonly Fields[] {
    if (Array.isArray(body)) return body.flatMap((one) => this.endpointsIn(one))
    if (typeof body !== 'object' || body === null) return []
    const fields = Object.keys(this.definition.endpoint)
    const marks = this.key === null ? [this.idField] : fields
    if (marks.some((mark) => Object.hasOwn(body, mark))) {
      const inner = fields.flatMap((field): [string, unknown][] => {
        const value = field.includes('.') ? valueAt(body, field.split('.')) : undefined
        return value === undefined ? [] : [[field, value]]
      })
      const isKey = this.key?.field.is === 'eventType' && this.eventTypes.includes(name)
      return [{ ...(isKey && { [this.idField]: name }), ...body, ...Object.fromEntries(inner) }]
    }
    return Object.entries(body).flatMap(([member, one]) => this.endpointsIn(one, member))
  }
}

function valueAt(object: unknown, path: readonly string[]): unknown {
  return path.reduce(
    (value, name) => (typeof value === 'object' && value !== null ? (value as Fields)[name] : undefined),
    object,
  )
}
