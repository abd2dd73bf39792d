// A session that its browser keeps: a sealed value in a cookie. The service stores nothing of it. A cookie counts only
// with headers that a page of another origin cannot send, so that no other page can act with it.

import type { FastifyRequest } from 'fastify'
import type { Clock } from '../domain/clock.ts'
import type { Context } from '../operations/context.ts'

export interface SealedCookieOptions {
  /** The name of the cookie, and the context of its seal. */
  readonly name: string
  readonly lifetimeMs: number
  /** `None`: the page may be embedded by other sites. */
  readonly sameSite: 'Strict' | 'None'
  readonly vault: Context['seals']['vault']
  readonly clock: Clock
}

/** Pages send this header with each call. Pages of other origins cannot, because no answer allows them to. */
export const pageHeader = 'posthorn-page'

export class SealedCookie {
  readonly #options: SealedCookieOptions

  constructor(options: SealedCookieOptions) {
    this.#options = options
  }

  /** Returns the Set-Cookie header. Null: the page was loaded without TLS, and not from this machine. */
  write(request: FastifyRequest, value: string): string | null {
    const { name, lifetimeMs, vault, clock } = this.#options
    const sealed = vault.seal(`${clock.now() + lifetimeMs} ${value}`, name)
    return this.#header(request, sealed, lifetimeMs / 1000)
  }

  /** Returns the Set-Cookie header that removes the cookie. */
  remove(request: FastifyRequest): string | null {
    return this.#header(request, '', 0)
  }

  /** Returns the value; null: there is none, it has ended, or the request does not come from our own page. */
  read({ headers }: FastifyRequest): string | null {
    if (headers['sec-fetch-site'] !== 'same-origin' || headers[pageHeader] === undefined) return null
    const { name, vault, clock } = this.#options
    const host = `http://${headers.host ?? ''}`
    const full = URL.canParse(host) && isThisMachine(new URL(host)) ? [`__Host-${name}`, name] : [`__Host-${name}`]
    const pairs = (headers.cookie ?? '').split(/; */).map((pair) => pair.split('='))
    const sealed = pairs.find(([key = '']) => full.includes(key))?.[1]
    if (sealed === undefined) return null
    try {
      const [, endsAt, value] = /^(\d+) ([^]*)$/.exec(vault.open(sealed, name)) ?? []
      return value !== undefined && Number(endsAt) > clock.now() ? value : null
    } catch {
      return null
    }
  }

  #header({ headers }: FastifyRequest, value: string, seconds: number): string | null {
    const { name, sameSite } = this.#options
    const origin = URL.canParse(headers.origin ?? '') ? new URL(headers.origin as string) : null
    const isSecure = origin?.protocol === 'https:'
    if (origin === null || (!isSecure && !isThisMachine(origin))) return null
    const rest = `Path=/; Max-Age=${seconds}; HttpOnly; SameSite=${sameSite}`
    const embedded = sameSite === 'None' ? '; Partitioned' : ''
    return isSecure
      ? `__Host-${name}=${value}; ${rest}; Secure${embedded}`
      : `${name}=${value}; ${rest}${sameSite === 'None' ? '; Secure' : ''}${embedded}`
  }
}

/** Browsers treat these names as secure without TLS. */
function isThisMachine({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
}
