// Pages with cursors as in Django REST Framework: base64 of `p=<position>` for the webhooks after a position and of
// `r=1&p=<position>` for those before it.

import { Type } from 'typebox'
import type { Endpoint } from '../../domain/endpoint.ts'
import { failure, success } from '../../domain/problem.ts'
import type { AskedPage } from './page-links.ts'
import type { Pages } from './pages.ts'

/** The webhooks after (older than) a position, or before (newer than) it if `reverse`. Positions are endpoint keys. */
export interface Cursor {
  readonly reverse: boolean
  readonly position: number
}

export interface EndpointPage {
  readonly endpoints: readonly Endpoint[]
  /** Null: this is the last page; for `previous`, the first one. */
  readonly next: Cursor | null
  readonly previous: Cursor | null
}

export interface DjangoPagesForm {
  /** The name of the parameter that gives the size. */
  readonly sizeName: string
  readonly sizeDefault: number
  readonly sizeMax: number
}

const Link = Type.Union([Type.String({ format: 'uri' }), Type.Null()])

/** Pages with the links `next` and `previous`, the `results`, and their `total`. */
export function djangoPages({ sizeName, sizeDefault, sizeMax }: DjangoPagesForm): Pages {
  return {
    names: { size: sizeName, by: 'cursor', name: 'cursor' },
    query: {
      cursor: Type.Optional(Type.String({ description: 'From a page before.' })),
      // Any value is accepted: a value that is not a positive integer counts as not given.
      [sizeName]: Type.Optional(
        Type.Union([Type.Integer({ minimum: 1 }), Type.Unknown()], {
          description: `Default ${sizeDefault}, at most ${sizeMax}.`,
        }),
      ),
    },
    schema: (results) => Type.Object({ next: Link, previous: Link, results, total: Type.Integer() }),
    page(all, query, request) {
      const given = query['cursor'] as string | undefined
      const cursor = given ? readCursor(given) : null
      if (given && cursor === null) return failure({ kind: 'notFound', what: 'page', id: given })
      const { endpoints, next, previous } = pageOf(all, cursor, sizeOf(query[sizeName]))
      const links = { next: linkTo(request, next), previous: linkTo(request, previous) }
      return success({ endpoints, answer: (results) => ({ ...links, results, total: all.length }) })
    },
  }

  /** The last of several values counts. */
  function sizeOf(given: unknown): number {
    const text = String(Array.isArray(given) ? given.at(-1) : given)
    const size = /^\d+$/.test(text) ? Math.min(Number(text), sizeMax) : 0
    return size === 0 ? sizeDefault : size
  }
}

/** The URL of the request with another cursor; null: there is no such page. */
function linkTo(request: AskedPage, cursor: Cursor | null): string | null {
  if (cursor === null) return null
  const [path = '', query] = request.url.split('?')
  const parameters = new URLSearchParams(query)
  parameters.set('cursor', writeCursor(cursor))
  parameters.sort()
  return `${request.publicUrl}${path}?${parameters.toString()}`
}

/** Null: no page gave such a cursor. */
export function readCursor(text: string): Cursor | null {
  const [, reverse, position] = /^(r=1&)?p=(\d{1,15})$/.exec(Buffer.from(text, 'base64').toString('latin1')) ?? []
  if (position === undefined) return null
  const cursor = { reverse: reverse !== undefined, position: Number(position) }
  return writeCursor(cursor) === text ? cursor : null
}

export function writeCursor({ reverse, position }: Cursor): string {
  return Buffer.from(`${reverse ? 'r=1&' : ''}p=${position}`, 'latin1').toString('base64')
}

/** @param endpoints all endpoints of the list, newest first */
export function pageOf(endpoints: readonly Endpoint[], cursor: Cursor | null, size: number): EndpointPage {
  const [start, end] = bounds(endpoints, cursor, size)
  const key = (index: number): number => endpoints[index]?.key ?? 0
  return {
    endpoints: endpoints.slice(start, end),
    // A page is empty if all webhooks beyond its cursor have been deleted. It still links back.
    next: end < endpoints.length ? { reverse: false, position: end > 0 ? key(end - 1) : key(0) + 1 } : null,
    previous:
      start > 0 ? { reverse: true, position: start < endpoints.length ? key(start) : key(start - 1) - 1 } : null,
  }
}

function bounds(endpoints: readonly Endpoint[], cursor: Cursor | null, size: number): [start: number, end: number] {
  if (cursor === null) return [0, Math.min(size, endpoints.length)]
  const { reverse, position } = cursor
  const beyond = endpoints.findIndex(({ key }) => (reverse ? key <= position : key < position))
  const at = beyond === -1 ? endpoints.length : beyond
  return reverse ? [Math.max(0, at - size), at] : [at, Math.min(at + size, endpoints.length)]
}
