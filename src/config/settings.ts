// Every setting: variable, flag, default, meaning and parser in one table. Flags override the environment, and the
// environment overrides defaults. docs/operating.md shows this table, and a test compares the two.

import { readFileSync } from 'node:fs'
import { database, egressProxy } from './address-settings.ts'
import { readFault } from './file-fault.ts'
import { nearest } from './nearest.ts'

/** `choices`: the values that it takes, if they are fixed words. */
type Parse<Value> = ((text: string) => Value) & { readonly choices?: readonly string[] }

interface Setting<Value> {
  readonly variable: string
  /** The default as text, as in the environment; null: there is no default. */
  readonly default: string | null
  readonly meaning: string
  /** @throws Error with a message that says what the value must be */
  readonly parse: Parse<Value>
  /** The value never appears in a log, and may be in the file that `<variable>_FILE` names. */
  readonly secret?: true
  /** The effect of a missing value, if there is no default. */
  readonly absent?: 'generated' | 'none'
}

/** A setting has a wrong value. The start fails with one line that names the setting. */
export class SettingError extends Error {
  override name = 'SettingError'
}

const text = (value: string): string => value
const list = (value: string): readonly string[] =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

const onOff: Parse<boolean> = Object.assign(switched, { choices: ['on', 'off'] })

function switched(value: string): boolean {
  const lower = value.toLowerCase()
  if (['on', 'true', '1', 'yes'].includes(lower)) return true
  if (['off', 'false', '0', 'no'].includes(lower)) return false
  throw new Error('must be on or off (or true, false, yes, no, 1, 0)')
}

function number(min: number, max: number, whole = false): (value: string) => number {
  return (value) => {
    const parsed = value.trim() === '' ? Number.NaN : Number(value)
    if (!(parsed >= min && parsed <= max) || (whole && !Number.isInteger(parsed))) {
      throw new Error(`must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}`)
    }
    return parsed
  }
}

const limit = number(1, 1_000_000, true)
const port = number(0, 65535, true)
const optionalPort = (value: string): number | null => (value === '' ? null : port(value))

function choice<const Choice extends string>(...choices: Choice[]): Parse<Choice> {
  const parse = (value: string): Choice => {
    const found = choices.find((one) => one === value)
    if (found === undefined) throw new Error(`must be one of: ${choices.join(', ')}`)
    return found
  }
  return Object.assign(parse, { choices })
}

const keyAdvice = 'openssl rand -hex 32 makes a good one'

function key(value: string): string {
  const isLong = /^[\x21-\x7e]{24,}$/.test(value)
  if (!isLong) throw new Error(`must have at least 24 visible characters of ASCII and no spaces; ${keyAdvice}`)
  return irregular(value)
}

function tokenSecret(value: string): string {
  if (Buffer.byteLength(value) < 32) throw new Error('must have at least 32 bytes')
  return irregular(value)
}

/** Refuses equal letters, sequences and short texts that are repeated: neighbouring characters differ in few ways. */
function irregular(value: string): string {
  const bytes = [...Buffer.from(value)]
  const steps = new Set(bytes.slice(1).map((byte, index) => byte - (bytes[index] ?? 0)))
  if (steps.size < 10) throw new Error(`is easy to guess; ${keyAdvice}`)
  return value
}

function optionalUrl(value: string): string | null {
  if (value === '') return null
  if (!URL.canParse(value) || !/^https?:/.test(value)) throw new Error('must be an http(s) URL')
  return value
}

/** The URLs by dialect; `''`: of everything else. They have no slash at their end. */
function publicUrls(value: string): ReadonlyMap<string, string> {
  return new Map(
    list(value).map((part) => {
      const [, dialect = '', address = ''] = /^(?:([\w-]+)=)?(.*)$/.exec(part) ?? []
      const url = URL.parse(address)
      if (url === null || !/^https?:/.test(address) || url.username + url.password !== '' || /[?#]/.test(address)) {
        throw new Error('must be an http(s) URL without user, query and fragment, or <dialect>=<URL>, or a comma list')
      }
      return [dialect, url.href.replace(/\/+$/, '')]
    }),
  )
}

/** Origins, by dialect; `''`: of every dialect. */
function origins(value: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const part of list(value)) {
    const [, dialect = '', origin = ''] = /^(?:([\w-]+)=)?(.*)$/.exec(part) ?? []
    if (!/^https?:$/.test(URL.parse(origin)?.protocol ?? '') || URL.parse(origin)?.origin !== origin) {
      throw new Error('must be an origin such as https://app.example.com, or <dialect>=<origin>, or a comma list')
    }
    found.set(dialect, [...(found.get(dialect) ?? []), origin])
  }
  return found
}

function optionalOrigin(value: string): string | null {
  if (value === '') return null
  const url = URL.parse(value)
  if (url === null || !/^https?:$/.test(url.protocol) || url.origin !== value) {
    throw new Error('must be an origin such as https://webhooks.example.com')
  }
  return value
}

