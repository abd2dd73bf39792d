// The ways in which customers send their API key.

import type { FastifyRequest } from 'fastify'
import { unsendableNameFault } from '../../domain/header-rules.ts'
import { DefinitionError } from '../definition-error.ts'
import { checkName } from '../known-names.ts'

/** The parts of a request that carry a key, or name a tenant. */
export interface Presented {
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
}

export interface Authentication {
  /** How a caller sends a key. */
  readonly present: (key: string) => Presented
  /** The key that the caller sent; null: none, or none in a form that the vendor accepts. */
  readonly credential: (request: Pick<FastifyRequest, 'headers' | 'query'>) => string | null
  /** Whether customers send the key in two parts, which a colon joins in `keys.form`. */
  readonly hasTwoParts?: true
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
  checkHeaderName('auth.header', name)
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

/** The part of `Authorization: Basic` that is the key. */
export type BasicForm =
  /** `user` is the key, and there is no password: `curl -u key:`. */
  | { readonly key: 'user' }
  /** The password is the key of this fixed user: `curl -u api:key`. */
  | { readonly key: 'password'; readonly user: string }
  /** Both are: the key is `user:password`, such as an account's id and its token. */
  | { readonly key: 'both' }

/** `Authorization: Basic <base64 of user:password>` */
export function basic(form: BasicForm): Authentication {
  return {
    present(key) {
      const pair = { user: `${key}:`, password: `${'user' in form ? form.user : ''}:${key}`, both: key }[form.key]
      return { headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } }
    },
    credential({ headers }) {
      const [, encoded = ''] = /^Basic +([\w+/=-]+)$/i.exec((headers.authorization ?? '').trim()) ?? []
      const [, user = '', password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
      switch (form.key) {
        case 'user':
          return password === '' && user !== '' ? user : null
        case 'password':
          return user === form.user && password !== '' ? password : null
        case 'both':
          return user !== '' && password !== '' ? `${user}:${password}` : null
      }
    },
    schemes: { basic: { type: 'http', scheme: 'basic' } },
    ...(form.key === 'both' && { hasTwoParts: true }),
  }
}

/** Two headers: the public part of the key, such as a client's id, and the secret part. A colon joins them. */
export function twoHeaders(id: string, secret: string): Authentication {
  for (const name of [id, secret]) checkHeaderName('auth.twoHeaders', name)
  const [idName, secretName] = [id.toLowerCase(), secret.toLowerCase()]
  return {
    present(key) {
      const [first = '', ...rest] = key.split(':')
      return { headers: { [idName]: first, [secretName]: rest.join(':') } }
    },
    credential({ headers }) {
      const [first, second] = [headers[idName], headers[secretName]]
      return typeof first === 'string' && typeof second === 'string' ? `${first.trim()}:${second.trim()}` : null
    },
    schemes: { [secret.replaceAll('-', '')]: { type: 'apiKey', in: 'header', name: secret } },
    hasTwoParts: true,
  }
}

function checkHeaderName(call: string, name: string): void {
  checkName(call, name, 'X-Api-Key')
  const fault = unsendableNameFault(name)
  if (fault !== null) throw new DefinitionError(`${call}: "${name}"`, fault)
}

/** A parameter of the query: `?access_token=<key>`. */
export function keyParameter(name: string): Authentication {
  checkName('auth.query', name, 'access_token')
  return {
    present: (key) => ({ query: { [name]: key } }),
    credential({ query }) {
      const value = (query as Readonly<Record<string, unknown>>)[name]
      return typeof value === 'string' && value !== '' ? value : null
    },
    schemes: { [name]: { type: 'apiKey', in: 'query', name } },
  }
}

/** @throws DefinitionError always: a body is only read for callers whose key is known */
export function bodyField(name: string): never {
  throw new DefinitionError(
    'authentication',
    `a key in the body (${name}) is not supported: a body is read after its caller is known; use auth.twoHeaders`,
  )
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
    ...(ways.some(({ hasTwoParts }) => hasTwoParts) && { hasTwoParts: true }),
  }
}
