// Values of the schemas of fields.

import { sample, stringMatching } from 'fast-check'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/schema'
import type { Schema } from './document.ts'

/** One of these patterns gives so many texts, of which the first good ones are taken. */
const madeTexts = 100
const exampleUrl = 'https://example.com/'

/**
 * A value of a schema: one of its `examples`, or else a made one. It is wrong where none can be made.
 *
 * @param nth another number gives another value, if the schema has several
 */
export function valueOf(schema: Schema, url = exampleUrl, nth = 0): unknown {
  const { anyOf, type, minimum = 1, items, minItems = 0, examples, enum: choices = examples } = schema
  if (schema.const !== undefined) return schema.const
  if (choices !== undefined) return choices[nth % choices.length]
  if (anyOf !== undefined) return valueOf(anyOf.find((one) => one.type !== 'null') ?? {}, url, nth)
  switch (Array.isArray(type) ? type[0] : type) {
    case 'integer':
    case 'number':
      return minimum + nth
    case 'boolean':
      return true
    case 'array':
      return Array.from({ length: minItems }, () => valueOf(items ?? {}, url))
    case 'object': {
      const { properties = {}, required = [] } = schema
      return Object.fromEntries(required.map((name) => [name, valueOf(properties[name] ?? {}, url)]))
    }
    default:
      return schema.pattern === undefined ? plainText(schema, url, nth) : patternText(schema, schema.pattern, nth)
  }
}

/** How many different values of a schema there are. */
export function choicesOf({ const: only, examples, enum: choices = examples }: Schema): number {
  return only === undefined ? (choices?.length ?? Infinity) : 1
}

/** Whether a value is one of the schema. */
export function fits(schema: Schema, value: unknown): boolean {
  return Compile(schema as unknown as TSchema).Check(value)
}

function plainText({ format, minLength = 0, maxLength = Infinity }: Schema, url: string, nth: number): string {
  return textOf(format, url, nth).padEnd(minLength, 'x').slice(0, Math.min(maxLength, 1000))
}

function textOf(format: string | undefined, url: string, nth: number): string {
  switch (format) {
    case 'uuid':
      return `7c9e6679-7425-40de-944b-${(0xe07fc1f90ae7 + nth).toString(16)}`
    case 'uri':
    case 'url':
      return url
    case 'date-time':
      return '2026-01-31T12:00:00Z'
    case 'email':
      return 'a@example.com'
    default:
      return nth === 0 ? 'a text' : `${nth} text`
  }
}

/** The same texts each time. Undefined: none can be made of the pattern. */
function patternText(schema: Schema, pattern: string, nth: number): string | undefined {
  try {
    const made = sample(stringMatching(new RegExp(pattern, 'u')), { seed: 1, numRuns: madeTexts })
    // Plain texts are the likeliest to be taken by everything else that reads them.
    const good = [...new Set(made)].filter((text) => /^[!-~]+$/.test(text) && fits(schema, text))
    return good[nth % good.length]
  } catch {
    // Patterns may have parts of which no text can be made, such as conditions on what follows.
    return undefined
  }
}
