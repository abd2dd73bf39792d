// XML bodies. They are written here and not by a library: a body has elements with text, and no more.

import type { BodyForm, ContentType } from './body.ts'
import { DefinitionError } from '../definition-error.ts'
import { contentTypeOption } from '../option-shapes.ts'
import { checkMembers } from '../shape.ts'
import { isObject, isTime, noPart } from './no-part.ts'
import type { BodyPart } from './part-types.ts'
import { type PlainValue, plainValue } from './plain-value.ts'

/** An element: a part, a constant text, elements by name, or a list of elements of the same name. */
export type XmlValue = BodyPart | string | readonly XmlValue[] | { readonly [name: string]: XmlValue }

type Write = (message: Parameters<BodyPart['text']>[0]) => string

const elementName = /^[A-Za-z_][A-Za-z0-9._-]*$/

/**
 * An XML document: `xml('order', { id: event.id, '...': event.data })`. The JSON value of a part becomes elements: an
 * object has an element for each member, and a list has an element for each entry. The member `...` is a part whose
 * members stand in the element itself. Names that XML does not allow get `_` for each character in the way.
 *
 * @throws DefinitionError: a name of the definition is no name of an element
 */
export function xml(root: string, value: XmlValue, options: ContentType = {}): BodyForm {
  checkMembers('xml', options, contentTypeOption)
  const { contentType = 'application/xml' } = options
  const write = elementWriter(root, value)
  return {
    contentType,
    encode: (message) => `<?xml version="1.0" encoding="UTF-8"?>\n${write(message)}\n`,
    schema: { type: 'string' },
  }
}

function elementWriter(name: string, value: XmlValue): Write {
  if (!elementName.test(name)) {
    throw new DefinitionError('deliveries.body', `${JSON.stringify(name)} is no name of an XML element`)
  }
  if (typeof value === 'string') return () => elementOf(name, value)
  if (!isObject(value) || isTime(value)) throw noPart(`xml.${name}`, value)
  if (isPart(value)) return (message) => elementOf(name, plainValue(value.json(message)))
  if (isList(value)) {
    const writers = value.map((one) => elementWriter(name, one))
    return (message) => writers.map((write) => write(message)).join('')
  }
  const writers = Object.entries(value).map(([member, inner]): Write => {
    if (member !== '...') return elementWriter(member, inner)
    if (!isPart(inner))
      throw new DefinitionError('deliveries.body', 'the member ... must be a part, such as event.data')
    return (message) => contentOf(plainValue(inner.json(message)))
  })
  return (message) => `<${name}>${writers.map((write) => write(message)).join('')}</${name}>`
}

function isPart(value: XmlValue): value is BodyPart {
  return typeof (value as Partial<BodyPart>).json === 'function'
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value)
}

function elementOf(name: string, value: PlainValue): string {
  if (Array.isArray(value)) return value.map((one: PlainValue) => elementOf(name, one)).join('')
  return `<${name}>${contentOf(value)}</${name}>`
}

function contentOf(value: PlainValue): string {
  if (typeof value === 'string') return escaped(value)
  return Object.entries(value)
    .map(([name, member]) => elementOf(allowedName(name), member))
    .join('')
}

function allowedName(name: string): string {
  const allowed = name.replaceAll(/[^A-Za-z0-9._-]/g, '_')
  return /^[A-Za-z_]/.test(allowed) ? allowed : `_${allowed}`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' }

/** Control characters and others that XML 1.0 does not allow, even as entities, become U+FFFD. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/(?![\t\n\r\x7f-\x9f])\p{Cc}|[\ufffe\uffff]/gu, '\ufffd')
    .replaceAll(/[&<>\r]/g, (character) => entities[character] ?? character)
}
