// The pages of a list, as a customer asks for them one after the other.

import type { Fields, Served, Subject } from './subject.ts'

type Query = Readonly<Record<string, string>>

interface Page {
  readonly body: unknown
  /** The header `Link`. */
  readonly link?: string
}

/**
 * The query of the next page.
 *
 * @param before the answers so far; none: the first page
 * @returns null: there is no further page
 */
export function nextPage(
  subject: Subject,
  { operation: { pages } }: Served,
  size: number,
  before: readonly Page[],
): Query | null {
  if (pages === undefined) return before.length === 0 ? {} : null
  const first = { [pages.size]: String(size) }
  if (before.length === 0) return first
  const shown = before.map(({ body }) => subject.endpointsIn(body))
  const last = shown.at(-1) ?? []
  const mayBeMore = last.length >= size
  switch (pages.by) {
    case 'page':
      return mayBeMore ? { ...first, [pages.name]: String(before.length + 1) } : null
    case 'offset':
      return mayBeMore ? { ...first, [pages.name]: String(shown.flat().length) } : null
    case 'id':
      return mayBeMore ? { ...first, [pages.name]: subject.idIn(last.at(-1) ?? {}) } : null
    case 'cursor': {
      const { body, link = '' } = before.at(-1) as Page
      const next = nextIn(body, pages.name) ?? nextInLink(link, pages.name)
      return next === null ? null : { ...first, [pages.name]: next }
    }
  }
}

/** The cursor in a member whose name has the word next: the text itself, or that of a URL. */
function nextIn(body: unknown, parameter: string): string | null {
  if (typeof body !== 'object' || body === null) return null
  for (const [name, value] of Object.entries(body as Fields)) {
    if (typeof value === 'string' && /next/i.test(name)) {
      return URL.canParse(value) ? new URL(value).searchParams.get(parameter) : value
    }
    const inner = Array.isArray(value) ? null : nextIn(value, parameter)
    if (inner !== null) return inner
  }
  return null
}

/** The cursor in the URL with the relation `next` of a header `Link`. */
function nextInLink(link: string, parameter: string): string | null {
  const [, url = ''] = /<([^>]*)>;[^,]*\brel="?next\b/.exec(link) ?? []
  return URL.parse(url)?.searchParams.get(parameter) ?? null
}
