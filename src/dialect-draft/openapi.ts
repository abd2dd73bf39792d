// Reads a product's own OpenAPI document, 3.0 or 3.1, YAML or JSON.

import { $RefParser } from '@apidevtools/json-schema-ref-parser'

/** JSON Schema and the dialect of it in OpenAPI 3.0, without `$ref` and `allOf`. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly nullable?: boolean
  readonly readOnly?: boolean
  readonly enum?: readonly unknown[] | undefined
  readonly const?: unknown
  readonly format?: string
  readonly description?: string
  readonly example?: unknown
  readonly examples?: readonly unknown[]
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema | undefined
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly [more: string]: unknown
}

type Content = Readonly<Record<string, { readonly schema?: Schema; readonly example?: unknown }>>

export interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema?: Schema
}

export interface Operation {
  readonly summary?: string
  readonly description?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content?: Content; readonly required?: boolean }
  readonly responses?: Readonly<Record<string, { readonly content?: Content }>>
  readonly security?: readonly Readonly<Record<string, unknown>>[]
}

export type PathItem = Readonly<Record<string, Operation>> & { readonly parameters?: readonly Parameter[] }

export interface SecurityScheme {
  readonly type?: string
  readonly scheme?: string
  readonly in?: string
  readonly name?: string
}

export interface OpenApi {
  readonly openapi: string
  readonly info?: { readonly title?: string; readonly version?: string }
  readonly servers?: readonly { readonly url?: string }[]
  readonly security?: readonly Readonly<Record<string, unknown>>[]
  readonly paths?: Readonly<Record<string, PathItem>>
  readonly webhooks?: Readonly<Record<string, PathItem>>
  readonly components?: { readonly securitySchemes?: Readonly<Record<string, SecurityScheme>> }
}

/** The document cannot be used: one line that names it. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError'
}

/**
 * Reads a document, with the parts in place of their `$ref`. Nothing is fetched from the network.
 *
 * @throws DocumentError
 */
export async function readOpenApi(path: string): Promise<OpenApi> {
  const noDocument = `${path} is no OpenAPI document (3.0 or 3.1, YAML or JSON)`
  let document: unknown
  try {
    document = await $RefParser.dereference(path, { resolve: { http: false }, dereference: { circular: 'ignore' } })
  } catch (error) {
    const { name, message } = error as Error
    // The file is a text, or empty.
    if (name === 'SyntaxError') throw new DocumentError(noDocument, { cause: error })
    const [line = ''] = message.split('\n')
    const what = name === 'ParserError' ? noDocument : `the OpenAPI document ${path} cannot be read`
    throw new DocumentError(`${what}: ${line}`, { cause: error })
  }
  const { openapi, swagger } = document as { readonly openapi?: string | number; readonly swagger?: string | number }
  // YAML reads `openapi: 3.0` as a number.
  if (/^3\b/.test(String(openapi))) return document as OpenApi
  const version = openapi ?? swagger
  throw new DocumentError(
    `${noDocument}: ${version === undefined ? 'it has no "openapi"' : `it has version ${String(version)}`}`,
  )
}

export const methods = ['get', 'post', 'put', 'patch', 'delete'] as const

/** The operations of the document: `GET /base/webhooks/{id}`, with the path of the first server before each path. */
export function operationsOf(document: OpenApi): ReadonlyMap<string, Operation> {
  const base = basePathOf(document)
  const found = new Map<string, Operation>()
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of methods) {
      const operation = item[method]
      if (operation === undefined) continue
      const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])]
      found.set(`${method.toUpperCase()} ${base}${path}`, { ...operation, parameters })
    }
  }
  return found
}

function basePathOf({ servers = [] }: OpenApi): string {
  const path = URL.parse(servers[0]?.url ?? '', 'http://localhost')?.pathname ?? ''
  return decodeURI(path).replace(/\/+$/, '')
}

/** The media types of bodies, the preferred ones first. */
const mediaTypes = [/[/+]json\b/, /^application\/x-www-form-urlencoded\b/, /^multipart\/form-data\b/] as const

/** The schema of a body: as JSON, or else as a form. */
export function schemaOf(content: Content | undefined): Schema | undefined {
  const entries = Object.entries(content ?? {})
  const [found] = mediaTypes.flatMap((type) => entries.find(([name]) => type.test(name))?.[1] ?? [])
  return found?.schema === undefined ? undefined : withExample(merged(found.schema), found.example)
}

/** The schema, of which each member has its part of the example. */
function withExample(schema: Schema, example: unknown): Schema {
  if (example === undefined || schema.example !== undefined) return schema
  const { properties } = schema
  if (properties === undefined || typeof example !== 'object' || example === null) return { ...schema, example }
  const members = Object.entries(properties).map(([name, member]) => {
    const part = Object.hasOwn(example, name) ? (example as Readonly<Record<string, unknown>>)[name] : undefined
    return [name, withExample(merged(member), part)] as const
  })
  return { ...schema, properties: Object.fromEntries(members) }
}

/** The status and the schema of the answer to a success; null: the document has none. */
export function successOf({ responses = {} }: Operation): { readonly status: number; readonly schema?: Schema } | null {
  const status = Object.keys(responses).find((one) => /^2\d\d$/.test(one))
  if (status === undefined) return null
  const schema = schemaOf(responses[status]?.content)
  return { status: Number(status), ...(schema && { schema }) }
}

/** The schema with the parts of `allOf` in one, and null as `nullable`. */
export function merged(schema: Schema): Schema {
  const { allOf = [], anyOf, oneOf, ...own } = schema
  const choices = anyOf ?? oneOf ?? []
  const values = choices.filter(({ type }) => type !== 'null').map(merged)
  const parts = [...allOf.map(merged), ...(values.length === 1 ? values : [])]
  const types = [own.type ?? []].flat()
  const isNullable = own.nullable === true || types.includes('null') || values.length < choices.length
  const type = types.find((one) => one !== 'null')
  const whole: Record<string, unknown> = Object.assign({}, ...parts, own) as Record<string, unknown>
  const properties = Object.assign({}, ...parts.map((part) => part.properties), own.properties) as Schema['properties']
  const required = [...parts.flatMap((part) => part.required ?? []), ...(own.required ?? [])]
  if (type !== undefined) whole['type'] = type
  else if (types.length > 0) delete whole['type']
  if (Object.keys(properties ?? {}).length > 0) whole['properties'] = properties
  if (required.length > 0) whole['required'] = [...new Set(required)]
  if (isNullable) whole['nullable'] = true
  if (values.length > 1) whole['anyOf'] = values
  return whole
}

/** The type of a merged schema; `string` for an enumeration of texts. */
export function typeOf({ type, enum: choices = [], properties, items }: Schema): string | undefined {
  if (typeof type === 'string') return type
  if (properties !== undefined) return 'object'
  if (items !== undefined) return 'array'
  return typeof choices[0] === 'string' ? 'string' : undefined
}

/** Whether the format of a schema is that of a URL. */
export function isUrl({ format = '' }: Schema): boolean {
  return ['uri', 'url'].includes(format)
}

/** An example of a schema; undefined: it has none. */
export function exampleOf({ example, examples, default: standard }: Schema): unknown {
  return example ?? examples?.[0] ?? standard
}
