// Lists in pages that have cursors: the id of an endpoint, or text that only the page before gives.

import { type TSchema, Type } from 'typebox'
import type { Endpoint } from '../../domain/endpoint.ts'
import { type FieldError, failure, type Result, success } from '../../domain/problem.ts'
import { type Cursor, pageOf } from './django-pages.ts'
import { linkHeader, urlWith } from './page-links.ts'
import { answerSchema, type Pages, type PageUrls, sizeSchema } from './pages.ts'

/** The facts of one page of a list with cursors. Null: there is no such page or endpoint. */
export interface CursorPage {
  readonly size: number
  /** The number of endpoints in all pages. */
  readonly total: number
  /** Whether there is a further page in the direction of the request. */
  readonly hasMore: boolean
  /** The cursors of the pages after (older) and before (newer). */
  readonly next: string | null
  readonly previous: string | null
  /** The ids of the first and of the last endpoint of the page. */
  readonly firstId: string | null
  readonly lastId: string | null
}

export interface CursorForm {
  /** The parameter with the cursor of a page: `starting_after`. */
  readonly after: string
  /**
   * The parameter with the cursor of a page before: `ending_before`; default: `after` takes both cursors, or with `ids` there
   * are no pages before.
   */
  readonly before?: string
  /**
   * `ids`: a cursor is the id of an endpoint, in the form of answers; not where a field has `key`, because customers see no
   * ids there. Default: opaque text.
   */
  readonly cursors?: 'ids'
  /** The parameter with the size of a page; default: `limit`. */
  readonly size?: string
  readonly sizeDefault: number
  readonly sizeMax: number
  /** Whether the header `Link` has the URLs of the next and the previous page; default: there is none. */
  readonly linkHeader?: true
  readonly answer: (items: readonly unknown[], page: CursorPage & PageUrls) => unknown
}

/** Pages after and before a cursor. A cursor that no page gave is refused as a fault of its parameter. */
export function cursorPages(form: CursorForm): Pages {
  const { after, before = after, size: sizeName = 'limit', sizeDefault, sizeMax, answer } = form
  const textOf = (place: Cursor | null, endpoints: readonly Endpoint[]): string | null => {
    if (place === null) return null
    return form.cursors === 'ids' ? idAt(place, endpoints) : opaque(place)
  }
  return {
    names: { size: sizeName, by: form.cursors === 'ids' ? 'id' : 'cursor', name: after },
    query: {
      [after]: Type.Optional(Type.String({ description: 'From a page before.' })),
      [before]: Type.Optional(Type.String({ description: 'From a page before.' })),
      [sizeName]: sizeSchema(sizeDefault, sizeMax),
    },
    schema: cursorSchema(answer),
    page(all, query, request) {
      const given = cursorOf(form, query, all)
      if (!given.ok) return given
      const size = Number(query[sizeName] ?? sizeDefault)
      const { endpoints, next, previous } = pageOf(all, given.value, size)
      const texts = { next: textOf(next, endpoints), previous: textOf(previous, endpoints) }
      const urls = {
        nextUrl: texts.next === null ? null : urlWith(request, { [before]: null, [after]: texts.next }),
        previousUrl: texts.previous === null ? null : urlWith(request, { [after]: null, [before]: texts.previous }),
      }
      const hasMore = (given.value?.reverse === true ? previous : next) !== null
      const ids = { firstId: endpoints.at(0)?.id ?? null, lastId: endpoints.at(-1)?.id ?? null }
      const facts = { size, total: all.length, hasMore, ...texts, ...ids, ...urls }
      return success({
        endpoints,
        answer: (items) => answer(items, facts),
        ...(form.linkHeader && { headers: linkHeader({ prev: urls.previousUrl, next: urls.nextUrl }) }),
      })
    },
  }
}

function cursorSchema(answer: CursorForm['answer']): (items: TSchema) => TSchema {
  return (items) =>
    answerSchema(items, (example, urls) => {
      const [cursor, id] = urls.nextUrl === null ? [null, null] : ['cursor', 'id']
      const texts = { next: cursor, previous: cursor, firstId: id, lastId: id }
      return answer(example, { size: 1, total: 1, hasMore: false, ...texts, ...urls })
    })
}

/** The cursor of a request; null: it has none. */
function cursorOf(
  { after, before = after, cursors }: CursorForm,
  query: Readonly<Record<string, unknown>>,
  endpoints: readonly Endpoint[],
): Result<Cursor | null> {
  const names = [...new Set([after, before])].filter((name) => query[name] !== undefined)
  const [name, other] = names
  if (name === undefined) return success(null)
  if (other !== undefined) return refused(other, 'unknown', `must not be given with ${name}`)
  const text = String(query[name])
  const read = cursors === 'ids' ? ofId(text, endpoints) : ofText(text)
  if (read === null) return refused(name, 'choice', 'is not a cursor of this list', text)
  // With one parameter, the text of the cursor tells its direction.
  return success({ ...read, reverse: before === after ? read.reverse : name === before })
}

function refused(field: string, rule: FieldError['rule'], message: string, value?: string) {
  return failure({ kind: 'invalid', where: 'query', fields: [{ field, rule, message, value }] })
}

/** Null: the page is empty, so that no id leads back from it. */
function idAt({ reverse }: Cursor, endpoints: readonly Endpoint[]): string | null {
  return endpoints.at(reverse ? 0 : -1)?.id ?? null
}

function ofId(id: string, endpoints: readonly Endpoint[]): Cursor | null {
  const found = endpoints.find((endpoint) => endpoint.id === id)
  return found === undefined ? null : { reverse: false, position: found.key }
}

function opaque({ reverse, position }: Cursor): string {
  return Buffer.from(`${reverse ? 'before' : 'after'}:${position}`).toString('base64url')
}

/** Null: no page gave such a cursor. */
function ofText(text: string): Cursor | null {
  const [, word, position] = /^(before|after):(\d{1,15})$/.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? []
  if (position === undefined) return null
  const cursor = { reverse: word === 'before', position: Number(position) }
  return opaque(cursor) === text ? cursor : null
}
