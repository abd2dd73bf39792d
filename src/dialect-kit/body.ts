// The bodies of deliveries.

import type { Message } from '../contracts/delivery-dialect.ts'
import type { BodyPart } from './parts.ts'

/** A value of a JSON body: a part, a constant, or an object of them. */
export type BodyValue = BodyPart | string | number | boolean | null | { readonly [name: string]: BodyValue }

export interface BodyForm {
  readonly contentType: string
  readonly encode: (message: Message) => string
  /** JSON Schema of the body. */
  readonly schema: object
}

/** A JSON object with the members in the given order. */
export function json(members: Readonly<Record<string, BodyValue>>): BodyForm {
  const pieces: (string | BodyPart)[] = []
  write(members, pieces)
  const [first = '', ...rest] = joined(pieces)
  // The constant texts stand between the parts: text, part, text, part, text.
  const steps: { readonly part: BodyPart; readonly after: string }[] = []
  for (let index = 0; index < rest.length; index += 2) {
    steps.push({ part: rest[index] as BodyPart, after: (rest[index + 1] as string | undefined) ?? '' })
  }
  return {
    contentType: 'application/json',
    encode(message) {
      let body = first as string
      for (const { part, after } of steps) body += part.json(message) + after
      return body
    },
    schema: schemaOf(members),
  }
}

function isPart(value: BodyValue): value is BodyPart {
  return typeof value === 'object' && value !== null && typeof (value as Partial<BodyPart>).json === 'function'
}

function write(value: BodyValue, pieces: (string | BodyPart)[]): void {
  if (isPart(value)) {
    pieces.push(value)
  } else if (typeof value === 'object' && value !== null) {
    let before = '{'
    for (const [name, member] of Object.entries(value)) {
      pieces.push(`${before}${JSON.stringify(name)}:`)
      write(member, pieces)
      before = ','
    }
    pieces.push(before === '{' ? '{}' : '}')
  } else {
    pieces.push(JSON.stringify(value))
  }
}

/** The pieces, with neighbouring texts as one: they begin and end with a text. */
function joined(pieces: readonly (string | BodyPart)[]): readonly (string | BodyPart)[] {
  const all: (string | BodyPart)[] = ['']
  for (const piece of pieces) {
    if (typeof piece === 'string') all.push((all.pop() as string) + piece)
    else all.push(piece, '')
  }
  return all
}

function schemaOf(value: BodyValue): object {
  if (isPart(value)) return value.schema
  if (typeof value !== 'object' || value === null) return { const: value }
  const properties = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, schemaOf(member)]))
  return { type: 'object', properties, required: Object.keys(properties) }
}
