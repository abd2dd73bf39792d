// The map of endpoint fields of a draft, from the schemas of requests and answers.

import { type Code, quoted, valueCode } from './draft.ts'
import { detailCode, headersCode, rulesCode } from './draft-keywords.ts'
import type { Found, Shape } from './found.ts'
import { idNames, type Meaning, meaningOf, partOf, rankOf, wordsOf } from './names.ts'
import { exampleOf, isUrl, merged, type Schema, typeOf } from './openapi.ts'
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

/** @param requestOf the schema of the request of an operation */
export function fieldsFrom(
  found: readonly Found[],
  shapes: ReadonlyMap<Found, Shape>,
  requestOf: (found: Found) => Schema,
  { idName, hasKeys }: Facts,
): DraftedFields {
  const requestTo = (...kinds: readonly string[]): Schema | null => {
    const operation = found.find(({ kind }) => kinds.includes(kind))
    return operation === undefined ? null : requestOf(operation)
  }
  const requests = { create: requestTo('create', 'put'), change: requestTo('change', 'replace', 'put') }
  const answers = found.flatMap((one) => Object.entries(shapes.get(one)?.endpoint.properties ?? {}))
  const written = Object.values(requests).flatMap((schema) => Object.entries(schema?.properties ?? {}))
  // The fields stand in the order of the answers.
  const shown = new Map<string, Schema>()
  for (const [name, schema] of [...answers, ...written]) if (!shown.has(name)) shown.set(name, merged(schema))
  const id = hasKeys ? idName : idFieldIn([...shown.keys()], idName)
  const meanings = meaningsIn(shown, requests)
  const map: Record<string, Code> = {}
  let tenant: DraftedFields['tenant'] = {}
  for (const [name, schema] of shown) {
    const isId = name === id
    const field = isId
      ? hasKeys
        ? { code: keyField }
        : idField(schema)
      : fieldOf(name, schema, requests, meanings.get(name))
    map[name] = isId ? field : withShown(field, viewsWith(name, found, shapes))
    if (meaningOf(name) === 'tenant' && typeOf(schema) === 'integer') {
      tenant = { tenant: guess(quoted('{integer:9}'), `${name} is a number`) }
    }
  }
  if (![...meanings.values()].includes('url')) {
    map['url'] = guess("{ is: 'url', on: 'create! change' }", 'no field of the document is the URL')
  }
  if (requests.create !== null && ![...meanings.values()].includes('eventTypes') && !shown.has('events')) {
    const code = "{ is: 'eventTypes', all: 'empty', on: 'create change' }"
    map['events'] = guess(code, 'no field of the document has the event types, so a webhook gets all events')
  }
  if (hasKeys && !shown.has(idName)) map[idName] = { code: keyField.replace(' }', ", shown: 'never' }") }
  if (id === null) map['id'] = guess("{ is: 'id' }", 'no field of the document is the id')
  return { map, id: (id === null ? undefined : shown.get(id)) ?? {}, tenant }
}

/** A webhook has one URL, one list of event types, one secret and one description. */
const single: readonly (readonly Meaning[])[] = [['url'], ['eventTypes'], ['secret', 'secrets'], ['description']]

/** The part of a webhook that each field is. Where several fields could be the same part, the others are details of the product. */
function meaningsIn(shown: ReadonlyMap<string, Schema>, requests: Requests): ReadonlyMap<string, Meaning> {
  const isTaken = (name: string): boolean => name in { ...requests.create?.properties, ...requests.change?.properties }
  const order = (name: string): readonly number[] => [
    requests.create?.required?.includes(name) === true ? 0 : isTaken(name) ? 1 : 2,
    name.split('.').length,
    rankOf(name),
  ]
  const meanings = new Map<string, Meaning>()
  for (const [name, schema] of shown) {
    const meaning = partOf(name, schema)
    if (meaning !== undefined) meanings.set(name, meaning)
  }
  for (const kinds of single) {
    const names = [...meanings].filter(([, meaning]) => kinds.includes(meaning)).map(([name]) => name)
    const [, ...others] = names.toSorted((a, b) => compare(order(a), order(b)))
    for (const name of others) meanings.delete(name)
  }
  if (![...meanings.values()].includes('url')) {
    const urls = [...shown].filter(([name, schema]) => isUrl(schema) && (requests.create === null || isTaken(name)))
    if (urls[0] !== undefined) meanings.set(urls[0][0], 'url')
  }
  return meanings
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((one, index) => one !== b[index])
  return at === -1 ? 0 : (a[at] as number) - (b[at] as number)
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

function idFieldIn(names: readonly string[], idName: string): string | null {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z]/g, '')
  const candidates = ['id', plain(idName), ...idNames]
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

