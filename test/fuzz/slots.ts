// Slots are the places of a request that take ids. This file finds them and fills them with any ids.

import type { Headers } from '../conformance/dialects/profile.ts'
import { type DocumentedRoute, profileOf } from './documents.ts'
import type { Answer, Ids, Noun, Request } from './parties.ts'
import { nounIn, type Row } from './rows.ts'

export interface Slot {
  readonly place: 'path' | 'query' | 'header' | 'body'
  readonly name: string
  readonly noun: Noun
}

/** The slots of a route. A slot for a tenant comes first. */
export function slotsOf(route: DocumentedRoute, row: Row): readonly Slot[] {
  const { front, operation } = route
  const inDocument = (operation.parameters ?? []).flatMap(({ in: place, name }): Slot[] => {
    const noun = nounIn(route, place, name)
    return noun === null ? [] : [{ place, name, noun }]
  })
  const inBody = (row.bodyIds ?? []).map((noun): Slot => ({ place: 'body', name: noun, noun }))
  const { headers = {} } = profileOf(front).subject?.definition.tenantOf?.present('') ?? {}
  const names = row.open === true ? [] : Object.keys(headers)
  const inHeaders = names.map((name): Slot => ({ place: 'header', name: name.toLowerCase(), noun: 'tenant' }))
  return [...inHeaders, ...inDocument, ...inBody].toSorted(
    (a, b) => Number(b.noun === 'tenant') - Number(a.noun === 'tenant'),
  )
}

/** @param named an id for each slot, of the slot's noun */
export function requestFor(
  { method, path }: DocumentedRoute,
  row: Row,
  slots: readonly Slot[],
  named: readonly Ids[],
  headers: Headers,
  hookUrl: string,
): Request {
  const given = slots.map(({ place, name, noun }, index) => ({ place, name, noun, id: named[index]?.[noun] ?? '' }))
  const at = (place: Slot['place']) => given.filter((slot) => slot.place === place)
  const plain = path.replace('{dialect}', 'standard').replace('{erasure}', 'era_1').replace('{number}', '1')
  const filled = at('path').reduce((text, { name, id }) => text.replace(`{${name}}`, id), plain)
  const query = new URLSearchParams(at('query').map(({ name, id }) => [name, id]))
  const inBody = Object.fromEntries(at('body').map(({ noun, id }) => [noun, id])) as unknown as Ids
  return {
    method,
    path: query.size === 0 ? filled : `${filled}?${query.toString()}`,
    headers: {
      ...Object.fromEntries(at('header').map(({ name, id }) => [name, id])),
      ...headers,
      'x-request-id': 'req_matrix',
    },
    ...(row.body !== undefined && { body: row.body(inBody, hookUrl) }),
  }
}

export interface Shown {
  readonly status: number
  readonly text: string
  readonly headers: readonly [string, unknown][]
}

/** Headers that differ between equal responses: they depend on the time, or on the length of the ids. */
const volatile = /^(?:date|keep-alive|connection|content-length|.*ratelimit-.*)$/

/** A response with the ids of the request replaced by the names of their slots. */
export function shown(answer: Answer, slots: readonly Slot[], named: readonly Ids[]): Shown {
  const text = slots.reduce((shorter, { name, noun }, index) => {
    return shorter.replaceAll(named[index]?.[noun] ?? '', `<${name}>`)
  }, answer.text)
  return {
    status: answer.status,
    text,
    headers: Object.entries(answer.headers).filter(([name]) => !volatile.test(name)),
  }
}
