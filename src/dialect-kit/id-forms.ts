// The forms of ids. A template gives the generator and the pattern of an id, so that both always agree.

import { type RandomBytes, randomText, timeOrderedText, uuidV4, uuidV7 } from '../domain/ids.ts'
import { DefinitionError } from './definition-error.ts'

export interface IdForm {
  /** Exactly the ids that `create` makes. */
  readonly pattern: RegExp
  /** @param key the number of the endpoint, which is unique in the installation */
  create(random: RandomBytes, nowMs: number, key: number): string
}

interface Token {
  readonly pattern: (length: number) => string
  readonly create: (length: number, random: RandomBytes, nowMs: number, key: number) => string
}

const alphabets = {
  base62: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  base36: '0123456789abcdefghijklmnopqrstuvwxyz',
  digits: '0123456789',
  hex: '0123456789abcdef',
} as const

const classes = { base62: '[0-9A-Za-z]', base36: '[0-9a-z]', digits: '[0-9]', hex: '[0-9a-f]' } as const

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'

const tokens: Readonly<Record<string, Token>> = {
  ...Object.fromEntries(
    (['base62', 'base36', 'digits', 'hex'] as const).map((name): [string, Token] => [
      name,
      {
        pattern: (length) => `${classes[name]}{${length}}`,
        create: (length, random) => randomText(random, length, alphabets[name]),
      },
    ]),
  ),
  /** Digits, the first one of which is not 0. */
  integer: {
    pattern: (length) => `[1-9][0-9]{${length - 1}}`,
    create: (length, random) => randomText(random, 1, '123456789') + randomText(random, length - 1, alphabets.digits),
  },
  /** Sorts by time: 8 characters of time, then random ones. */
  time: {
    pattern: (length) => `[0-9A-Za-z]{${length}}`,
    create: (length, random, nowMs) => timeOrderedText(nowMs, random, length),
  },
  uuid4: { pattern: () => uuid, create: (_length, random) => uuidV4(random) },
  uuid7: { pattern: () => uuid, create: (_length, random, nowMs) => uuidV7(nowMs, random) },
  /** The number of the endpoint. Its `length` is the first number; default: 1. */
  number: {
    pattern: () => '[1-9][0-9]{0,15}',
    create: (first, _random, _nowMs, key) => String(Math.max(first, 1) - 1 + key),
  },
}

const placeholder = /\{([a-z0-9]+)(?::(\d+))?\}/

/**
 * Compiles a template such as `ep_{base62:20}`: text, and in braces `base62`, `base36`, `digits`, `integer`, `hex` and
 * `time` with a length, or `uuid4`, `uuid7`, `number`, and `number:1001` for numbers from 1001 on.
 *
 * @param field the place in the definition, for the error
 * @throws DefinitionError
 */
export function idForm(template: string, field: string): IdForm {
  const pieces = template.split(new RegExp(placeholder, 'g'))
  const steps: { readonly before: string; readonly token: Token; readonly length: number }[] = []
  for (let index = 0; index + 2 < pieces.length; index += 3) {
    const [before = '', name = '', length] = pieces.slice(index, index + 3)
    const token = Object.hasOwn(tokens, name) ? tokens[name] : undefined
    if (token === undefined)
      throw new DefinitionError(field, `{${name}} is not one of ${Object.keys(tokens).join(', ')}`)
    const needsLength = /\{\d/.test(token.pattern(7)) && token.pattern(7) !== token.pattern(8)
    if (name !== 'number' && needsLength === (length === undefined)) {
      throw new DefinitionError(
        field,
        needsLength ? `{${name}} needs a length: {${name}:20}` : `{${name}} has no length`,
      )
    }
    if (name === 'time' && Number(length) < 12) throw new DefinitionError(field, '{time} needs a length of 12 or more')
    steps.push({ before, token, length: Number(length ?? 0) })
  }
  const last = pieces.at(-1) ?? ''
  if (steps.length === 0)
    throw new DefinitionError(field, `${JSON.stringify(template)} has no {…}: all ids would be equal`)
  const source = steps.map(({ before, token, length }) => RegExp.escape(before) + token.pattern(length)).join('')
  return {
    pattern: new RegExp(`^${source}${RegExp.escape(last)}$`),
    create(random, nowMs, key) {
      let id = ''
      for (const { before, token, length } of steps) id += before + token.create(length, random, nowMs, key)
      return id + last
    },
  }
}
