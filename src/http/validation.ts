// Validates requests against the schemas that describe them in OpenAPI. An error names its field.

import type { FastifySchemaCompiler, FastifyServerOptions } from 'fastify'
import { type TSchema, Type } from 'typebox'
import { Check, Compile } from 'typebox/schema'
import { Settings } from 'typebox/system'
import { limits } from '../domain/limits.ts'
import type { FieldError } from '../domain/problem.ts'
import { ProblemError } from './problem-error.ts'

type Fields = Record<string, unknown>

const places = { body: 'body', querystring: 'query', params: 'path', headers: 'query' } as const

/**
 * Query and path parameters are text, so they are converted before the check. A body is checked without conversion. A schema
 * is compiled at its first use: most routes of a process are never called.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  let compiled: Validator | undefined
  const where = places[(httpPart ?? 'body') as keyof typeof places]
  const others = where === 'body' ? [] : othersThanTexts(schema)
  return (input: unknown) => {
    const validator = (compiled ??= Compile(schema))
    const value = others.length === 0 ? input : converted(input as Fields, others)
    if (validator.Check(value)) return { value }
    const fields = fieldErrors(validator, value)
    // A body that is no object, or no list of the right length, has no field that the error could name.
    const problem =
      where === 'body' && fields.some((fault) => fault.field === '')
        ? ({ kind: 'bodyMalformed', detail: `the body must be ${wholeBody(schema)}` } as const)
        : ({ kind: 'invalid', where, fields } as const)
    return { error: new ProblemError(problem) }
  }
}

/** Replaces the compilers of the framework, whose modules would take a tenth of a start. Answers are written by `sendAnswer`. */
export const schemaController = {
  compilersFactory: { buildValidator: () => validatorCompiler, buildSerializer: () => () => JSON.stringify },
  // The declared type is that of the framework's own compilers.
} as unknown as NonNullable<FastifyServerOptions['schemaController']>

function wholeBody(schema: TSchema): string {
  if (!Type.IsArray(schema)) return 'a JSON object'
  const { minItems = 0, maxItems = 0 } = schema as ArraySchema
  return `a JSON array of ${minItems} to ${maxItems} elements`
}

/** The parameters that may be something else than a text, with their schemas. */
function othersThanTexts(schema: TSchema): (readonly [name: string, type: TSchema])[] {
  const properties = Type.IsObject(schema) ? Object.entries(schema.properties) : []
  return properties.filter(([, type]) => 'anyOf' in type || !('type' in type) || type.type !== 'string')
}

function converted(input: Fields, types: ReturnType<typeof othersThanTexts>): Fields {
  const values = { ...input }
  for (const [name, type] of types) {
    if (values[name] !== undefined) values[name] = valueOf(type, values[name])
  }
  return values
}

/**
 * The value that a text stands for. Only the canonical form of a number, boolean or null stands for one: `01`, `1e0` and the
 * empty text are no numbers. Any other text is its own value, which the check may refuse.
 */
function valueOf(type: TSchema, text: unknown): unknown {
  if (Type.IsArray(type)) return [text].flat().map((item) => valueOf(type.items, item))
  const [value = text] = [Number(text), text === 'true', null].filter((one) => String(one) === text)
  if (Type.IsInteger(type)) return Number.isInteger(value) ? value : text
  if (Type.IsNumber(type) || Type.IsBoolean(type)) return typeof value === type.type ? value : text
  return !Check(type, text) && Check(type, value) ? value : text
}

type Validator = ReturnType<typeof Compile>
type SchemaError = ReturnType<Validator['Errors']>[1][number]

