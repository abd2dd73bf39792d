// The ways in which customers send their API key.

import type { FastifyRequest } from 'fastify'

/** The parts of a request that carry a key, or name a tenant. */
export interface Presented {
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
}

export interface Authentication {
  /** How a caller sends a key. */
  readonly present: (key: string) => Presented
  /** The key that the caller sent; null: none, or none in a form that the vendor accepts. */
  readonly credential: (request: Pick<FastifyRequest, 'headers'>) => string | null
  /** The security schemes of the OpenAPI document, by name. */
  readonly schemes: Readonly<Record<string, object>>
  /** The header of a key that web pages of other origins may send; absent: web pages may not call the API. */
  readonly webPageHeader?: string
}

/** `Authorization: Bearer <key>` */
export function bearer(): Authentication {
  return {
    present: (key) => ({ headers: { authorization: `Bearer ${key}` } }),
    credential: ({ headers }) => /^Bearer +(\S+)$/i.exec((headers.authorization ?? '').trim())?.[1] ?? null,
    schemes: { bearer: { type: 'http', scheme: 'bearer' } },
  }
}

/**
 * A header with the key.
 *
 * @param options.scheme the word before the key, in any case; default: the key stands alone
 * @param options.bare the word may be left out
 * @param options.begins the text with which every key begins
 * @param options.fromWebPages web pages of other origins may send it
 */
export function keyHeader(
  name: string,
  options: {
    readonly scheme?: string
    readonly bare?: true
    readonly begins?: string
    readonly fromWebPages?: true
  } = {},
): Authentication {
  const { scheme, bare, begins = '' } = options
  const before = scheme === undefined ? '' : `(?:${RegExp.escape(scheme)} +)${bare === true ? '?' : ''}`
  const isKeyAlone = scheme === undefined && begins === ''
  const pattern = isKeyAlone ? /^(.+)$/s : new RegExp(`^${before}(${RegExp.escape(begins)}\\S+)$`, 'i')
  const lowerName = name.toLowerCase()
  return {
    present: (key) => ({ headers: { [lowerName]: scheme === undefined ? key : `${scheme} ${key}` } }),
    credential({ headers }) {
      const value = headers[lowerName]
      return typeof value === 'string' ? (pattern.exec(value.trim())?.[1] ?? null) : null
    },
    schemes: { [name.replaceAll('-', '')]: { type: 'apiKey', in: 'header', name } },
    ...(options.fromWebPages && { webPageHeader: name }),
  }
}

/** The first of several ways that the request uses. */
export function anyOf(first: Authentication, ...others: readonly Authentication[]): Authentication {
  const ways = [first, ...others]
  const webPageHeader = ways.flatMap((way) => way.webPageHeader ?? [])[0]
  return {
    present: first.present,
    credential(request) {
      for (const way of ways) {
        const found = way.credential(request)
        if (found !== null) return found
      }
      return null
    },
    schemes: Object.assign({}, ...ways.map(({ schemes }) => schemes)) as Authentication['schemes'],
    ...(webPageHeader !== undefined && { webPageHeader }),
  }
}
