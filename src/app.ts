// Puts the service together. This is the only file that sees every folder.

import { once } from 'node:events'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { randomText } from './domain/ids.ts'
import { limits } from './domain/limits.ts'
import type { Dialect, Quota } from './contracts/dialect.ts'
import type { Store } from './contracts/store.ts'
import { deliveryRoutes } from './api/deliveries.ts'
import { dialectRoutes } from './api/dialects.ts'
import { serveDocs } from './api/docs.ts'
import { endpointRoutes } from './api/endpoints.ts'
import { eventRoutes } from './api/events.ts'
import { serveHealth } from './api/health.ts'
import { keyRoutes } from './api/keys.ts'
import { createOperatorFront } from './api/operator-front.ts'
import { tenantRoutes } from './api/tenants.ts'
import { readAuthorities } from './config/ca-file.ts'
import { SettingError, type Settings } from './config/settings.ts'
import { type TokenSettings, tokenSettings } from './config/token-settings.ts'
import { ownDialect, registry } from './dialects/registry.ts'
import { type Engine, type EngineOptions, openEngine } from './engine/engine.ts'
import { CountedQuotas } from './front/counted-quotas.ts'
import { frontOfDialect } from './front/dialect-front.ts'
import { KeySet } from './front/key-set.ts'
import { WrongKeys } from './front/wrong-keys.ts'
import { createTokenVerifier, type TokenVerifier } from './front/tokens.ts'
import type { Front } from './http/front.ts'
import type { Origins } from './http/origins.ts'
import { createHttpServer } from './http/server.ts'
import { createAddressPolicy, networkTest } from './net/address-policy.ts'
import { createEgressProxy, type EgressProxy } from './net/egress-proxy.ts'
import { createGuard, type Guard } from './net/guard.ts'
import { createGuardedFetch } from './net/guarded-fetch.ts'
import { createLookup } from './net/lookup.ts'
import { ownAddresses } from './net/own-addresses.ts'
import { createSender } from './net/sender.ts'
import { type Context, createContext } from './operations/context.ts'
import { openSqliteStore } from './store/sqlite/sqlite-store.ts'
import { assertCanListen, closeServer, listen } from './listening.ts'
import { systemClock, systemRandomBytes } from './system.ts'
import { createEngineObserver } from './telemetry/engine-observer.ts'
import type { Log } from './telemetry/log.ts'
import { Metrics } from './telemetry/metrics.ts'
import { assertMasterKey, installationSecrets, proof, proveMasterKey } from './vault/master-key.ts'
import { createVault } from './vault/vault.ts'

/** The settings of a service, its keys and its log. */
export interface AppOptions {
  readonly settings: Settings
  /**
   * Returns the keys. Called once it is known that the database can be used, before anything is written. `isNew`: there
   * is no database yet.
   */
  readonly keys: (isNew: boolean) => Keys
  readonly log: Log
  readonly version: string
  /** Its abort ends a start that waits for the database. A start that has come further goes on to its end. */
  readonly stop?: AbortSignal
}

export interface Keys {
  readonly operatorKey: string
  /** The first key seals, all keys open. */
  readonly masterKeys: readonly Buffer[]
}

/** A running service. */
export interface App {
  /** The address on which it listens, with the actual port. */
  readonly url: string
  /** Accepts no more requests, waits for attempts in flight, and releases all other deliveries. */
  stop(): Promise<void>
}

/** How long a failed start waits for attempts that it has started. */
const failedStartStopMs = 1000

/**
 * Starts the service.
 *
 * @throws SettingError, StoreRefused: one line that says why the start failed
 * @throws the reason of `stop`
 */