/** One error per field: the first one that is specific. */
export function fieldErrors(validator: Validator, input: unknown): FieldError[] {
  const errors = errorsOf(validator, excerpt(validator.Schema(), input))
  const faults = new Map<string, FieldError>()
  const add = (field: string, rule: FieldError['rule'], message: string, more: Partial<FieldError> = {}): void => {
    if (!faults.has(field)) faults.set(field, { field, rule, message, ...more })
  }
  for (const error of errors) {
    const path = error.instancePath.split('/').slice(1).map(unescapePointer)
    switch (error.keyword) {
      case 'required':
        for (const name of error.params.requiredProperties) add([...path, name].join('.'), 'required', 'is required')
        break
      case 'additionalProperties':
        for (const name of error.params.additionalProperties) add([...path, name].join('.'), 'unknown', 'is not known')
        break
      // With many unknown fields, the error that lists them is cut off. Each of them has an error of its own before it.
      case 'boolean':
        add(path.join('.'), 'unknown', 'is not known')
        break
      case 'anyOf':
      case 'if':
        // The alternatives have their own errors.
        break
      case 'propertyNames':
        // The name itself is invalid, and has its own error.
        break
      default:
        add(path.join('.'), ruleOf(error.keyword), ownMessage(validator, error) ?? messageOf(error, errors), {
          value: valueAt(input, path),
          ...('limit' in error.params && { limit: Number(error.params.limit) }),
          ...(error.keyword === 'type' && { expected: typesAt(error.instancePath, errors).join(' or ') }),
        })
    }
  }
  return [...faults.values()]
}

/** The bound of the library is one for the whole process, whose other code may use the library too. */
function errorsOf(validator: Validator, input: unknown): readonly SchemaError[] {
  const { maxErrors } = Settings.Get()
  Settings.Set({ maxErrors: limits.fieldErrorsMax })
  try {
    return validator.Errors(input)[1]
  } finally {
    Settings.Set({ maxErrors })
  }
}

/**
 * The part of an invalid input that shows its errors. The library reads a list or map to its end, regardless of its
 * length and of the errors found so far. One element past the bound shows that there are too many, and some of the
 * unknown names show that names are unknown.
 */
function excerpt(schema: TSchema, input: unknown): unknown {
  if (Array.isArray(input)) {
    const { items, maxItems = input.length } = schema as ArraySchema
    const kept = input.slice(0, maxItems + 1)
    return items === undefined ? kept : kept.map((item) => excerpt(items, item))
  }
  if (input === null || typeof input !== 'object') return input
  const { properties = {}, additionalProperties, maxProperties = Infinity } = schema as ObjectSchema
  let others = additionalProperties === false ? limits.fieldErrorsMax : maxProperties
  const kept: [name: string, value: unknown][] = []
  for (const name of Object.keys(input)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (known === undefined && others-- < 0) continue
    const value = (input as Fields)[name]
    kept.push([name, known === undefined ? value : excerpt(known, value)])
  }
  return Object.fromEntries(kept)
}

interface ArraySchema {
  readonly items?: TSchema
  readonly minItems?: number
  readonly maxItems?: number
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly additionalProperties?: unknown
  readonly maxProperties?: number
}

function ruleOf(keyword: string): FieldError['rule'] {
  if (keyword === 'type') return 'type'
  if (keyword === 'enum' || keyword === 'const') return 'choice'
  if (/^(min|max)(Length|Items|Properties)$/.test(keyword)) return 'length'
  if (/[mM](in|ax)imum$/.test(keyword)) return 'range'
  return 'format'
}

/** The message that a schema gives beside its `pattern`, in `errorMessage`. */
function ownMessage(validator: Validator, { keyword, schemaPath }: SchemaError): string | undefined {
  if (keyword !== 'pattern') return undefined
  const path = schemaPath.split('/').slice(1).map(unescapePointer)
  return (valueAt(validator.Schema(), path) as { readonly errorMessage?: string } | undefined)?.errorMessage
}

function messageOf(error: SchemaError, errors: readonly SchemaError[]): string {
  if (error.keyword === 'enum') return `must be one of: ${error.params.allowedValues.join(', ')}`
  if (error.keyword === 'format' && ['uri', 'url'].includes(error.params.format)) return 'must be a valid URL'
  if (error.keyword !== 'type') return error.message
  return `must be ${typesAt(error.instancePath, errors).join(' or ')}`
}

/** The types that a value may have. Each branch of a union has its own error; together they name all types. */
function typesAt(instancePath: string, errors: readonly SchemaError[]): string[] {
  const types = errors.flatMap((error) =>
    error.keyword === 'type' && error.instancePath === instancePath ? [error.params.type].flat() : [],
  )
  return [...new Set(types.map(String))]
}

function valueAt(input: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[name] : undefined,
    input,
  )
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}