function masterKeys(value: string): readonly Buffer[] {
  const keys = value.split(',').map((part) => Buffer.from(part, 'base64'))
  if (keys.some((bytes) => bytes.length !== 32)) throw new Error('must be 32 bytes in base64, or several such keys')
  return keys
}

/** All settings, in the order of docs/operating.md. */
export const settingTable = {
  host: setting('POSTHORN_HOST', '127.0.0.1', 'address to listen on', text),
  port: setting('POSTHORN_PORT', '4080', 'port to listen on; 0 picks a free one', port),
  reusePort: setting(
    'POSTHORN_REUSE_PORT',
    'off',
    '`on` lets several processes on PostgreSQL listen on the same address and port',
    onOff,
  ),
  adminHost: setting('POSTHORN_ADMIN_HOST', '127.0.0.1', 'address of the listener at `POSTHORN_ADMIN_PORT`', text),
  adminPort: setting(
    'POSTHORN_ADMIN_PORT',
    '',
    'port of a listener of its own for the operator API, the documents and the metrics; 0 picks a free one',
    optionalPort,
  ),
  database: setting(
    'POSTHORN_DATABASE',
    'sqlite:./data/posthorn.db',
    '`sqlite:<file>`, whose folder is created, or `postgres://…`',
    database,
  ),
  operatorKey: secret(
    'POSTHORN_OPERATOR_KEY',
    'generated',
    "the operator's key; by default generated at the first start and kept beside the database file, in `operator-key`",
    key,
  ),
  masterKey: secret(
    'POSTHORN_MASTER_KEY',
    'generated',
    '32 bytes, base64; encrypts signing secrets and header values at rest; by default also generated, in `master-key`; a comma list while it is rotated: the first key encrypts, all keys decrypt',
    masterKeys,
  ),
  publicUrl: setting(
    'POSTHORN_PUBLIC_URL',
    '',
    'the URL under which callers reach this service, for links in answers; `<dialect>=<URL>` after a comma for one dialect',
    publicUrls,
  ),
  portalOrigin: setting(
    'POSTHORN_PORTAL_ORIGIN',
    '',
    'the origin under which customers open the portal, and the only one that serves it; default: that of the request that makes a link',
    optionalOrigin,
  ),
  portalParents: setting(
    'POSTHORN_PORTAL_PARENTS',
    '',
    'comma list of the origins whose pages may embed the portal; `<dialect>=<origin>` for one dialect',
    origins,
  ),
  trustedProxies: setting(
    'POSTHORN_TRUSTED_PROXIES',
    '',
    'comma list of CIDR ranges of the proxies whose `Forwarded` or `X-Forwarded-*` headers are believed',
    list,
  ),
  dialects: setting('POSTHORN_DIALECTS', 'all', 'comma list of the dialects to serve', list),
  dialectFiles: setting(
    'POSTHORN_DIALECT_FILES',
    '',
    'comma list of files, or folders of files, that define further dialects',
    list,
  ),
  allowHttp: setting(
    'POSTHORN_ALLOW_HTTP',
    'off',
    '`on` lets endpoints and the key set use http:// where https:// is demanded, for local development and tests',
    onOff,
  ),
  allowNetworks: setting(
    'POSTHORN_ALLOW_NETWORKS',
    '',
    'comma list of CIDR ranges that deliveries may reach although the egress guard refuses them, for local development and tests',
    list,
  ),
  egressProxy: secret(
    'POSTHORN_EGRESS_PROXY',
    'none',
    'the proxy through which deliveries leave: `http://<user>:<password>@<host>:<port>`',
    egressProxy,
  ),
  egressProxyExcept: setting(
    'POSTHORN_EGRESS_PROXY_EXCEPT',
    '',
    'comma list of host names, suffixes such as `.example.com`, and CIDR ranges that are reached without the proxy',
    list,
  ),
  egressProxyResolves: setting(
    'POSTHORN_EGRESS_PROXY_RESOLVES',
    'off',
    '`on` gives names to the proxy instead of checked addresses, for a proxy that filters',
    onOff,
  ),
  caFile: setting(
    'POSTHORN_CA_FILE',
    '',
    'PEM file with certificates of authorities that receivers may use besides the public ones',
    text,
  ),
  jwtSecret: secret(
    'POSTHORN_JWT_SECRET',
    'none',
    "verifies customers' tokens, in dialects that accept them: the secret that signs them (HS256), at least 32 bytes",
    tokenSecret,
  ),
  jwksUrl: setting(
    'POSTHORN_JWKS_URL',
    '',
    "also verifies customers' tokens: address of the JSON Web Key Set of their issuer",
    optionalUrl,
  ),
  jwtAudience: setting('POSTHORN_JWT_AUDIENCE', '', "the audience (`aud`) that customers' tokens must name", text),
  jwtIssuer: setting('POSTHORN_JWT_ISSUER', '', "the issuer (`iss`) that customers' tokens must name", text),
  jwtMaxHours: setting(
    'POSTHORN_JWT_MAX_HOURS',
    '24',
    "the longest time for which customers' tokens may be valid, from their issue (`iat`) or from now to `exp`",
    number(0.01, 8760),
  ),
  rateLimits: setting('POSTHORN_RATE_LIMITS', 'on', '`off` lifts all request limits of customers', onOff),
  keyLimit: setting('POSTHORN_KEY_LIMIT', '300', 'requests a minute of one API key, in the dialect `standard`', limit),
  tenantLimit: setting(
    'POSTHORN_TENANT_LIMIT',
    '600',
    'requests a minute of all API keys of one tenant, in the dialect `standard`',
    limit,
  ),
  keyTestLimit: setting(
    'POSTHORN_KEY_TEST_LIMIT',
    '30',
    'test events a minute of one API key, in every dialect',
    limit,
  ),
  tenantTestLimit: setting(
    'POSTHORN_TENANT_TEST_LIMIT',
    '60',
    'test events a minute of all API keys of one tenant, in every dialect',
    limit,
  ),
  retryScale: setting('POSTHORN_RETRY_SCALE', '1', 'every retry wait is multiplied by it, for tests', number(0, 1000)),
  retentionDays: setting(
    'POSTHORN_RETENTION_DAYS',
    '30',
    'events, deliveries and attempts older than this are removed in small steps',
    number(0.001, 36500),
  ),
  auditDays: setting(
    'POSTHORN_AUDIT_DAYS',
    '400',
    'audit records older than this are removed in small steps',
    number(1, 36500),
  ),
  statsMinuteHours: setting(
    'POSTHORN_STATS_MINUTE_HOURS',
    '48',
    'statistics of endpoints, tenants and event types by minute are removed after so many hours',
    number(1, 8760),
  ),
  statsDialectDays: setting(
    'POSTHORN_STATS_DIALECT_DAYS',
    '30',
    'statistics of dialects by minute are removed after so many days',
    number(0.1, 3650),
  ),
  statsDays: setting(
    'POSTHORN_STATS_DAYS',
    '396',
    'statistics by day are removed after so many days; those by hour are kept as long as events',
    number(1, 36500),
  ),
  tracedDialects: setting(
    'POSTHORN_TRACED_DIALECTS',
    '',
    'comma list of the dialects, or `all`, whose deliveries have the header `traceparent`, while tracing is on',
    list,
  ),
  role: setting('POSTHORN_ROLE', 'all', 'the work of this node: all, api or worker', choice('all', 'api', 'worker')),
  logLevel: setting(
    'POSTHORN_LOG_LEVEL',
    'info',
    'fatal, error, warn, info, debug, trace or silent',
    choice('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
  ),
}

type Table = typeof settingTable
export type SettingName = keyof Table
export type Settings = {
  readonly [Name in SettingName]: Table[Name] extends Setting<infer Value>
    ? Value | (Table[Name] extends { default: string } ? never : null)
    : never
}

/** Variables that are no settings of the service: they tell commands which server to call, and what to verify with. */
const commandVariables = ['POSTHORN_URL', 'POSTHORN_KEY', 'POSTHORN_KEY_FILE', 'POSTHORN_SECRET']

/** Returns the flag of a setting: `--retry-scale` for `retryScale`. */
export function flagOf(name: SettingName): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** Reads all settings. @throws SettingError that names the setting, but never shows the value of a secret */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Partial<Record<SettingName, string>>> = {},
): Settings {
  const known = Object.values(settingTable).flatMap(({ variable, secret: isSecret }: Setting<unknown>) =>
    isSecret ? [variable, `${variable}_FILE`] : [variable],
  )
  known.push(...commandVariables)
  for (const variable of Object.keys(environment)) {
    if (!variable.startsWith('POSTHORN_') || variable.startsWith('POSTHORN_TEST_') || known.includes(variable)) continue
    throw new SettingError(`${variable} is not a setting of Posthorn; the nearest one is ${nearest(variable, known)}`)
  }
  const read = (name: SettingName): unknown => {
    const { variable, default: standard, parse } = settingTable[name]
    const path = environment[`${variable}_FILE`]
    if (path !== undefined && environment[variable] !== undefined) {
      throw new SettingError(`${variable} and ${variable}_FILE are both set`)
    }
    const given = flags[name] ?? environment[variable] ?? (path === undefined ? standard : readSecret(variable, path))
    if (given === null) return null
    try {
      return parse(given)
    } catch (error) {
      const place = path === undefined ? variable : `${variable}_FILE ${path}:`
      const origin = flags[name] === undefined ? place : flagOf(name)
      throw new SettingError(`${origin} ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return Object.fromEntries((Object.keys(settingTable) as SettingName[]).map((name) => [name, read(name)])) as Settings
}

/** The text of a file, without white space around it. @throws SettingError */
function readSecret(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    throw new SettingError(`${variable}_FILE ${path} ${readFault(error)}`)
  }
}

function setting<Value>(
  variable: string,
  standard: string,
  meaning: string,
  parse: Parse<Value>,
): Setting<Value> & { readonly default: string } {
  return { variable, default: standard, meaning, parse }
}

function secret<Value>(
  variable: string,
  absent: 'generated' | 'none',
  meaning: string,
  parse: Parse<Value>,
): Setting<Value> {
  return { variable, default: null, absent, meaning, parse, secret: true }
}
