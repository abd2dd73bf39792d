// The template of the ids of webhooks in a draft.

import { type Code, quoted } from './draft.ts'
import { exampleOf, merged, type Schema, typeOf } from './openapi.ts'
import { guess } from './plain-draft.ts'

/** The characters of a class of a pattern, by the name that templates have for them. */
const alphabets: Readonly<Record<string, string>> = {
  'A-Z a-z 0-9': 'base62',
  'a-z 0-9': 'base36',
  'a-f 0-9': 'hex',
  '0-9': 'digits',
}

/** The length of ids whose pattern bounds it only from below. */
const usualLength = 20

export function idCode(field: Schema, parameter: Schema | undefined): Code {
  const whole = { ...merged(parameter ?? {}), ...field }
  if (typeOf(whole) === 'integer') return { code: quoted('{number}') }
  if (whole.format === 'uuid') return { code: quoted('{uuid4}') }
  const byPattern = typeof whole['pattern'] === 'string' ? codeOf(whole['pattern']) : null
  if (byPattern !== null) return byPattern
  const example = exampleOf(whole) ?? exampleOf(merged(parameter ?? {}))
  if (typeof example !== 'string') return guess(quoted('{base62:20}'), 'the form of the ids of your webhooks')
  const [, prefix = '', random = ''] = /^(.*[_-])?(.+)$/s.exec(example) ?? []
  const alphabet = /^[0-9a-f]+$/.test(random) ? 'hex' : /^[0-9a-z]+$/.test(random) ? 'base36' : 'base62'
  return guess(quoted(`${prefix}{${alphabet}:${random.length}}`), `the example is ${example}`)
}

/** The template of a pattern that is a constant text and a class of characters; null: it is another one. */
function codeOf(pattern: string): Code | null {
  const parts = /^\^((?:[\w:~]|\\?[-.])*)(\[[^\]]+\]|\\d)(?:\{(\d+)(,\d*)?\}|\+)\$$/.exec(pattern)
  const [, prefix = '', characters = '', least = '1', most] = parts ?? []
  const alphabet = alphabets[rangesOf(characters)]
  // A point stands for any character.
  if (parts === null || alphabet === undefined || /(?<!\\)\./.test(prefix)) return null
  const isExact = parts[3] !== undefined && most === undefined
  const bound = Number(most?.slice(1) || Infinity)
  const length = isExact ? Number(least) : Math.min(bound, Math.max(Number(least), usualLength))
  const code = quoted(`${prefix.replaceAll('\\', '')}{${alphabet}:${length}}`)
  return isExact ? { code } : guess(code, `the length of ids: the pattern is ${pattern}`)
}

/** The ranges of a class of characters, in the order of the alphabets. */
function rangesOf(characters: string): string {
  const ranges = characters.replaceAll(String.raw`\d`, '0-9').replaceAll(/[[\]]/g, '')
  const found = [...ranges.matchAll(/.-./gs)].map(([range]) => range)
  if (found.join('').length !== ranges.length) return ''
  return found.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)).join(' ')
}

const order = ['A-Z', 'a-z', 'a-f', '0-9']
