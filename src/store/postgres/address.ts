// The address of a PostgreSQL database: `postgres://user:password@host:port/database?parameter=value`. The parameters
// mean what they mean in every PostgreSQL address (libpq). An unknown parameter is refused, because otherwise it
// would have no effect, and the operator would not learn of it.

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, type ConnectionOptions } from 'node:tls'
import type pg from 'pg'
import { StoreRefused } from '../../contracts/store.ts'
import { messageOf } from './errors.ts'

const parameters = ['schema', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'host', 'options']

export interface Address {
  /** The schema that holds the tables; default: `posthorn`. */
  readonly schema: string
  readonly login: Pick<pg.ClientConfig, 'host' | 'port' | 'user' | 'password' | 'database' | 'options'>
  /** How connections are encrypted; null: they are not. */
  readonly tls: ConnectionOptions | null
  /** `sslmode=prefer`: a server without TLS gets connections without TLS. */
  readonly tlsIsOptional: boolean
}

/** Missing parts come from the environment (`PGPASSWORD`, `PGSSLMODE` …). @throws StoreRefused */
export function addressOf(text: string): Address {
  const url = new URL(text)
  const given = (name: string): string | undefined => url.searchParams.get(name) || undefined
  const unknown = [...url.searchParams.keys()].find((name) => !parameters.includes(name))
  if (unknown !== undefined) refuse(`the parameter ${unknown} is not one of: ${parameters.join(', ')}`)
  const options = given('options')
  if (options?.includes('search_path') === true) refuse('schema=… names the schema, and not a search_path in options')
  const host = given('host') ?? decoded(url.hostname, 'host').replace(/^\[(.*)\]$/, '$1')
  if (host.includes(',')) refuse('it names several hosts, but it must lead to the primary alone')
  // A part that is undefined is read from the environment by the driver.
  const login = {
    host: host || undefined,
    port: url.port === '' ? undefined : Number(url.port),
    user: decoded(url.username, 'user') || undefined,
    password: decoded(url.password, 'password') || undefined,
    database: decoded(url.pathname.slice(1), 'name of the database') || undefined,
    options,
  }
  return { schema: schemaIn(text), login, ...tlsOf(given, host) }
}

/** The schema of an address. @throws StoreRefused */
export function schemaIn(text: string): string {
  return schemaOf(new URL(text).searchParams.get('schema') || 'posthorn')
}

function decoded(part: string, name: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return refuse(`the ${name} has a % that is not written as %25`)
  }
}

function schemaOf(name: string): string {
  if (!/^[a-z_][a-z0-9_]{0,40}$/.test(name)) refuse('the schema is no plain name')
  return name
}

function tlsOf(given: (name: string) => string | undefined, host: string): Pick<Address, 'tls' | 'tlsIsOptional'> {
  const mode = given('sslmode') ?? process.env['PGSSLMODE'] ?? 'prefer'
  const [ca, cert, key] = [contentOf('sslrootcert'), contentOf('sslcert'), contentOf('sslkey')]
  const isSocket = host.startsWith('/')
  const verify = verificationOf(mode, ca !== undefined)
  if (verify === null || isSocket) return { tls: null, tlsIsOptional: false }
  try {
    // Node ignores a file without certificates.
    if (ca !== undefined) new X509Certificate(ca)
    const secureContext = createSecureContext({ ca, cert, key })
    return { tls: { secureContext, ...verify }, tlsIsOptional: mode === 'prefer' }
  } catch (error) {
    return refuse(`a certificate or key of sslrootcert, sslcert or sslkey cannot be used: ${messageOf(error)}`)
  }

  function contentOf(name: string): string | undefined {
    const path = given(name)
    try {
      return path === undefined ? undefined : readFileSync(path, 'utf8')
    } catch (error) {
      return refuse(`${name} cannot be read: ${messageOf(error)}`)
    }
  }
}

/** The checks of the server's certificate; null: there is no TLS. */
function verificationOf(mode: string, hasAuthority: boolean): ConnectionOptions | null {
  const chainOnly: ConnectionOptions = { rejectUnauthorized: true, checkServerIdentity: () => undefined }
  switch (mode) {
    case 'disable':
      return null
    case 'prefer':
      return { rejectUnauthorized: false }
    case 'require':
      return hasAuthority ? chainOnly : { rejectUnauthorized: false }
    case 'verify-ca':
      // With the public authorities this would accept every server with a certificate.
      return hasAuthority ? chainOnly : refuse('sslmode=verify-ca needs sslrootcert=<file>')
    case 'verify-full':
      return { rejectUnauthorized: true }
    default:
      return refuse(`sslmode=${mode} is not one of: disable, prefer, require, verify-ca, verify-full`)
  }
}

function refuse(why: string): never {
  throw new StoreRefused(`the address of the database cannot be used: ${why}`)
}
