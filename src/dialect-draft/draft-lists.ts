// The pages of lists and the logs of deliveries in a draft, from the parameters of their operations.

import { type Code, memberName, quoted } from './draft.ts'
import type { Found, Shape } from './found.ts'
import { isUrl, merged, type Parameter, type Schema, typeOf } from './openapi.ts'

const parameterNames = {
  size: 'limit perpage pagesize size count pagelimit maxresults',
  number: 'page pagenumber',
  offset: 'offset skip start startposition',
  cursor: 'cursor after startingafter pagetoken nexttoken nextpagetoken token',
  before: 'before endingbefore',
} as const

type Form = 'cursor' | 'offset' | 'numbered'

/** The value of a member of a page, by the names that products have for it. */
const pageMembers: readonly (readonly [names: string, values: string | Partial<Record<Form, string>>])[] = [
  [
    'hasmore hasnext hasnextpage more',
    { cursor: 'page.hasMore', offset: 'page.nextUrl !== null', numbered: 'page.nextUrl !== null' },
  ],
  [
    'next nextcursor nextpagetoken nexttoken nextpage after cursor endcursor',
    { cursor: 'page.next', offset: 'page.nextUrl', numbered: 'page.nextUrl' },
  ],
  [
    'previous prev previouscursor prevcursor before startcursor',
    { cursor: 'page.previous', offset: 'page.previousUrl', numbered: 'page.previousUrl' },
  ],
  ['nexturl nextpageurl', 'page.nextUrl'],
  ['previousurl prevurl previouspageurl prevpageurl', 'page.previousUrl'],
  ['total totalcount count itemstotal totalitems totalresults', 'page.total'],
  ['limit perpage pagesize size pagelimit', 'page.size'],
  ['offset skip start startposition', { offset: 'page.offset' }],
  ['page pagenumber currentpage', { numbered: 'page.page' }],
  ['totalpages pagecount pages lastpage', { numbered: 'page.pageCount' }],
]

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z]/g, '')

/**
 * The option `pages` of a list; null: no parameter is about pages.
 *
 * @param hasKeys whether customers choose the ids, which are no cursors then
 */
export function pagesCode({ operation }: Found, { wrap, others }: Shape, hasKeys: boolean): Required<Code> | null {
  const query = (operation.parameters ?? []).filter((one) => one.in === 'query')
  const find = (kind: keyof typeof parameterNames): Parameter | undefined =>
    query.find(({ name }) => parameterNames[kind].split(' ').includes(plain(name)))
  const [size, cursor, offset, number] = [find('size'), find('cursor'), find('offset'), find('number')]
  const { default: usual, maximum = 100 } = merged(size?.schema ?? {})
  const sizes = `sizeDefault: ${Number(usual ?? Math.min(20, Number(maximum)))}, sizeMax: ${Number(maximum)}`
  const sizeName = quoted(size?.name ?? 'limit')
  const form = cursor !== undefined ? 'cursor' : offset !== undefined ? 'offset' : 'numbered'
  const { code: answer, guess: leftOut } = answerCode(wrap, others, form)
  const guess = ['how the pages are turned', ...(leftOut === undefined ? [] : [leftOut])]
  if (cursor !== undefined) {
    const before = find('before')
    const turns = turnCode(cursor.name, before, answer, hasKeys)
    if (turns.guess !== undefined) guess.push(turns.guess)
    const code = `pages.cursor({ after: ${quoted(cursor.name)}${turns.code}, size: ${sizeName}, ${sizes}, answer: ${answer} })`
    return { code, guess: guess.join('; ') }
  }
  const name = offset ?? number
  if (name === undefined) return null
  const code = `pages.${form}({ names: [${quoted(name.name)}, ${sizeName}], ${sizes}, answer: ${answer} })`
  return { code, guess: guess.join('; ') }
}

/** The options with which customers come from one page with cursors to another. */
function turnCode(after: string, before: Parameter | undefined, answer: string, hasKeys: boolean): Code {
  const back = before === undefined ? '' : `, before: ${quoted(before.name)}`
  // A cursor stands in a member whose name says next, as `posthorn dialect check` reads it.
  const hasNext = /next\w*'?: page\.next\b|page\.nextUrl(?! !)/i.test(answer)
  const isOfIds = /^(?:startingafter|after)$/.test(plain(after)) && (before !== undefined || !hasNext) && !hasKeys
  if (isOfIds) return { code: `${back}, cursors: 'ids'` }
  if (hasNext) return { code: back }
  const guess = 'no member of the answer is known as the cursor of the next page, so the header Link has its URL'
  return { code: `${back}, linkHeader: true`, guess }
}

function answerCode(wrap: string | null, others: Shape['others'], form: Form): Code {
  if (wrap === null) return { code: '(items) => items' }
  const unknown: string[] = []
  const members = [`${memberName(wrap)}: items`, ...pageMembersOf(others, form, '', unknown)].join(', ')
  const code = `(items${/: page\./.test(members) ? ', page' : ''}) => ({ ${members} })`
  return unknown.length === 0 ? { code } : { code, guess: `the answer also has ${unknown.join(', ')}` }
}

/** The members of an answer that are facts of its page. `unknown` collects the names of the others. */
function pageMembersOf(others: Shape['others'], form: Form, prefix: string, unknown: string[]): readonly string[] {
  return Object.entries(others).flatMap(([name, schema]) => {
    const { properties } = merged(schema)
    if (properties !== undefined) {
      const inner = pageMembersOf(properties, form, `${prefix}${name}.`, unknown)
      return inner.length === 0 ? [] : [`${memberName(name)}: { ${inner.join(', ')} }`]
    }
    const values = pageMembers.find(([names]) => names.split(' ').includes(plain(name)))?.[1]
    const known = typeof values === 'string' ? values : values?.[form]
    // The number of the next page is no fact of the kit.
    const value = typeOf(merged(schema)) === 'integer' && known?.endsWith('Url') ? undefined : known
    if (value === undefined) unknown.push(`${prefix}${name}`)
    return value === undefined ? [] : [`${memberName(name)}: ${cursorOrUrl(value, merged(schema))}`]
  })
}

/** A member with the format of a URL has the URL of a page in place of its cursor. */
function cursorOrUrl(value: string, schema: Schema): string {
  return isUrl(schema) ? value.replace(/^page\.(next|previous)$/, 'page.$1Url') : value
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
