// The places of a delivery where parts and signatures stand: entries of headers, and members of bodies.

import type { HeaderPlace, MemberPlace, Recipe, SignatureHeaders } from '../../contracts/recipe.ts'
import type { MadeBody } from '../deliveries/body.ts'
import type { JsonOf } from '../deliveries/json-writer.ts'
import type { Part, Signer } from '../deliveries/part-types.ts'
import { event } from '../deliveries/parts.ts'

export type Place = HeaderPlace | MemberPlace

export interface PlacedSignature {
  readonly signer: Signer
  readonly in: string
  /** Null: the form around the signature cannot be described. */
  readonly at: Recipe['signatures'] | null
}

export interface Places {
  readonly of: Map<Part, Place>
  readonly signatures: PlacedSignature[]
}

export function placesOf(headers: Readonly<Record<string, Part | string>>, body: MadeBody | undefined): Places {
  const places: Places = { of: new Map(), signatures: [] }
  if (body !== undefined) addBody(places, body)
  // Headers come last: they are easier to read than bodies.
  for (const [name, part] of Object.entries(headers)) {
    if (typeof part !== 'string') addHeader(places, name.toLowerCase(), part)
  }
  return places
}

/** A part, after a constant text. */
interface Entry {
  readonly before: string
  readonly part: Part
}

function entriesOf(part: Part): { readonly entries: readonly Entry[]; readonly after: string } {
  const { made } = part
  if (made === undefined || !('of' in made)) return { entries: [{ before: '', part }], after: '' }
  const entries: Entry[] = []
  let text = ''
  for (const [index, one] of made.of.entries()) {
    if (index > 0) text += made.separator
    if (typeof one === 'string') text += one
    else {
      const inner = entriesOf(one)
      for (const [nth, { before, part: found }] of inner.entries.entries()) {
        entries.push({ before: nth === 0 ? text + before : before, part: found })
      }
      text = inner.entries.length === 0 ? text + inner.after : inner.after
    }
  }
  return { entries, after: text }
}

function addHeader({ of, signatures }: Places, header: string, part: Part): void {
  const { entries, after } = entriesOf(part)
  const layout = after === '' ? layoutOf(entries) : null
  for (const [index, { part: entry }] of entries.entries()) {
    const { made } = entry
    if (made !== undefined && 'signer' in made) {
      const at = layout && signatureAt(header, layout, index, made)
      signatures.push({ signer: made.signer, in: header, at })
    } else if (layout !== null) {
      const { separator } = layout
      const prefix = layout.prefixes[index] ?? ''
      of.set(entry, { header, ...(separator !== null && { separator }), ...(prefix !== '' && { prefix }) })
    }
  }
  if (layout?.prefixes.length === 1) of.set(part, { header })
}

interface Layout {
  /** Null: there is one entry. */
  readonly separator: string | null
  readonly prefixes: readonly string[]
}

/** Entries that one separator separates; null: they have another form. */
function layoutOf(entries: readonly Entry[]): Layout | null {
  const [first, ...others] = entries.map(({ before }) => before)
  if (first === undefined) return null
  const [separator = null, ...more] = new Set(others.map((before) => /^[,;&|. ] ?/.exec(before)?.[0] ?? ''))
  if (separator === '' || more.length > 0) return null
  return { separator, prefixes: [first, ...others.map((before) => before.slice(separator?.length))] }
}

function signatureAt(
  header: string,
  { separator, prefixes }: Layout,
  index: number,
  own: { readonly separator: string | null; readonly prefix: string },
): SignatureHeaders | null {
  const before = prefixes[index] ?? ''
  // A text before several signatures stands only before the first one.
  const isRegular = own.separator === null || (before === '' && (separator ?? own.separator) === own.separator)
  if (!isRegular) return null
  return {
    headers: [header],
    separator: separator ?? own.separator,
    prefix: before + own.prefix,
    isRepeated: own.separator !== null,
  }
}

function addBody(places: Places, made: MadeBody): void {
  if ('json' in made) addJson(places, made.json, { member: [] })
  else if ('token' in made) {
    const signer = signerOf(made.token)
    if (signer !== null) places.signatures.push({ signer, in: 'body', at: { wholeBody: true } })
  } else if ('chosen' in made) {
    // The place of a member depends on the endpoint.
    for (const { made: one } of made.chosen) {
      const inner: Places = { of: new Map(), signatures: [] }
      if (one !== undefined) addBody(inner, one)
      places.signatures.push(...inner.signatures.map((signature) => ({ ...signature, at: null })))
    }
  } else {
    for (const [field, value] of Object.entries(made.fields)) {
      if (typeof value === 'string') continue
      if ('encode' in value) {
        if (value.made !== undefined && 'json' in value.made) addJson(places, value.made.json, { field, member: [] })
      } else {
        const signer = signerOf(value)
        if (signer !== null) places.signatures.push({ signer, in: 'body', at: null })
      }
    }
  }
}

function signerOf({ made }: Part): Signer | null {
  return made !== undefined && 'signer' in made ? made.signer : null
}

function addJson(places: Places, value: JsonOf<Part>, at: MemberPlace): void {
  if (typeof value !== 'object' || value === null) return
  if (isPart(value)) {
    const { entries, after } = entriesOf(value)
    const [only] = entries
    if (entries.length === 1 && only?.before === '' && after === '') {
      const { made } = only.part
      if (made === undefined || !('signer' in made)) places.of.set(only.part, at)
      else {
        const { signer, prefix, separator } = made
        const place = { ...at, ...(separator !== null && { separator }) }
        places.signatures.push({ signer, in: 'body', at: prefix === '' ? place : null })
      }
    }
    return
  }
  for (const [name, member] of Object.entries(value)) {
    const key = Array.isArray(value) ? Number(name) : name
    addJson(places, member, name === '...' ? at : { ...at, member: [...at.member, key] })
  }
}

function isPart(value: JsonOf<Part>): value is Part {
  return typeof (value as Partial<Part> | null)?.json === 'function'
}

/** The place of a part; a member of the data is where it stands itself, or in the data. Undefined: it is nowhere. */
export function placeOf({ of }: Places, part: Part): Place | undefined {
  const own = of.get(part)
  const path = pathInData(part)
  if (own !== undefined || path === null) return own
  const same = [...of].find(([other]) => pathInData(other)?.join('.') === path.join('.'))
  if (same !== undefined) return same[1]
  const data = of.get(event.data)
  return data !== undefined && 'member' in data ? { ...data, member: [...data.member, ...path] } : undefined
}

function pathInData({ made }: Part): readonly string[] | null {
  return made !== undefined && 'dataMember' in made ? made.dataMember : null
}
