// The rules of the values of a field in a draft, as keywords of JSON Schema.

import { type Code, memberName, valueCode } from './draft.ts'
import { merged, type Schema, typeOf } from './openapi.ts'

const ofTexts = ['minLength', 'maxLength', 'pattern'] as const
const carried = [...ofTexts, 'minimum', 'maximum', 'minItems', 'maxItems', 'maxProperties'] as const
/** Rules for which `posthorn dialect check` makes no values. */
const leftOut = ['exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'uniqueItems', 'minProperties', 'anyOf', 'not']
const ofKinds = {
  url: ['minLength', 'maxLength'],
  description: ofTexts,
  eventTypes: ['minItems', 'maxItems'],
} as const
const formats = ['uri', 'url', 'uuid', 'email', 'date-time']

/** The option `schema` of a field of the kit, as the end of its code; empty: the document has no rule for it. */
export function rulesCode(kind: keyof typeof ofKinds, schema: Schema): Code {
  const names: readonly string[] = ofKinds[kind]
  const given = [...carried, ...leftOut].filter((name) => schema[name] !== undefined && schema[name] !== false)
  const kept = given.filter((name) => names.includes(name) && isMade(name, schema[name], kind))
  const members = kept.map((name) => `${name}: ${valueCode(schema[name])}`)
  return withLeftOut(
    members.length === 0 ? '' : `, schema: { ${members.join(', ')} }`,
    given.filter((name) => !kept.includes(name)),
  )
}

/** The JSON Schema of a detail. */
export function detailCode(schema: Schema): Code {
  const missing = new Set<string>()
  const keywords = keywordsOf({ ...schema, nullable: false }, missing)
  return withLeftOut(valueCode(keywords), [...missing])
}

function withLeftOut(code: string, names: readonly string[]): Code {
  return names.length === 0 ? { code } : { code, guess: `the document also has the rule ${names.join(', ')}` }
}

function keywordsOf(schema: Schema, missing: Set<string>): Readonly<Record<string, unknown>> {
  const { enum: choices, format = '', nullable, properties = {}, required, items } = schema
  const { additionalProperties: others } = schema as { readonly additionalProperties?: Schema | boolean }
  const type = typeOf(schema) ?? (typeof choices?.[0] === 'number' ? 'number' : 'string')
  const given = [...carried, ...leftOut].filter((name) => schema[name] !== undefined && schema[name] !== false)
  const kept = given.filter((name) => !leftOut.includes(name) && isMade(name, schema[name]))
  for (const name of given) if (!kept.includes(name)) missing.add(name)
  const values = choices?.filter((one) => one !== null)
  const members = Object.entries(properties).map(([name, one]) => [name, keywordsOf(merged(one), missing)] as const)
  return {
    type: nullable === true ? [type, 'null'] : type,
    ...(values && { enum: nullable === true ? [...values, null] : values }),
    ...(formats.includes(format) && { format }),
    ...Object.fromEntries(kept.map((name) => [name, schema[name]])),
    ...(items && { items: keywordsOf(merged(items), missing) }),
    ...(members.length > 0 && { properties: Object.fromEntries(members) }),
    ...(required && { required }),
    ...(others !== undefined && {
      additionalProperties: typeof others === 'boolean' ? others : keywordsOf(merged(others), missing),
    }),
  }
}

/** Whether the check makes values that follow a rule. */
function isMade(name: string, value: unknown, kind?: string): boolean {
  if (name === 'pattern') return isPattern(String(value)) && !/\(\?[=!<]/.test(String(value))
  return kind !== 'eventTypes' || name !== 'minItems' || value === 0 || value === 1
}

const ofHeaders = ['maxProperties', 'propertyNames', 'additionalProperties', 'maxLength', 'pattern'] as const

/** The option `schema` of a field with headers. */
export function headersCode(schema: Schema): Code {
  const members = ofHeaders.filter((keyword) => schema[keyword] !== undefined)
  if (members.length === 0) return { code: '' }
  const codes = members.map((keyword) => `${memberName(keyword)}: ${valueCode(withoutBadPatterns(schema[keyword]))}`)
  const { propertyNames } = schema
  const isWhole = JSON.stringify(withoutBadPatterns(propertyNames)) === JSON.stringify(propertyNames)
  const reason = 'the names of headers: the pattern of the document is not one of JavaScript'
  return { code: `, schema: { ${codes.join(', ')} }`, ...(!isWhole && { guess: reason }) }
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
