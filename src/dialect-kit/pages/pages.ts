// Lists in pages that have a number or an offset.

import { type TSchema, Type } from 'typebox'
import type { Endpoint } from '../../domain/endpoint.ts'
import { DefinitionError } from '../definition-error.ts'
import { type Result, success } from '../../domain/problem.ts'
import { type AskedPage, linkHeader, urlWith } from './page-links.ts'
import { schemaOf } from '../operations/schema-of.ts'

/** The parameters of a request for a page: its size, and where it begins. `id` and `cursor` are of the page before. */
export interface PageNames {
  readonly size: string
  readonly by: 'page' | 'offset' | 'id' | 'cursor'
  readonly name: string
}

/** A way in which a list comes in pages. */
export interface Pages {
  /** Absent: the list comes whole. */
  readonly names?: PageNames
  /** The parameters of the request. */
  readonly query: Readonly<Record<string, TSchema>>
  readonly schema: (items: TSchema) => TSchema
  /** @param endpoints all endpoints of the list, the newest first */
  readonly page: (
    endpoints: readonly Endpoint[],
    query: Readonly<Record<string, unknown>>,
    request: AskedPage,
  ) => Result<Page>
}

export interface Page {
  readonly endpoints: readonly Endpoint[]
  /** The body of the answer, from the endpoints in the form of the vendor. */
  readonly answer: (items: readonly unknown[]) => unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** The facts of one page of a list with page numbers. */
export interface NumberedPage {
  readonly page: number
  readonly size: number
  /** The number of endpoints in all pages. */
  readonly total: number
  /** The number of pages; 0: there is no endpoint. */
  readonly pageCount: number
}

/** The absolute URLs of the pages before and after. Null: there is no such page. */
export interface PageUrls {
  readonly nextUrl: string | null
  readonly previousUrl: string | null
}

export interface NumberedForm {
  /** The names of the parameters; default: `page` and `limit`. */
  readonly names?: readonly [page: string, size: string]
  readonly sizeDefault: number
  readonly sizeMax: number
  /** Whether the header `Link` has the URLs of the next, previous, first and last page; default: there is none. */
  readonly linkHeader?: true
  /** The names of headers with the numbers of endpoints and of pages; default: there are none. */
  readonly totalHeaders?: readonly [endpoints: string, pages?: string]
  readonly answer: (items: readonly unknown[], page: NumberedPage & PageUrls) => unknown
}

/** Pages with numbers, from 1. */
export function numberedPages(form: NumberedForm): Pages {
  const { names = ['page', 'limit'], sizeDefault, sizeMax, answer } = form
  const [pageName, sizeName] = twoNames('pages.numbered.names', names)
  return {
    names: { size: sizeName, by: 'page', name: pageName },
    query: {
      [pageName]: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, default: 1 })),
      [sizeName]: sizeSchema(sizeDefault, sizeMax),
    },
    schema: (items) => answerSchema(items, (example, urls) => answer(example, { ...examplePage, ...urls })),
    page(endpoints, query, request) {
      const page = Number(query[pageName] ?? 1)
      const size = Number(query[sizeName] ?? sizeDefault)
      const total = endpoints.length
      const facts = { page, size, total, pageCount: Math.ceil(total / size) }
      const urlOf = (number: number): string => urlWith(request, { [pageName]: String(number) })
      const next = page < facts.pageCount ? page + 1 : null
      const previous = page > 1 ? Math.min(page - 1, Math.max(facts.pageCount, 1)) : null
      const urls = urlsOf(next, previous, urlOf)
      return success({
        endpoints: endpoints.slice((page - 1) * size, page * size),
        answer: (items) => answer(items, Object.assign(urls, facts)),
        headers: {
          ...(form.linkHeader && numberedLinks(urls, page, facts.pageCount, urlOf)),
          ...totals(form.totalHeaders, facts),
        },
      })
    },
  }
}

const examplePage: NumberedPage = { page: 1, size: 1, total: 1, pageCount: 1 }

