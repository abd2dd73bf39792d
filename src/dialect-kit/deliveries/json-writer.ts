// JSON of parts and constants. The constant text between the parts is made once, when the dialect is loaded.

import type { Message } from '../../contracts/delivery-dialect.ts'
import { DefinitionError } from '../definition-error.ts'
import { isObject, isTime, noPart } from './no-part.ts'
import { needsOf, type Part, type Sending } from './part-types.ts'

/**
 * A part, a constant, or an array or object of them. The member `...` of an object is a part whose members stand in the
 * object itself: `{ id: event.id, '...': event.data }`.
 */
export type JsonOf<Of extends Part> =
  | Of
  | string
  | number
  | boolean
  | null
  | readonly JsonOf<Of>[]
  | { readonly [name: string]: JsonOf<Of> }

export interface JsonWriter extends Pick<Part, 'needsEarlier' | 'json' | 'schema'> {}

type Members = Readonly<Record<string, JsonOf<Part>>>

/** A text, a part, or the members of a part, which a comma separates from the other members. */
type Piece = string | Pick<Part, 'json' | 'needsEarlier'>

/**
 * @param place the place of the value in the definition, for errors
 * @throws DefinitionError: a value that is neither a part nor a constant, or a `...` that is not a part
 */
export function jsonWriter(value: JsonOf<Part>, place: string): JsonWriter {
  const pieces: Piece[] = []
  write(value, pieces, place)
  const [first = '', ...rest] = joined(pieces)
  // The constant texts stand between the parts: text, part, text, part, text.
  const steps: { readonly json: Part['json']; readonly after: string }[] = []
  for (let index = 0; index < rest.length; index += 2) {
    const { json } = rest[index] as Part
    steps.push({ json, after: (rest[index + 1] as string | undefined) ?? '' })
  }
  return {
    json(message: Message, sending: Sending) {
      let text = first as string
      for (const { json, after } of steps) text += json(message, sending) + after
      return text
    },
    schema: schemaOf(value),
    ...needsOf(pieces),
  }
}

function isPart(value: JsonOf<Part>): value is Part {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Part>).json === 'function'
}

function isList(value: JsonOf<Part>): value is readonly JsonOf<Part>[] {
  return Array.isArray(value)
}

function write(value: JsonOf<Part>, pieces: Piece[], place: string): void {
  if (isTime(value)) throw noPart(place, value)
  if (isPart(value)) pieces.push(value)
  else if (isList(value)) writeList(value, pieces, place)
  else if (isObject(value)) writeObject(value, pieces, place)
  else if (isConstant(value)) pieces.push(JSON.stringify(value))
  else throw noPart(place, value, 'a constant')
}

function isConstant(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

function writeList(values: readonly JsonOf<Part>[], pieces: Piece[], place: string): void {
  let before = '['
  for (const [index, value] of values.entries()) {
    pieces.push(before)
    write(value, pieces, `${place}[${index}]`)
    before = ','
  }
  pieces.push(before === '[' ? '[]' : ']')
}

function writeObject(object: Members, pieces: Piece[], place: string): void {
  const { '...': spread, ...members } = object
  let before = '{'
  for (const [name, member] of Object.entries(members)) {
    pieces.push(`${before}${JSON.stringify(name)}:`)
    write(member, pieces, `${place}.${name}`)
    before = ','
  }
  if (spread === undefined) {
    pieces.push(before === '{' ? '{}' : '}')
    return
  }
  if (!isPart(spread)) throw new DefinitionError(place, 'the member ... must be a part, such as event.data')
  // They stand last, so that an empty part leaves no comma behind.
  pieces.push(before === '{' ? '{' : '', membersOf(spread, before === '{' ? '' : ','), '}')
}

/** The members of a part without its braces, after `before`; nothing if there are none. */
function membersOf({ json, needsEarlier }: Part, before: string): Piece {
  return {
    json(message, sending) {
      const text = json(message, sending).trim()
      if (!text.startsWith('{')) throw new Error('a part whose members stand in the body is not an object')
      const members = text.slice(1, -1).trim()
      return members === '' ? '' : before + members
    },
    ...(needsEarlier && { needsEarlier }),
  }
}

/** The pieces, with neighbouring texts as one: they begin and end with a text. */
function joined(pieces: readonly Piece[]): readonly Piece[] {
  const all: Piece[] = ['']
  for (const piece of pieces) {
    if (typeof piece === 'string') all.push((all.pop() as string) + piece)
    else all.push(piece, '')
  }
  return all
}

function schemaOf(value: JsonOf<Part>): object {
  if (isPart(value)) return value.schema
  if (isList(value)) return { type: 'array', prefixItems: value.map(schemaOf), items: false }
  if (typeof value !== 'object' || value === null) return { const: value }
  const { '...': _spread, ...members } = value
  const properties = Object.fromEntries(Object.entries(members).map(([name, member]) => [name, schemaOf(member)]))
  return { type: 'object', properties, required: Object.keys(properties) }
}
