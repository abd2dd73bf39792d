// The parts of the service that need only the settings. They are made before anything is written.

import type { Dialect, Quota } from './contracts/dialect.ts'
import { readAuthorities } from './config/ca-file.ts'
import { SettingError, type Settings } from './config/settings.ts'
import { ownDialect, type Registration } from './dialects/registry.ts'
import type { Origins } from './http/origins.ts'
import { createAddressPolicy, networkTest } from './net/address-policy.ts'
import { createEgressProxy, type EgressProxy } from './net/egress-proxy.ts'
import { createGuard } from './net/guard.ts'
import { createLookup } from './net/lookup.ts'
import { ownAddresses } from './net/own-addresses.ts'

/** The parts that need only the settings. @throws SettingError */
export function partsOf(settings: Settings, registrations: readonly Registration[]) {
  checkRole(settings)
  const allDialects = dialectsBySettings(settings, registrations)
  const guard = createGuard(addressPolicy(settings.allowNetworks), {
    authorities: readAuthorities(settings.caFile),
    proxy: egressProxy(settings),
  })
  return { allDialects, dialects: servedDialects(allDialects, settings.dialects), guard }
}

/** @throws SettingError */
function checkRole({ role, reusePort, database, host, adminHost }: Settings): void {
  if (role !== 'all' && database.kind === 'sqlite') {
    throw new SettingError(`POSTHORN_ROLE ${role} needs PostgreSQL: an SQLite file serves one node`)
  }
  if (reusePort && database.kind === 'sqlite') {
    throw new SettingError('POSTHORN_REUSE_PORT on needs PostgreSQL: an SQLite file serves one process')
  }
  if (host === '') throw new SettingError('POSTHORN_HOST must name an address to listen on')
  if (adminHost === '') throw new SettingError('POSTHORN_ADMIN_HOST must name an address to listen on')
}

/**
 * All dialects by name. The settings give the quotas of `standard`, and the quotas of test events in every dialect: no
 * vendor documents one for them.
 */
function dialectsBySettings(
  { keyLimit, tenantLimit, keyTestLimit, tenantTestLimit }: Settings,
  registrations: readonly Registration[],
): Map<string, Dialect> {
  const windowSeconds = 60
  const all: readonly Quota[] = [
    { per: 'key', counts: 'all', requests: keyLimit, windowSeconds },
    { per: 'tenant', counts: 'all', requests: tenantLimit, windowSeconds },
  ]
  const tests: readonly Quota[] = [
    { per: 'key', counts: 'tests', requests: keyTestLimit, windowSeconds },
    { per: 'tenant', counts: 'tests', requests: tenantTestLimit, windowSeconds },
  ]
  const quotasOf = ({ name, quotas }: Dialect) => [...(name === ownDialect ? all : quotas), ...tests]
  return new Map(registrations.map(({ dialect }) => [dialect.name, { ...dialect, quotas: quotasOf(dialect) }]))
}

/** @throws SettingError */
function servedDialects(
  allDialects: ReadonlyMap<string, Dialect>,
  names: readonly string[],
): ReadonlyMap<string, Dialect> {
  if (names.includes('all')) return allDialects
  const known = [...allDialects.keys()].join(', ')
  const unknown = names.find((name) => !allDialects.has(name))
  if (unknown !== undefined) throw new SettingError(`POSTHORN_DIALECTS names ${unknown}; the dialects are ${known}`)
  if (names.length === 0) throw new SettingError(`POSTHORN_DIALECTS names no dialect; the dialects are ${known}`)
  return new Map([...allDialects].filter(([name]) => names.includes(name)))
}

/** @throws SettingError */
export function originsOf(
  { publicUrl: publicUrls, trustedProxies }: Settings,
  allDialects: ReadonlyMap<string, Dialect>,
): Origins {
  const unknown = [...publicUrls.keys()].find((name) => name !== '' && !allDialects.has(name))
  if (unknown !== undefined) throw new SettingError(`POSTHORN_PUBLIC_URL names ${unknown}, which is not a dialect`)
  try {
    return { publicUrls, isTrusted: networkTest(trustedProxies) }
  } catch (error) {
    throw new SettingError(`POSTHORN_TRUSTED_PROXIES: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** @throws SettingError */
function addressPolicy(allowNetworks: readonly string[]): ReturnType<typeof createAddressPolicy> {
  try {
    return createAddressPolicy({ allowNetworks, ownAddresses: ownAddresses() })
  } catch (error) {
    throw new SettingError(`POSTHORN_ALLOW_NETWORKS: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** @throws SettingError */
function egressProxy(settings: Settings): EgressProxy | null {
  const { egressProxy: proxy, egressProxyExcept: except, egressProxyResolves: resolves } = settings
  if (proxy === null) {
    if (except.length > 0) throw new SettingError('POSTHORN_EGRESS_PROXY_EXCEPT needs POSTHORN_EGRESS_PROXY')
    if (resolves) throw new SettingError('POSTHORN_EGRESS_PROXY_RESOLVES needs POSTHORN_EGRESS_PROXY')
    return null
  }
  try {
    return createEgressProxy({ ...proxy, except, resolves, lookup: createLookup() })
  } catch (error) {
    throw new SettingError(`POSTHORN_EGRESS_PROXY_EXCEPT: ${error instanceof Error ? error.message : String(error)}`)
  }
}
