// The map of endpoint fields of a draft, from the schemas of requests and answers.

import { type Code, memberName, quoted, valueCode } from './draft.ts'
import type { Found, Shape } from './found.ts'
import { meaningOf, wordsOf } from './names.ts'
import { exampleOf, merged, type Schema, schemaOf, typeOf } from './openapi.ts'
import { guess } from './plain-draft.ts'

/** The schema of the id field, and the code of the fields. */
export interface DraftedFields {
  readonly map: Readonly<Record<string, Code>>
  readonly id: Schema
  /** The form of tenant ids, if a field shows them as a number. */
  readonly tenant: { readonly tenant?: Code }
}

interface Requests {
  /** Null: the document has no such request. */
  readonly create: Schema | null
  readonly change: Schema | null
}

interface Facts {
  readonly idName: string
  /** Customers choose the ids. */
  readonly hasKeys: boolean
}

export function fieldsFrom(
  found: readonly Found[],
  shapes: ReadonlyMap<Found, Shape>,
  { idName, hasKeys }: Facts,
): DraftedFields {
  const requestOf = (...kinds: readonly string[]): Schema | null => {
    const operation = found.find(({ kind }) => kinds.includes(kind))?.operation
    return operation === undefined ? null : (schemaOf(operation.requestBody?.content) ?? {})
  }
  const requests = { create: requestOf('create', 'put'), change: requestOf('change', 'replace', 'put') }
  const answers = found.flatMap((one) => Object.entries(shapes.get(one)?.endpoint.properties ?? {}))
  const written = Object.values(requests).flatMap((schema) => Object.entries(schema?.properties ?? {}))
  // The fields stand in the order of the answers.
  const shown = new Map<string, Schema>()
  for (const [name, schema] of [...answers, ...written]) if (!shown.has(name)) shown.set(name, merged(schema))
  const id = hasKeys ? idName : idFieldIn([...shown.keys()], idName)
  const map: Record<string, Code> = {}
  let tenant: DraftedFields['tenant'] = {}
  for (const [name, schema] of shown) {
    const isId = name === id
    const isSecond = isSecondDescription(name, [...shown.keys()])
    const field = isId
      ? hasKeys
        ? { code: keyField }
        : idField(schema)
      : isSecond
        ? otherField(name, schema, onOf(name, schema, requests), requests)
        : fieldOf(name, schema, requests)
    map[name] = isId ? field : withShown(field, viewsWith(name, found, shapes))
    if (meaningOf(name) === 'tenant' && typeOf(schema) === 'integer') {
      tenant = { tenant: guess(quoted('{integer:9}'), `${name} is a number`) }
    }
  }
  if (hasKeys && !shown.has(idName)) map[idName] = { code: keyField.replace(' }', ", shown: 'never' }") }
  if (id === null) map['id'] = guess("{ is: 'id' }", 'no field of the document is the id')
  return { map, id: (id === null ? undefined : shown.get(id)) ?? {}, tenant }
}

/** A webhook has one description. Further texts, such as a name beside it, are details of the product. */
function isSecondDescription(name: string, names: readonly string[]): boolean {
  const texts = names.filter((one) => meaningOf(one) === 'description')
  const own = texts.find((one) => one.toLowerCase() === 'description') ?? texts[0]
  return texts.includes(name) && name !== own
}

/** The event types in the schemas of endpoints, and of requests that create or change them. */
export function eventTypesIn(endpoints: readonly Schema[]): readonly string[] {
  for (const { properties = {} } of endpoints) {
    for (const [name, schema] of Object.entries(properties)) {
      if (meaningOf(name) !== 'eventTypes') continue
      const whole = merged(schema)
      const { enum: choices = [] } = whole.items === undefined ? whole : merged(whole.items)
      const texts = choices.filter((one): one is string => typeof one === 'string' && one !== '*')
      if (texts.length > 0) return texts
    }
  }
  return []
}

/** The template of endpoint ids. */
export function idCode(field: Schema, parameter: Schema | undefined): Code {
  const whole = { ...merged(parameter ?? {}), ...field }
  if (typeOf(whole) === 'integer') return { code: quoted('{number}') }
  if (whole.format === 'uuid') return { code: quoted('{uuid4}') }
  const example = exampleOf(whole) ?? exampleOf(merged(parameter ?? {}))
  if (typeof example !== 'string') return guess(quoted('{base62:20}'), 'the form of the ids of your webhooks')
  const [, prefix = '', random = ''] = /^(.*[_-])?(.+)$/s.exec(example) ?? []
  const alphabet = /^[0-9a-f]+$/.test(random) ? 'hex' : /^[0-9a-z]+$/.test(random) ? 'base36' : 'base62'
  return guess(quoted(`${prefix}{${alphabet}:${random.length}}`), `the example is ${example}`)
}

