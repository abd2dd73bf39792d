// Lists in pages.

import type { FastifyRequest } from 'fastify'
import { type TSchema, Type } from 'typebox'
import type { Endpoint } from '../domain/endpoint.ts'
import { type Result, success } from '../domain/problem.ts'
import { schemaOf } from './schema-of.ts'

/** A way in which a list comes in pages. */
export interface Pages {
  /** The parameters of the request. */
  readonly query: Readonly<Record<string, TSchema>>
  readonly schema: (items: TSchema) => TSchema
  /** @param endpoints all endpoints of the list, the newest first */
  readonly page: (
    endpoints: readonly Endpoint[],
    query: Readonly<Record<string, unknown>>,
    request: FastifyRequest,
  ) => Result<Page>
}

export interface Page {
  readonly endpoints: readonly Endpoint[]
  /** The body of the answer, from the endpoints in the form of the vendor. */
  readonly answer: (items: readonly unknown[]) => unknown
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

export interface NumberedForm {
  /** The names of the parameters; default: `page` and `limit`. */
  readonly names?: readonly [page: string, size: string]
  readonly sizeDefault: number
  readonly sizeMax: number
  readonly answer: (items: readonly unknown[], page: NumberedPage) => unknown
}

/** Pages with numbers, from 1. */
export function numberedPages(form: NumberedForm): Pages {
  const { names: [pageName, sizeName] = ['page', 'limit'], sizeDefault, sizeMax, answer } = form
  return {
    query: {
      [pageName]: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, default: 1 })),
      [sizeName]: Type.Optional(Type.Integer({ minimum: 1, maximum: sizeMax, default: sizeDefault })),
    },
    schema(items) {
      const example: readonly unknown[] = []
      return schemaOf([answer(example, { page: 1, size: 1, total: 1, pageCount: 1 })], new Map([[example, items]]))
    },
    page(endpoints, query) {
      const page = Number(query[pageName] ?? 1)
      const size = Number(query[sizeName] ?? sizeDefault)
      const total = endpoints.length
      const facts = { page, size, total, pageCount: Math.ceil(total / size) }
      return success({
        endpoints: endpoints.slice((page - 1) * size, page * size),
        answer: (items) => answer(items, facts),
      })
    },
  }
}