export async function startApp(options: AppOptions): Promise<App> {
  const { settings, log } = options
  const { allDialects, dialects, guard } = partsOf(settings)
  const origins = originsOf(settings, allDialects)
  const tokens = tokenVerifier(tokenSettings(settings), guard, log.logger)
  await assertCanListen(settings)
  const { store, keys } = await orAborted(openStore(options), options.stop)
  // Steps that a failed start undoes, the last one first: otherwise its timers would keep the process alive.
  const undo: (() => Promise<unknown>)[] = [() => store.close()]
  try {
    const vault = createVault(keys.masterKeys)
    await proveMasterKey(store, vault)
    const sender = createSender({ guard })
    const secrets = await installationSecrets(store, vault, allDialects)
    const marker = await store.writeOnce('delivery marker', randomText(systemRandomBytes, 22))
    const metrics: Metrics = new Metrics({
      inFlight: () => engine.inFlight,
      queued: () => engine.queued,
      waiting: () => store.countWaiting(),
      droppedLogLines: () => log.output.dropped,
    })
    const observer = createEngineObserver(metrics, log.logger)
    const parts = { store, vault, dialects: allDialects, installationSecrets: secrets, sender, marker, observer }
    const engine: Engine = await startEngine(settings, parts)
    undo.push(() => engine.stop(failedStartStopMs))
    const context = createContext({
      store,
      engine,
      vault,
      dialects,
      allDialects,
      publicKeys: publicKeysOf(secrets, allDialects),
      egress: guard,
      clock: systemClock,
      randomBytes: systemRandomBytes,
      allowHttp: settings.allowHttp,
    })
    const server = await createServer(options, keys.operatorKey, context, { store, tokens, origins, marker, metrics })
    serveHealth(server, {
      canWrite: () => engine.canWrite,
      ping: () => store.ping(),
      metrics: () => metrics.text(),
    })
    undo.push(() => server.close())
    const port = await listen(server, settings)
    return {
      url: `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`,
      async stop() {
        const closed = closeServer(server, limits.stopMs)
        await engine.stop(limits.stopMs)
        await sender.destroy()
        await closed
        await store.close()
      },
    }
  } catch (error) {
    for (const step of undo.toReversed()) await step()
    throw error
  }
}

/** The parts that need only the settings. @throws SettingError */
function partsOf(settings: Settings) {
  checkRole(settings)
  const allDialects = dialectsBySettings(settings)
  const guard = createGuard(addressPolicy(settings.allowNetworks), {
    authorities: readAuthorities(settings.caFile),
    proxy: egressProxy(settings),
  })
  return { allDialects, dialects: servedDialects(allDialects, settings.dialects), guard }
}

type EngineParts = Pick<
  EngineOptions,
  'store' | 'vault' | 'dialects' | 'installationSecrets' | 'sender' | 'marker' | 'observer'
>

/** The engine knows all dialects: accepted events are delivered, even if this node does not serve the tenant's API. */
function startEngine(settings: Settings, parts: EngineParts): Promise<Engine> {
  return openEngine({
    ...parts,
    delivers: settings.role !== 'api',
    clock: systemClock,
    randomBytes: systemRandomBytes,
    random: Math.random,
    retryScale: settings.retryScale,
    retentionMs: settings.retentionDays * 24 * 60 * 60 * 1000,
  })
}

function publicKeysOf(
  secrets: ReadonlyMap<string, string>,
  dialects: ReadonlyMap<string, Dialect>,
): ReadonlyMap<string, string> {
  return new Map(
    [...secrets].map(([name, secret]) => [name, dialects.get(name)?.installationSecret?.publicKey(secret) ?? '']),
  )
}

interface ServerParts {
  readonly store: Store
  /** Verifies customers' tokens; null: they are not accepted. */
  readonly tokens: TokenVerifier | null
  readonly origins: Origins
  readonly metrics: Metrics
  /** The marker of this installation's deliveries. */
  readonly marker: string
}

