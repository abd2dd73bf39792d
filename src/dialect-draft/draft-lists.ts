// The pages of lists and the logs of deliveries in a draft, from the parameters of their operations.

import { memberName, quoted } from './draft.ts'
import type { Found, Shape } from './found.ts'
import { merged, type Parameter } from './openapi.ts'

const parameterNames = {
  size: 'limit perpage pagesize size count pagelimit maxresults',
  number: 'page pagenumber',
  offset: 'offset skip start startposition',
  cursor: 'cursor after startingafter pagetoken nexttoken nextpagetoken token',
  before: 'before endingbefore',
} as const

/** The value of a member of a page, by the names that products have for it. */
const pageMembers: readonly (readonly [names: string, value: string])[] = [
  ['hasmore hasnext hasnextpage', 'page.hasMore'],
  ['next nextcursor nextpagetoken nexttoken cursor', 'page.next'],
  ['total totalcount count itemstotal', 'page.total'],
  ['nexturl nextpageurl', 'page.nextUrl'],
]

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z]/g, '')

/**
 * The option `pages` of a list; null: no parameter is about pages.
 *
 * @param hasKeys whether customers choose the ids, which are no cursors then
 */
export function pagesCode({ operation }: Found, { wrap, others }: Shape, hasKeys: boolean): string | null {
  const query = (operation.parameters ?? []).filter((one) => one.in === 'query')
  const find = (kind: keyof typeof parameterNames): Parameter | undefined =>
    query.find(({ name }) => parameterNames[kind].split(' ').includes(plain(name)))
  const [size, number, offset, cursor, before] = [
    find('size'),
    find('number'),
    find('offset'),
    find('cursor'),
    find('before'),
  ]
  const { default: usual, maximum } = merged(size?.schema ?? {})
  const sizes = `sizeDefault: ${Number(usual ?? 20)}, sizeMax: ${Number(maximum ?? 100)}`
  const rest = (hasNext: boolean): string => `${sizes}, answer: ${answerCode(wrap, others, hasNext)}`
  const sizeName = quoted(size?.name ?? 'limit')
  if (cursor !== undefined) {
    const ids =
      /^(?:startingafter|after)$/.test(plain(cursor.name)) && before !== undefined && !hasKeys ? ", cursors: 'ids'" : ''
    const back = before === undefined ? '' : `, before: ${quoted(before.name)}`
    return `pages.cursor({ after: ${quoted(cursor.name)}${back}${ids}, size: ${sizeName}, ${rest(true)} })`
  }
  if (offset !== undefined) return `pages.offset({ names: [${quoted(offset.name)}, ${sizeName}], ${rest(false)} })`
  if (number !== undefined) return `pages.numbered({ names: [${quoted(number.name)}, ${sizeName}], ${rest(false)} })`
  return null
}

/** @param hasNext whether pages know a cursor of the next one */
function answerCode(wrap: string | null, others: readonly string[], hasNext: boolean): string {
  if (wrap === null) return '(items) => items'
  const known = others.flatMap((name) => {
    const value = pageMembers.find(([names]) => names.split(' ').includes(plain(name)))?.[1]
    const isKnown = value !== undefined && (hasNext || !/\.(?:hasMore|next)$/.test(value))
    return isKnown ? [`${memberName(name)}: ${value}`] : []
  })
  const members = [`${memberName(wrap)}: items`, ...known].join(', ')
  return `(items${known.length > 0 ? ', page' : ''}) => ({ ${members} })`
}

const record =
  'webhooks.deliveryLog({ list: ({ id, eventId, eventType, status, attempts }) => ({ id, event_id: eventId, type: eventType, status, attempts }) })'

/** A log of deliveries, or one delivery of it. */
export function logCode({ kind }: Found, { wrap }: Shape): string {
  if (kind === 'deliveryLog.get') return `${record}.get()`
  const answer =
    wrap === null ? '(records) => records' : `(records, { next }) => ({ ${memberName(wrap)}: records, next })`
  return `${record}.list({ sizeDefault: 20, sizeMax: 100, answer: ${answer} })`
}