function idFieldIn(names: readonly string[], idName: string): string | null {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z]/g, '')
  const candidates = ['id', plain(idName), 'uuid', 'guid', 'webhookid', 'hookid', 'sid']
  for (const candidate of candidates) {
    const found = names.find((name) => plain(name) === candidate)
    if (found !== undefined) return found
  }
  return null
}

const keyField = "{ is: 'detail', key: true, on: 'create!' }"

function idField(schema: Schema): Code {
  return { code: typeOf(schema) === 'integer' ? "{ is: 'id', as: 'number' }" : "{ is: 'id' }" }
}

function fieldOf(name: string, schema: Schema, requests: Requests): Code {
  const type = typeOf(schema)
  const on = onOf(name, schema, requests)
  const nullable = schema.nullable === true ? ', nullable: true' : ''
  const meaning = meaningOf(name)
  const take = (is: string, more = ''): Code => {
    const code = `{ is: ${quoted(is)}${more}${on.code} }`
    return on.guess === undefined ? { code } : guess(code, on.guess)
  }
  switch (meaning) {
    case 'url':
      return take('url', lengthOf(name, schema, requests))
    case 'eventTypes': {
      const known = eventTypesIn(
        [requestedField(name, schema, requests), schema].map((one) => ({ properties: { [name]: one } })),
      )
      return take(type === 'array' ? 'eventTypes' : 'eventType', known.length > 0 ? ', known: true' : '')
    }
    case 'enabled':
    case 'disabled':
      if (type === 'boolean') return take('enabled', meaning === 'disabled' ? ', inverted: true' : '')
      break
    case 'state': {
      const words = wordsOf(schema.enum ?? [])
      if (words !== null) return take('enabled', `, words: ${valueCode(words)}`)
      break
    }
    case 'secret':
    case 'secrets':
      if (schema.readOnly !== true) return secretField(type === 'array' ? 'secrets' : 'secret', on)
      return secretField(type === 'array' ? 'secrets' : 'secret', { code: '' })
    case 'description':
      if (type === 'string') return take('description', `${nullable}${lengthOf(name, schema, requests)}`)
      break
    case 'createdAt':
    case 'updatedAt':
      return timeField(meaning, schema)
    case 'headers':
      if (type === 'object') return headersField(take('headers', keywordsOf(schema)), schema)
      break
    case 'tenant':
      return guess(
        `{ is: 'tenant'${type === 'integer' ? ", as: 'number'" : ''} }`,
        `${name} is the id of your customer`,
      )
    default:
  }
  return otherField(name, schema, on, requests)
}

/** A field as requests have it; the field as answers have it, if no request has it. */
function requestedField(name: string, schema: Schema, { create, change }: Requests): Schema {
  return merged(create?.properties?.[name] ?? change?.properties?.[name] ?? schema)
}

/** The bound on the length of a text, as the end of a field's code. */
function lengthOf(name: string, schema: Schema, requests: Requests): string {
  const { maxLength } = requestedField(name, schema, requests)
  return maxLength === undefined ? '' : `, schema: { maxLength: ${valueCode(maxLength)} }`
}

/** A field that stands for nothing that the kit knows. */
function otherField(name: string, schema: Schema, on: Code, requests: Requests): Code {
  if (schema.readOnly !== true && schema.format === 'uuid') {
    return guess(
      `{ is: 'filter', attribute: ${quoted(name)}, nullable: true${on.code}, schema: { format: 'uuid' } }`,
      `only events with this ${name} may be sent`,
    )
  }
  if (schema.readOnly !== true && on.code !== '') {
    const { maxLength } = requestedField(name, schema, requests)
    const keywords = { type: typeOf(schema) ?? 'string', ...(maxLength !== undefined && { maxLength }) }
    const code = `{ is: 'detail'${schema.nullable === true ? ', nullable: true' : ''}${on.code}, schema: ${valueCode(keywords)} }`
    return on.guess === undefined ? { code } : guess(code, on.guess)
  }
  const value = schema.enum?.[0] ?? (schema.nullable === true ? null : (exampleOf(schema) ?? zeroOf(schema)))
  const shown = schema.nullable === true && value === null ? 'null' : valueCode(value)
  return guess(
    `{ is: 'computed', show: () => ${shown.startsWith('{') ? `(${shown})` : shown} }`,
    `the value of ${name}`,
  )
}

