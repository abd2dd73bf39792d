// Pages of webhooks, with cursors as in Django REST Framework: base64 of `p=<position>` for the webhooks after a
// position and of `r=1&p=<position>` for those before it. Pure.

import type { Endpoint } from '../../domain/endpoint.ts'

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

const pageSizeDefault = 100
const pageSizeMax = 1000

/**
 * The page size of a query value. A value that is not a positive integer counts as not given. The last of several
 * counts.
 */
export function pageSizeOf(given: unknown): number {
  const text = String(Array.isArray(given) ? given.at(-1) : given)
  const size = /^\d+$/.test(text) ? Math.min(Number(text), pageSizeMax) : 0
  return size === 0 ? pageSizeDefault : size
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