function numberedLinks(
  { nextUrl, previousUrl }: PageUrls,
  page: number,
  count: number,
  urlOf: (page: number) => string,
) {
  return linkHeader({
    prev: previousUrl,
    next: nextUrl,
    last: page < count ? urlOf(count) : null,
    first: page > 1 ? urlOf(1) : null,
  })
}

function totals(names: NumberedForm['totalHeaders'], { total, pageCount }: NumberedPage) {
  if (names === undefined) return {}
  const [endpoints, pages] = names
  return {
    [endpoints.toLowerCase()]: String(total),
    ...(pages !== undefined && { [pages.toLowerCase()]: String(pageCount) }),
  }
}

/** The facts of one page of a list with offsets. */
export interface OffsetPage {
  /** The number of endpoints before the page. */
  readonly offset: number
  readonly size: number
  /** The number of endpoints in all pages. */
  readonly total: number
}

export interface OffsetForm {
  /** The names of the parameters; default: `offset` and `limit`. */
  readonly names?: readonly [offset: string, size: string]
  readonly sizeDefault: number
  readonly sizeMax: number
  readonly answer: (items: readonly unknown[], page: OffsetPage & PageUrls) => unknown
}

/** Pages that begin after a number of endpoints, from 0. */
export function offsetPages(form: OffsetForm): Pages {
  const { names = ['offset', 'limit'], sizeDefault, sizeMax, answer } = form
  const [offsetName, sizeName] = twoNames('pages.offset.names', names)
  return {
    names: { size: sizeName, by: 'offset', name: offsetName },
    query: {
      [offsetName]: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 })),
      [sizeName]: sizeSchema(sizeDefault, sizeMax),
    },
    schema: (items) =>
      answerSchema(items, (example, urls) => answer(example, { offset: 0, size: 1, total: 1, ...urls })),
    page(endpoints, query, request) {
      const offset = Number(query[offsetName] ?? 0)
      const size = Number(query[sizeName] ?? sizeDefault)
      const total = endpoints.length
      const next = offset + size < total ? offset + size : null
      const previous = offset > 0 ? Math.max(0, Math.min(offset, total) - size) : null
      const urls = urlsOf(next, previous, (number) => urlWith(request, { [offsetName]: String(number) }))
      return success({
        endpoints: endpoints.slice(offset, offset + size),
        answer: (items) => answer(items, Object.assign(urls, { offset, size, total })),
      })
    },
  }
}

/** @throws DefinitionError */
export function sizeSchema(sizeDefault: number, sizeMax: number): TSchema {
  if (!(sizeDefault >= 1 && sizeDefault <= sizeMax)) {
    throw new DefinitionError('pages', `sizeDefault must be from 1 to sizeMax, and is ${sizeDefault} of ${sizeMax}`)
  }
  return Type.Optional(Type.Integer({ minimum: 1, maximum: sizeMax, default: sizeDefault }))
}

function twoNames(place: string, names: readonly [string, string]): readonly [string, string] {
  if (names.length === 2 && names.every((name) => typeof name === 'string' && name !== '')) return names
  throw new DefinitionError(place, "must be the names of two parameters, as in ['page', 'limit']")
}

/** URLs that are written when they are read: few answers show them. */
export function urlsOf<Place>(next: Place | null, previous: Place | null, urlOf: (place: Place) => string): PageUrls {
  return {
    get nextUrl() {
      return next === null ? null : urlOf(next)
    },
    get previousUrl() {
      return previous === null ? null : urlOf(previous)
    },
  }
}

/** The schema of an answer with a list, from answers with and without further pages. */
export function answerSchema(
  items: TSchema,
  answer: (example: readonly unknown[], urls: PageUrls) => unknown,
): TSchema {
  const example: readonly unknown[] = []
  const url = Object('') as string
  const examples = [
    answer(example, { nextUrl: url, previousUrl: url }),
    answer(example, { nextUrl: null, previousUrl: null }),
  ]
  const known = new Map<unknown, TSchema>([
    [example, items],
    [url, Type.String({ format: 'uri' })],
  ])
  return schemaOf(examples, known)
}
