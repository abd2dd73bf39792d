// The OpenAPI document that a dialect serves, and answers held against it.

import type { TSchema } from 'typebox'
import { Compile } from 'typebox/schema'

/** JSON Schema, as far as the check reads it. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly format?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly minimum?: number
  readonly pattern?: string
  readonly examples?: readonly unknown[]
}

interface DocumentedParameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema?: Schema
}

export interface DocumentedOperation {
  readonly operationId: string
  readonly parameters?: readonly DocumentedParameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>

export interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>
}

export interface Answer {
  readonly status: number
  /** The header `Link`; empty: there is none. */
  readonly link: string
  readonly mediaType: string
  readonly text: string
  /** The parsed JSON; undefined: the body is empty, or is not JSON. */
  readonly body: unknown
}

/** The text of a document with the schemas in place of their `$ref`, and with `anyOf` for every union. */
export function readDocument(text: string): Document {
  const whole = JSON.parse(text) as { readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> } }
  const replaced = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(replaced)
    if (typeof value !== 'object' || value === null) return value
    const { $ref } = value as { readonly $ref?: string }
    const name = /^#\/components\/schemas\/(.+)$/.exec($ref ?? '')?.[1]
    if (name !== undefined) return replaced(whole.components?.schemas?.[name])
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key === 'oneOf' ? 'anyOf' : key, replaced(member)]),
    )
  }
  return replaced(whole) as Document
}

const validators = new WeakMap<object, ReturnType<typeof Compile>>()

/** The differences between an answer and the document, in words; empty: it is as documented. */
export function departures({ responses }: DocumentedOperation, answer: Answer): readonly string[] {
  const { status, mediaType, text, body } = answer
  const documented = responses[String(status)]
  if (documented === undefined) {
    return [`the status ${status} is not in the OpenAPI document, which has ${Object.keys(responses).join(', ')}`]
  }
  const schema = documented.content?.[mediaType]?.schema
  if (schema === undefined) {
    const types = Object.keys(documented.content ?? {}).join(', ')
    if (text === '' && isEmpty(documented.content)) return []
    return [`the media type is "${mediaType}", and the OpenAPI document has "${types}" for ${status}`]
  }
  if (text === '' && schema.type === 'null') return []
  if (body === undefined) return [`the body is not JSON: ${shortened(text)}`]
  let validator = validators.get(schema)
  if (validator === undefined) validators.set(schema, (validator = Compile(schema as unknown as TSchema)))
  const [, errors] = validator.Check(body) ? [true, []] : validator.Errors(body)
  const faults = errors.map(({ instancePath, message }) => `${instancePath || 'the body'} ${message}`)
  return [...faults.slice(0, 1), ...unknownMembers(schema, body, '')]
}

function isEmpty(content: Content | undefined): boolean {
  return content === undefined || Object.values(content).every(({ schema }) => schema.type === 'null')
}

/** The members of a value that its schema does not name. */
function unknownMembers(schema: Schema, value: unknown, path: string): readonly string[] {
  const { items, properties = {}, additionalProperties, anyOf } = schema
  if (anyOf !== undefined) {
    const found = anyOf.map((one) => unknownMembers(one, value, path))
    return found.toSorted((a, b) => a.length - b.length)[0] ?? []
  }
  if (Array.isArray(value)) return items === undefined ? [] : value.flatMap((one) => unknownMembers(items, one, path))
  if (typeof value !== 'object' || value === null || Object.keys(properties).length === 0) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const place = path === '' ? name : `${path}.${name}`
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (known !== undefined) return unknownMembers(known, member, place)
    return additionalProperties === undefined ? [`the member ${place} is not in the OpenAPI document`] : []
  })
}

const shownCharsMax = 200

/** The first characters of a text. */
export function shortened(text: string): string {
  return text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}…` : text
}