function zeroOf(schema: Schema): unknown {
  switch (typeOf(schema)) {
    case 'array':
      return []
    case 'object':
      return {}
    case 'integer':
    case 'number':
      return 0
    case 'boolean':
      return false
    default:
      return ''
  }
}

/** The requests that take a field. */
function onOf(name: string, schema: Schema, { create, change }: Requests): Code {
  const words: string[] = []
  for (const [word, request] of [
    ['create', create],
    ['change', change],
  ] as const) {
    if (request === null || !(name in (request.properties ?? {}))) continue
    words.push(request.required?.includes(name) === true && word === 'create' ? `${word}!` : word)
  }
  if (words.length > 0) return { code: `, on: ${quoted(words.join(' '))}` }
  if (create !== null || schema.readOnly === true) return { code: '' }
  const isNeeded = ['url', 'eventTypes'].includes(meaningOf(name) ?? '')
  return guess(`, on: ${quoted(isNeeded ? 'create! change' : 'create change')}`, 'which requests take it')
}

const secretGuess = 'which answers show the secret, and which requests take it'

function secretField(is: string, on: Code): Code {
  return guess(`{ is: ${quoted(is)}${on.code}, shown: 'create get' }`, secretGuess)
}

function timeField(is: string, schema: Schema): Code {
  if (typeOf(schema) === 'integer') {
    return guess(`{ is: ${quoted(is)}, form: 'unixSeconds' }`, 'seconds, or milliseconds: unixMilliseconds')
  }
  const example = exampleOf(schema)
  const fraction = typeof example === 'string' ? (/\.(\d+)/.exec(example)?.[1]?.length ?? 0) : null
  const form = fraction === null || fraction === 3 ? 'iso' : fraction === 0 ? 'isoInSeconds' : 'isoInMicroseconds'
  const code = `{ is: ${quoted(is)}, form: ${quoted(form)} }`
  return fraction === null ? guess(code, 'the form of times: iso, isoInSeconds, isoInMicroseconds') : { code }
}

/** The rules of headers are a guess where a pattern of the document is left out. */
function headersField(field: Code, schema: Schema): Code {
  const { propertyNames } = schema
  return JSON.stringify(withoutBadPatterns(propertyNames)) === JSON.stringify(propertyNames)
    ? field
    : guess(field.code, 'the names of headers: the pattern of the document is not one of JavaScript')
}

const kept = ['maxProperties', 'propertyNames', 'additionalProperties', 'maxLength', 'pattern'] as const

function keywordsOf(schema: Schema): string {
  const members = kept.filter((keyword) => schema[keyword] !== undefined)
  if (members.length === 0) return ''
  const codes = members.map((keyword) => `${memberName(keyword)}: ${valueCode(withoutBadPatterns(schema[keyword]))}`)
  return `, schema: { ${codes.join(', ')} }`
}

/** A pattern of another language than JavaScript, or of an older one, is left out. */
function withoutBadPatterns(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([name, member]) => name !== 'pattern' || isPattern(String(member)))
  return Object.fromEntries(members.map(([name, member]) => [name, withoutBadPatterns(member)]))
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp
  } catch {
    return false
  }
}

/** The answers that have a field; null: all of them. */
function viewsWith(name: string, found: readonly Found[], shapes: ReadonlyMap<Found, Shape>): readonly string[] | null {
  const views = new Map<string, boolean>()
  for (const one of found) {
    const { properties } = shapes.get(one)?.endpoint ?? {}
    if (properties === undefined) continue
    const view = ['replace', 'put', 'enable', 'disable'].includes(one.kind) ? 'change' : one.kind
    views.set(view, (views.get(view) ?? true) && name in properties)
  }
  const having = [...views].filter(([, has]) => has).map(([view]) => view)
  return having.length === views.size ? null : having
}

/** A field that only some answers have. */
function withShown(field: Code, views: readonly string[] | null): Code {
  if (views === null) return field
  const shown = views.length === 0 ? 'never' : views.join(' ')
  const code = field.code.replace(/, shown: '[^']*'/, '').replace(/ \}$/, `, shown: ${quoted(shown)} }`)
  const { guess: reason } = field
  return reason === undefined || reason === secretGuess ? { code } : { code, guess: reason }
}
