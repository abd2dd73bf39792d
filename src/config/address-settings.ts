// The settings that are addresses of a database or of an egress proxy.

/** The database in which everything is stored. */
export type DatabaseSetting =
  | { readonly kind: 'sqlite'; readonly path: string; readonly shown: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly shown: string }

/** Parses the address of a database. `shown` is the address without a password, for logs. @throws Error */
export function database(value: string): DatabaseSetting {
  const path = /^sqlite:(.+)$/.exec(value)?.[1]
  if (path !== undefined) return { kind: 'sqlite', path, shown: value }
  if (!/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value)) {
    throw new Error('must be sqlite:<file> or postgres://<user>:<password>@<host>:<port>/<database>')
  }
  const { host, pathname } = new URL(value)
  return { kind: 'postgres', url: value, shown: `postgres://${host}${pathname}` }
}

/** An egress proxy. `shown` is its host and port, for logs. */
export interface EgressProxySetting {
  /** A name, or an address without brackets. */
  readonly hostname: string
  readonly port: number
  /** The value of Proxy-Authorization; null: no user is given. */
  readonly authorization: string | null
  readonly shown: string
}

/** Parses the address of an egress proxy. @throws Error */
export function egressProxy(value: string): EgressProxySetting {
  const wrong = new Error('must be http://<user>:<password>@<host>:<port>, with %xx for special characters')
  const url = URL.parse(value)
  if (url === null || url.protocol !== 'http:' || url.pathname !== '/' || /[?#]/.test(value)) throw wrong
  let user: string
  try {
    user = decodeURIComponent(url.username)
    if (user.includes(':')) throw wrong
    user += `:${decodeURIComponent(url.password)}`
  } catch {
    throw wrong
  }
  return {
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port === '' ? 80 : url.port),
    authorization: user === ':' ? null : `Basic ${Buffer.from(user).toString('base64')}`,
    shown: url.host,
  }
}
