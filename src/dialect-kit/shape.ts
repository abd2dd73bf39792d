// The shape of objects, for files that no compiler of types has read: members that are missing, misspelt or of another kind
// are refused when the dialect is loaded.

import { types } from 'node:util'
import { DefinitionError } from './definition-error.ts'

type Name = 'string' | 'boolean' | 'number' | 'object' | 'list' | 'function' | 'pattern' | 'any'

/** The kind of a value: `object!` is an object that must be there, `string|function` is one of both. */
type Plain = `${Name}${'' | `|${Name}`}${'' | '!'}`

/** A word, or a number, of a closed set. */
interface Word<Of extends PropertyKey> {
  readonly oneOf: Readonly<Record<Of, unknown>>
  readonly required?: true
}

/** An object of a shape, or an object or list of which each entry has the shape. */
interface Nested<Of> {
  readonly members?: Shape<Extract<Of, object>>
  readonly each?: Shape<EntryOf<Of>>
  readonly isList?: true
  /** A value of this kind may stand in place of the object. */
  readonly or?: Name
  readonly required?: true
}

type EntryOf<Of> = Of extends readonly (infer Entry)[] ? Entry : Of[keyof Of]

type Kind = Plain | Word<string> | Nested<Readonly<Record<string, unknown>>>
type KeyOf<Of> = Of extends Of ? keyof Of : never
type ValueOf<Of, Key> = Of extends Of ? (Key extends keyof Of ? Exclude<Of[Key], undefined> : never) : never
/** The type of `'5s' | '5m'`, not that of any text or of texts by a template. */
type IsWord<Value> = [Value] extends [string | number] ? ({} extends Record<Value, 1> ? false : true) : false
type KindOf<Value> = IsWord<Value> extends true ? Word<Value & PropertyKey> : Plain | Nested<Value>

/** The kinds of all members of an object. The compiler refuses a shape that is not complete. */
export type Shape<Of> = { readonly [Key in KeyOf<Of>]-?: KindOf<ValueOf<Of, Key>> }

/**
 * @param place the place of the object in the definition; empty: it is the definition
 * @param required the members that must be there, where they are not all of `known`
 * @throws DefinitionError
 */
export function checkMembers<Of>(
  place: string,
  object: unknown,
  known: Shape<Of>,
  required: Readonly<Record<string, unknown>> = known,
): void {
  const kinds = known as Readonly<Record<string, Kind>>
  if (typeof object !== 'object' || object === null) throw new DefinitionError(place, 'must be an object')
  const given = object as Readonly<Record<string, unknown>>
  const at = (name: string): string => (place === '' ? name : `${place}.${name}`)
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    const kind = kinds[name]
    if (kind === undefined) throw unknownName(at(name), Object.keys(kinds))
    checkValue(at(name), value, kind)
  }
  const missing = Object.keys(required).find((name) => given[name] === undefined && isRequired(kinds[name]))
  if (missing !== undefined) throw new DefinitionError(at(missing), 'is missing')
}

function isRequired(kind: Kind | undefined): boolean {
  return typeof kind === 'string' ? kind.endsWith('!') : kind?.required === true
}

function checkValue(place: string, value: unknown, kind: Kind): void {
  if (typeof kind === 'string') {
    const names = kind.replace('!', '').split('|')
    const isOfKind = names.includes('any') || names.includes(nameOf(value))
    if (!isOfKind) throw new DefinitionError(place, `must be ${names.map(withArticle).join(' or ')}`)
    if (isAsync(value)) throw new DefinitionError(place, 'must not be async')
  } else if ('oneOf' in kind) {
    if (!Object.hasOwn(kind.oneOf, String(value))) {
      throw unknownName(`${place}: ${JSON.stringify(value)}`, Object.keys(kind.oneOf))
    }
  } else if (nameOf(value) !== kind.or) {
    const outer = kind.isList ? 'list' : 'object'
    checkValue(place, value, kind.or === undefined ? outer : `${kind.or}|${outer}`)
    if (kind.members !== undefined) checkMembers(place, value, kind.members)
    if (kind.each === undefined) return
    for (const [name, entry] of Object.entries(value as object)) checkMembers(`${place}.${name}`, entry, kind.each)
  }
}

/** The value of a function of a dialect is needed at once. */
export function isAsync(value: unknown): boolean {
  return typeof value === 'function' && value.constructor.name === 'AsyncFunction'
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (types.isRegExp(value)) return 'pattern'
  return Array.isArray(value) ? 'list' : typeof value
}

export function withArticle(name: string): string {
  return `${/^[ao]/.test(name) ? 'an' : 'a'} ${name}`
}

/** Wishes of vendors that no dialect can express, by the place where a definition would have them. */
const inexpressible: Readonly<Record<string, string>> = {
  'ids.delivery': 'the id of a delivery is a UUID',
  'deliveries.redirects': 'redirects are never followed',
  'is: urls': 'an endpoint has one URL',
}

export function unknownName(place: string, known: readonly string[]): DefinitionError {
  const reason = Object.entries(inexpressible).find(([one]) => place.endsWith(one))?.[1]
  if (reason !== undefined) return new DefinitionError(place, `cannot be expressed: ${reason}`)
  return new DefinitionError(place, `is not known; known are ${known.join(', ') || 'none'}`)
}
