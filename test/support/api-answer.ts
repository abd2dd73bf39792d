// Checks every answer of the operator API against the documents of the service: a success against the schema in
// /openapi.json, a failure against the form of a problem. The check is stricter than the schemas: a field that no
// schema names is a fault.

import assert from 'node:assert/strict'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/schema'
import { operatorErrorCodes } from '../../src/api/error-codes.ts'
import { ProblemSchema } from '../../src/api/shapes.ts'
import { eventStream } from './event-stream.ts'

/** The fields that tests read. The schema of each route says which of them a body has. */
export interface Body {
  readonly [field: string]: unknown
  readonly id: string
  readonly key: string
  readonly code: string
  readonly detail: string
  readonly status: string | number
  readonly data: readonly Body[]
  readonly nextCursor: string | null
  readonly results: readonly Body[]
  readonly errors: readonly { readonly field: string; readonly message: string }[]
  readonly history: readonly Body[]
  readonly secrets: readonly { readonly value: string; readonly expiresAt: string | null }[]
}

/** The media type of answers with a JSON text on each line. Their `body`, and that of a stream of events, is an array. */
export const jsonLines = 'application/x-ndjson'

export interface ApiAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly body: Body
}

export interface Schema {
  readonly [keyword: string]: unknown
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
}

interface Operation {
  readonly operationId: string
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >
}

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

export type AnswerCheck = (method: string, path: string, answer: ApiAnswer) => void

/** Returns a check for answers of the API in `document`. It throws an AssertionError that shows the answer. */
export function createAnswerCheck(document: OpenApiDocument): AnswerCheck {
  const validators = new Map<string, ReturnType<typeof Compile>>()
  const problem = Compile(strict(ProblemSchema as unknown as Schema) as unknown as TSchema)

  const holds = (validator: ReturnType<typeof Compile>, answer: ApiAnswer): void => {
    if (validator.Check(answer.body)) return
    const [, [fault]] = validator.Errors(answer.body)
    assert.fail(`${fault?.instancePath} ${fault?.message}: ${answer.text}`)
  }

  return (method, path, answer) => {
    if (answer.status >= 400) {
      assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json\b/, answer.text)
      holds(problem, answer)
      assert.equal(operatorErrorCodes[answer.body.code as keyof typeof operatorErrorCodes], answer.status, answer.text)
      assert.equal(answer.body.status, answer.status)
      assert.equal(answer.body['requestId'], answer.headers['x-request-id'])
      return
    }
    const operation = operationOf(document, method, path)
    const response = operation?.responses[answer.status]
    assert.ok(response !== undefined, `${method} ${path} has no documented answer with status ${answer.status}`)
    if (answer.status === 204) return assert.equal(answer.text, '')
    const [mediaType = ''] = (answer.headers['content-type'] ?? '').split(';')
    const name = `${operation?.operationId} ${answer.status}`
    const documented = response.content?.[mediaType]?.schema
    assert.ok(documented !== undefined, `${name} has no schema for ${mediaType}`)
    const schema =
      mediaType === jsonLines || mediaType === eventStream ? { type: 'array', items: documented } : documented
    const validator = validators.get(name) ?? Compile(strict(schema) as unknown as TSchema)
    validators.set(name, validator)
    holds(validator, answer)
  }
}

/** The operation that a request reaches. If two templates match, it is the one with fewer parameters, or with more text. */
export function operationOf(document: OpenApiDocument, method: string, path: string): Operation | undefined {
  const [target = ''] = path.split('?')
  const matching = Object.keys(document.paths).filter((template) => {
    const literals = template.split(/\{\w+\}/).map((one) => RegExp.escape(one))
    return new RegExp(`^${literals.join('[^/]+')}$`).test(target)
  })
  const parameters = (template: string): number => template.split('{').length
  const [template = ''] = matching.toSorted((a, b) => parameters(a) - parameters(b) || b.length - a.length)
  return document.paths[template]?.[method.toLowerCase()]
}

/** The schema with no additional properties in any object. The parts of an intersection are joined first. */
export function strict(schema: Schema): Schema {
  if (schema.allOf !== undefined) {
    const properties = Object.assign({}, ...schema.allOf.map((part) => part.properties)) as Record<string, Schema>
    return strict({ type: 'object', properties, required: schema.allOf.flatMap((part) => part.required ?? []) })
  }
  if (schema.anyOf !== undefined) return { ...schema, anyOf: schema.anyOf.map(strict) }
  if (schema.items !== undefined) return { ...schema, items: strict(schema.items) }
  if (schema.properties === undefined) return schema
  const properties = Object.entries(schema.properties).map(([name, part]) => [name, strict(part)] as const)
  return { additionalProperties: false, ...schema, properties: Object.fromEntries(properties) }
}