/** The HTTP server with the fronts of this node's role. A worker serves only health and metrics. */
async function createServer(
  { settings, log: { logger }, version }: AppOptions,
  operatorKey: string,
  context: Context,
  { store, tokens, origins, marker, metrics }: ServerParts,
): Promise<FastifyInstance> {
  const routes = [tenantRoutes, keyRoutes, eventRoutes, endpointRoutes, deliveryRoutes, dialectRoutes]
  const operator = createOperatorFront({
    context,
    operatorKey,
    customerDialect: ownDialect,
    quotas: new CountedQuotas({
      dialect: context.allDialects.get(ownDialect) as Dialect,
      headersOf: undefined,
      rateLimits: settings.rateLimits,
      shared: store.quotas,
      clock: context.clock,
    }),
    wrongKeys: new WrongKeys({
      clock: context.clock,
      counted: () => metrics.sawWrongKey(),
      slowed: (address, keys) => logger.warn({ address, keys }, 'wrong keys at the operator API: answers are delayed'),
    }),
    version,
    routes: routes.flatMap((routesOf) => routesOf(context)),
  })
  const customers = settings.role === 'worker' ? [] : customerFronts(settings, context, store, tokens)
  const fronts = settings.role === 'worker' ? [] : [operator, ...customers]
  const server = await createHttpServer({
    // The start itself logs the address, so the server does not.
    logger: logger.child({}, { level: logger.isLevelEnabled('info') ? 'warn' : logger.level }),
    randomBytes: context.randomBytes,
    origins,
    fallback: operator,
    marker,
    fronts: fronts.map((front) => ({
      front,
      documentPath: front === operator ? '/openapi.json' : `/openapi/${front.name}.json`,
    })),
  })
  if (settings.role === 'worker') return server
  serveDocs(server, [
    { title: 'Operator API', url: '/openapi.json' },
    ...customers.map(({ name, openapi }) => ({ title: openapi.info?.title ?? name, url: `/openapi/${name}.json` })),
  ])
  return server
}

function customerFronts(
  { rateLimits }: Settings,
  context: Context,
  { quotas }: Store,
  tokens: TokenVerifier | null,
): Front[] {
  return registry.flatMap(({ dialect: { name }, front }) => {
    const dialect = context.dialects.get(name)
    if (front === null || dialect === undefined) return []
    return [frontOfDialect({ ...front(context), dialect }, { context, tokens, rateLimits, quotas })]
  })
}

function tokenVerifier(settings: TokenSettings | null, guard: Guard, logger: Logger): TokenVerifier | null {
  if (settings === null) return null
  const { keys, ...claims } = settings
  const report = (reason: string | null): void => {
    if (reason === null) logger.info('the key set for tokens can be read again')
    else logger.warn({ reason }, 'the key set for tokens cannot be read')
  }
  const key =
    'secret' in keys
      ? keys.secret
      : new KeySet({ url: keys.url, fetch: createGuardedFetch(guard), clock: systemClock, report }).find
  return createTokenVerifier({ ...claims, key, clock: systemClock })
}

/** @throws SettingError */
function checkRole({ role, database, host }: Settings): void {
  if (role !== 'all' && database.kind === 'sqlite') {
    throw new SettingError(`POSTHORN_ROLE ${role} needs PostgreSQL: an SQLite file serves one node`)
  }
  if (host === '') throw new SettingError('POSTHORN_HOST must name an address to listen on')
}

/** @throws StoreRefused */
async function openStore({ settings, keys, log: { logger } }: AppOptions): Promise<{ store: Store; keys: Keys }> {
  const { database } = settings
  if (database.kind === 'sqlite') {
    let found: Keys | undefined
    const store = await openSqliteStore(database.path, ({ installation, openFolder }) => {
      found = keys(installation === null)
      const sealed = installation?.get(proof.name)
      if (sealed !== undefined) assertMasterKey(createVault(found.masterKeys), sealed)
      if (openFolder !== null)
        logger.warn({ folder: openFolder }, 'other users can look into the folder of the database')
    })
    return { store, keys: found as Keys }
  }
  const found = keys(false)
  // The driver is loaded only where PostgreSQL is used.
  const { openPostgresStore } = await import('./store/postgres/postgres-store.ts')
  return { store: await openPostgresStore(database.url, { waiting: (reason) => logger.warn(reason) }), keys: found }
}

/** Waits for `promise`. @throws the reason of `stop`, if it is aborted before */
async function orAborted<Value>(promise: Promise<Value>, stop: AbortSignal | undefined): Promise<Value> {
  if (stop === undefined) return promise
  const aborted = once(stop, 'abort').then(() => stop.throwIfAborted())
  stop.throwIfAborted()
  return (await Promise.race([promise, aborted])) as Value
}

/**
 * All dialects by name. The settings give the quotas of `standard`, and the quotas of test events in every dialect: no
 * vendor documents one for them.
 */
function dialectsBySettings({ keyLimit, tenantLimit, keyTestLimit, tenantTestLimit }: Settings): Map<string, Dialect> {
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
  return new Map(registry.map(({ dialect }) => [dialect.name, { ...dialect, quotas: quotasOf(dialect) }]))
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
function originsOf(
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