function fieldOf(name: string, schema: Schema, requests: Requests, meaning: Meaning | undefined): Code {
  const type = typeOf(schema)
  const on = onOf(name, schema, requests, meaning)
  const requested = requestedField(name, schema, requests)
  const take = (is: string, more = '', rules: Code = { code: '' }): Code =>
    withReasons(`{ is: ${quoted(is)}${more}${rules.code}${on.code} }`, on, rules)
  switch (meaning) {
    case 'url':
      return urlField(name, take('url', '', rulesCode('url', requested)))
    case 'eventTypes': {
      const known = eventTypesIn([requested, schema].map((one) => ({ properties: { [name]: one } })))
      const more = known.length > 0 ? ', known: true' : ''
      return type === 'array' ? take('eventTypes', more, rulesCode('eventTypes', requested)) : take('eventType', more)
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
      if (type === 'string') return descriptionField(on, schema, requested)
      break
    case 'createdAt':
    case 'updatedAt':
      return timeField(meaning, schema)
    case 'headers':
      if (type === 'object') return take('headers', '', headersCode(schema))
      break
    case 'tenant':
      return guess(
        `{ is: 'tenant'${type === 'integer' ? ", as: 'number'" : ''} }`,
        `${name} is the id of your customer`,
      )
    default:
  }
  const other = otherField(name, schema, on, requests)
  const second = meaning === undefined ? seconds[partOf(name, schema) ?? ''] : undefined
  return second === undefined || on.code === '' ? other : withReasons(other.code, other, { guess: second })
}

/** Why a field is no such part of a webhook, by the part that its name stands for. */
const seconds: Readonly<Record<string, string>> = {
  url: 'another field is the URL',
  eventTypes: 'another field has the event types',
  secret: 'another field is the secret',
  secrets: 'another field is the secret',
}

/** A field as requests have it; the field as answers have it, if no request has it. */
function requestedField(name: string, schema: Schema, { create, change }: Requests): Schema {
  return merged(create?.properties?.[name] ?? change?.properties?.[name] ?? schema)
}

function urlField(name: string, field: Code): Code {
  return withReasons(field.code, field, { ...(meaningOf(name) !== 'url' && { guess: 'its format is that of a URL' }) })
}

/** A description that may be left out is null in answers then. */
function descriptionField(on: Code, schema: Schema, requested: Schema): Code {
  const rules = rulesCode('description', requested)
  const isNullable = schema.nullable === true
  const isOptional = !isNullable && on.code !== '' && !on.code.includes('create!')
  const nullable = isNullable || isOptional ? ', nullable: true' : ''
  return withReasons(`{ is: 'description'${nullable}${rules.code}${on.code} }`, on, rules, {
    ...(isOptional && { guess: 'a webhook without it shows null' }),
  })
}

/** Code with the reasons of its parts. */
function withReasons(code: string, ...parts: readonly { readonly guess?: string }[]): Code {
  const reasons = parts.flatMap(({ guess: reason }) => reason ?? [])
  return reasons.length === 0 ? { code } : guess(code, reasons.join('; '))
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
    const rules = detailCode(requestedField(name, schema, requests))
    const nullable = schema.nullable === true ? ', nullable: true' : ''
    return withReasons(`{ is: 'detail'${nullable}${on.code}, schema: ${rules.code} }`, on, rules)
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
function onOf(name: string, schema: Schema, { create, change }: Requests, meaning: Meaning | undefined): Code {
  const words: string[] = []
  for (const [word, request] of [
    ['create', create],
    ['change', change],
  ] as const) {
    if (request === null || !(name in (request.properties ?? {}))) continue
    words.push(request.required?.includes(name) === true && word === 'create' ? `${word}!` : word)
  }
  const isNeeded = meaning === 'url' || meaning === 'eventTypes'
  if (isNeeded && !words.includes('create!')) return neededOn(meaning, words, create !== null)
  if (words.length > 0) return { code: `, on: ${quoted(words.join(' '))}` }
  if (create !== null || schema.readOnly === true) return { code: '' }
  return guess(", on: 'create change'", 'which requests take it')
}

/** A new webhook has a URL and event types. */
function neededOn(meaning: 'url' | 'eventTypes', words: readonly string[], hasCreate: boolean): Code {
  const isChanged = words.includes('change') || words.length === 0
  const code = `, on: ${quoted(isChanged ? 'create! change' : 'create!')}`
  if (!hasCreate) return guess(code, 'which requests take it')
  const more = meaning === 'url' ? '' : "; if a webhook without it gets all events, write all: 'empty'"
  return guess(code, `the document does not require it, and a webhook needs it${more}`)
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
