// Cursors of lists. A cursor is opaque to callers and is valid for one list only.

import { failure, type Result, success } from '../domain/problem.ts'
import { limits } from '../domain/limits.ts'
import type { Page, PageRequest } from '../contracts/page.ts'

/** The page that a caller requests. A malformed cursor, or one of another list, is an error of the field `cursor`. */
export function pageRequest(
  list: string,
  query: { readonly limit?: number; readonly cursor?: string },
): Result<PageRequest> {
  const limit = query.limit ?? limits.pageSizeDefault
  if (query.cursor === undefined) return success({ limit, after: null })
  const text = Buffer.from(query.cursor, 'base64url').toString('utf8')
  if (!text.startsWith(`${list}:`) || encode(text) !== query.cursor) {
    const fields = [{ field: 'cursor', rule: 'format', message: 'is not a cursor of this list' } as const]
    return failure({ kind: 'invalid', where: 'query', fields })
  }
  return success({ limit, after: text.slice(list.length + 1) })
}

export function pageBody<Row>(list: string, page: Page<Row>, shape: (row: Row) => unknown): object {
  return { data: page.rows.map(shape), nextCursor: page.next === null ? null : encode(`${list}:${page.next}`) }
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url')
}
