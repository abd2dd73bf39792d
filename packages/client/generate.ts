// Writes src/generated.ts: the types of the operator API, from its OpenAPI document.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createInstallation, startServer } from '../../test/support/server-process.ts'

interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly 'x-extensible-enum'?: readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
}

interface Parameter {
  readonly in: string
  readonly name: string
  readonly required?: boolean
  readonly description?: string
  readonly schema: Schema
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>
}

interface Operation {
  readonly summary: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: Content & { readonly required?: boolean }
  readonly responses: Readonly<Record<string, Content>>
}

export interface Document {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** The text of src/generated.ts. */
export function generated({ components, paths }: Document): string {
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `${comment(schema.description)}export type ${name} = ${typeOf(schema)}\n`,
  )
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => operationText(`${method.toUpperCase()} ${path}`, operation)),
  )
  return formatted(
    [
      '// The types of the operator API. `node packages/client/generate.ts` wrote this file from the OpenAPI document.\n',
      ...schemas,
      `/** Every operation, by its method and path. */\nexport interface Operations {\n${operations.join('\n')}\n}\n`,
    ].join('\n'),
  )
}

function formatted(code: string): string {
  const program = resolve(import.meta.dirname, '../../node_modules/.bin/oxfmt')
  return spawnSync(program, ['--stdin-filepath=generated.ts'], { input: code, encoding: 'utf8' }).stdout
}

function operationText(name: string, { summary, parameters = [], requestBody, responses }: Operation): string {
  const place = (wanted: string): string => {
    const found = parameters.filter((parameter) => parameter.in === wanted)
    const lines = found.map(({ description, name: key, required, schema }) => {
      const absent = required === true ? '' : ' | undefined'
      const one = schema.type === 'array' && schema.items !== undefined ? `${typeOf(schema.items)} | ` : ''
      return `${comment(description)}${member(key)}${required === true ? '' : '?'}: ${one}${typeOf(schema)}${absent}`
    })
    return lines.length === 0 ? 'unknown' : `{ ${lines.join('\n')} }`
  }
  const body = requestBody?.content?.['application/json']?.schema
  const optional = requestBody?.required === true ? '' : ' | undefined'
  return `${comment(summary)}'${name}': {
    params: ${place('path')}
    query: ${place('query')}
    body: ${body === undefined ? 'undefined' : typeOf(body) + optional}
    answer: ${answerOf(responses)}
  }`
}

/** Answers that are not JSON are handed on as they are. */
function answerOf(responses: Operation['responses']): string {
  const answers = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, { content = {} }]) => {
      const [[mediaType, { schema }] = [null, { schema: {} }]] = Object.entries(content)
      if (mediaType === null) return 'null'
      return mediaType === 'application/json' ? typeOf(schema) : 'Response'
    })
  return [...new Set(answers)].join(' | ')
}

function typeOf(schema: Schema): string {
  const { $ref, enum: values, oneOf, anyOf = oneOf, allOf, type } = schema
  if ($ref !== undefined) return $ref.replace('#/components/schemas/', '')
  const extensible = schema['x-extensible-enum']
  if (extensible !== undefined) return `${literals(extensible)} | (string & {})`
  if (values !== undefined) return literals(values)
  if (anyOf !== undefined) return anyOf.map((part) => typeOf(part)).join(' | ')
  if (allOf !== undefined) return allOf.map((part) => `(${typeOf(part)})`).join(' & ')
  switch (type) {
    case 'object':
      return objectType(schema)
    case 'array':
      return arrayType(schema)
    case 'integer':
      return 'number'
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return type
    case undefined:
    default:
      return 'unknown'
  }
}

function literals(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(' | ')
}

function arrayType({ items }: Schema): string {
  return items === undefined ? 'unknown[]' : `(${typeOf(items)})[]`
}

function objectType({ properties = {}, required = [], additionalProperties }: Schema): string {
  const members = Object.entries(properties).map(([name, schema]) => {
    const mark = required.includes(name) ? '' : '?'
    return `${comment(schema.description)}${member(name)}${mark}: ${typeOf(schema)}`
  })
  if (members.length > 0) return `{ ${members.join('\n')} }`
  return `Record<string, ${typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown'}>`
}

function member(name: string): string {
  return /^[A-Za-z]\w*$/.test(name) ? name : `'${name}'`
}

function comment(text: string | undefined): string {
  return text === undefined ? '' : `/** ${text.replaceAll('*/', '*\\/')} */\n`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const installation = await createInstallation()
  const server = await startServer(installation)
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as Document
  await server.stop()
  await installation.remove()
  writeFileSync(new URL('src/generated.ts', import.meta.url), generated(document))
}
