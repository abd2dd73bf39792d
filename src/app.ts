// Puts it together: the only file that sees everything.

import { randomFillSync } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Clock } from './domain/clock.ts'
import type { RandomBytes } from './domain/ids.ts'
import { limits } from './domain/limits.ts'
import { deliveryRoutes } from './api/deliveries.ts'
import { dialectRoutes } from './api/dialects.ts'
import { serveDocs } from './api/docs.ts'
import { endpointRoutes } from './api/endpoints.ts'
import { eventRoutes } from './api/events.ts'
import { serveHealth } from './api/health.ts'
import { createOperatorFront } from './api/operator-front.ts'
import { keyRoutes, tenantRoutes } from './api/tenants.ts'
import { type DatabaseSetting, SettingError, type Settings } from './config/settings.ts'
import { ownDialect, registry } from './dialects/registry.ts'
import { Directory } from './engine/tenant-cache.ts'
import { Engine } from './engine/engine.ts'
import { installationSecrets, proveMasterKey, Rotation } from './vault/master-key.ts'
import { Membership } from './engine/membership.ts'
import type { EngineObserver } from './engine/observer.ts'
import { frontOfDialect } from './front/dialect-front.ts'
import { createHttpServer } from './http/server.ts'
import { createTokenVerifier } from './front/tokens.ts'
import { createAddressPolicy } from './net/address-policy.ts'
import { createGuard } from './net/guard.ts'
import { createGuardedFetch } from './net/guarded-fetch.ts'
import { ownAddresses } from './net/own-addresses.ts'
import { createSender } from './net/sender.ts'
import type { Context } from './operations/context.ts'
import { KeyRing } from './operations/key-ring.ts'
import { Replays } from './operations/replays.ts'
import { openSqliteStore } from './store/sqlite/sqlite-store.ts'
import { IncarnationLost, type Store, StoreUnavailable } from './contracts/store.ts'
import { Metrics } from './telemetry/metrics.ts'
import { createVault } from './vault/vault.ts'

export interface AppOptions {
  readonly settings: Settings
  readonly operatorKey: string
  /** The first one seals, all of them open. */
  readonly masterKeys: readonly Buffer[]
  readonly logger: Logger
  readonly version: string
}

export interface App {
  /** Where it listens, with the port that was picked. */
  readonly url: string
  /** Stops accepting, lets what is in flight end, hands back the rest. */
  stop(): Promise<void>
}

/** @throws SettingError, StoreRefused: one line that says what stops the start */
export async function startApp(options: AppOptions): Promise<App> {
  const { settings, logger } = options
  const known: Context['dialects'] = new Map(registry.map(({ dialect }) => [dialect.name, dialect]))
  const dialects = servedDialects(settings.dialects, known)
  const policy = addressPolicy(settings.allowNetworks)
  const guard = createGuard(policy)
  if (settings.role !== 'all' && settings.database.kind === 'sqlite') {
    throw new SettingError(`POSTHORN_ROLE ${settings.role} needs PostgreSQL: an SQLite file serves one node`)
  }
  if (settings.host === '') throw new SettingError('POSTHORN_HOST must name an address to listen on')
  const { database, role } = settings
  const store = await openStore(database)
  // What a start that fails has begun so far, the last first: its timers would keep the process alive.
  const undo: (() => Promise<unknown>)[] = [() => store.close()]
  try {
    const vault = createVault(options.masterKeys)
    await proveMasterKey(store, vault)
    const sender = createSender({ guard })
    const secrets = await installationSecrets(store, vault, known)
    const metrics: Metrics = new Metrics({
      inFlight: () => engine.inFlight,
      queued: () => engine.queued,
      waiting: () => store.countWaiting(),
    })
    const observer = observe(metrics, logger)
    const membership = await Membership.join(store, clock, observer)
    undo.push(() => membership.leave())
    // It knows all dialects: what was accepted for a tenant is delivered, whether its API is served here or not.
    const directory = new Directory(store, vault, known, secrets, membership)
    const keys = new KeyRing(store, membership)
    store.listen((change) => {
      if (change.kind === 'keys' || change.kind === 'tenant') keys.drop()
    })
    const engine: Engine = Engine.start({
      store,
      membership,
      delivers: role !== 'api',
      directory,
      sender,
      clock,
      randomBytes,
      random: Math.random,
      retryScale: settings.retryScale,
      retentionMs: settings.retentionDays * 24 * 60 * 60 * 1000,
      rotation: vault.hasOtherKeys ? new Rotation(store, vault, observer) : null,
      observer,
    })
    undo.push(() => engine.stop(failedStartStopMs))
    const context: Context = {
      store,
      engine,
      directory,
      keys,
      replays: new Replays(),
      vault,
      dialects,
      publicKeys: new Map(
        [...secrets].map(([name, secret]) => [name, known.get(name)?.installationSecret?.publicKey(secret) ?? '']),
      ),
      egress: guard,
      clock,
      randomBytes,
      allowHttp: settings.allowHttp,
    }
    const operator = createOperatorFront({
      context,
      operatorKey: options.operatorKey,
      customerDialect: ownDialect,
      version: options.version,
      routes: [
        ...tenantRoutes(context),
        ...keyRoutes(context),
        ...eventRoutes(context),
        ...endpointRoutes(context),
        ...deliveryRoutes(context),
        ...dialectRoutes(context),
      ],
    })
    const tokens = createTokenVerifier({
      secret: settings.jwtSecret,
      keySetUrl: settings.jwksUrl,
      fetch: createGuardedFetch(guard),
    })
    const customerFronts = registry.flatMap(({ dialect, front }) =>
      front === null || !dialects.has(dialect.name)
        ? []
        : [frontOfDialect(front(context), { context, tokens, rateLimits: settings.rateLimits, quotas: store.quotas })],
    )
    // A worker delivers, and is only asked how it is.
    const fronts = role === 'worker' ? [] : [operator, ...customerFronts]
    const server = await createHttpServer({
      // The start says where it listens in words of its own.
      logger: logger.child({}, { level: logger.isLevelEnabled('info') ? 'warn' : logger.level }),
      randomBytes,
      fallback: operator,
      fronts: fronts.map((front) => ({
        front,
        documentPath: front === operator ? '/openapi.json' : `/openapi/${front.name}.json`,
      })),
    })
    serveHealth(server, { ping: () => store.ping(), metrics: () => metrics.text() })
    if (role !== 'worker') {
      serveDocs(server, [
        { title: 'Operator API', url: '/openapi.json' },
        ...customerFronts.map(({ name, openapi }) => ({
          title: openapi.info?.title ?? name,
          url: `/openapi/${name}.json`,
        })),
      ])
    }
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

/** @throws StoreRefused */
async function openStore(database: DatabaseSetting): Promise<Store> {
  if (database.kind === 'sqlite') return openSqliteStore(database.path)
  // Only who uses PostgreSQL loads its driver.
  const { openPostgresStore } = await import('./store/postgres/postgres-store.ts')
  return openPostgresStore(database.url)
}

/** @throws SettingError that says why the address cannot be had */
async function listen(server: FastifyInstance, { host, port }: Settings): Promise<number> {
  try {
    await server.listen({ host, port })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new SettingError(`cannot listen on POSTHORN_HOST ${host}, POSTHORN_PORT ${port}: ${reason}`)
  }
  return (server.server.address() as AddressInfo).port
}

/** Lets requests under way end, until the deadline: a caller that never ends its own must not hold up the stop. */
async function closeServer(server: FastifyInstance, deadlineMs: number): Promise<void> {
  // Again and again: a connection whose request is under way now is kept alive, and idle, a moment later.
  const closeIdle = setInterval(() => server.server.closeIdleConnections(), 50)
  const closeAll = setTimeout(() => server.server.closeAllConnections(), deadlineMs)
  await server.close()
  clearInterval(closeIdle)
  clearTimeout(closeAll)
}

/** How long a start that failed waits for attempts that it has begun. */
const failedStartStopMs = 1000

const clock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms)
    return () => clearTimeout(timer)
  },
}

/** Random bytes out of a pool, because one call of the system per id costs more than the id. */
const pool = new Uint8Array(16 * 1024)
let poolAt = pool.length
const randomBytes: RandomBytes = (count) => {
  if (poolAt + count > pool.length) {
    randomFillSync(pool)
    poolAt = 0
  }
  poolAt += count
  return pool.slice(poolAt - count, poolAt)
}

function servedDialects(names: readonly string[], known: Context['dialects']): Context['dialects'] {
  if (names.includes('all')) return known
  const unknown = names.find((name) => !known.has(name))
  if (unknown !== undefined) {
    throw new SettingError(`POSTHORN_DIALECTS names ${unknown}; there are ${[...known.keys()].join(', ')}`)
  }
  if (names.length === 0)
    throw new SettingError(`POSTHORN_DIALECTS names none; there are ${[...known.keys()].join(', ')}`)
  return new Map([...known].filter(([name]) => names.includes(name)))
}

function addressPolicy(allowNetworks: readonly string[]): ReturnType<typeof createAddressPolicy> {
  try {
    return createAddressPolicy({ allowNetworks, ownAddresses: ownAddresses() })
  } catch (error) {
    throw new SettingError(`POSTHORN_ALLOW_NETWORKS: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Of a database that is away the log tells once, and once more when it is back. */
function observe(metrics: Metrics, logger: Logger): EngineObserver {
  let isAvailable = true
  const storeChanged = (available: boolean, reason: string | null): void => {
    if (available === isAvailable) return
    isAvailable = available
    if (available) logger.info('the database answers again')
    else logger.error({ reason }, 'the database is unavailable')
  }
  return {
    accepted: (events) => metrics.accepted(events),
    attempted: (outcome, durationMs) => metrics.attempted(outcome, durationMs),
    ended: (status) => metrics.ended(status),
    committed: (operations, durationMs) => metrics.committed(operations, durationMs),
    failed: (what, error) => {
      const isStoreAway = error instanceof StoreUnavailable && !(error instanceof IncarnationLost)
      if (isStoreAway) storeChanged(false, error.message)
      else logger.error({ err: error }, what)
    },
    masterKeyRotated: () =>
      logger.info('everything is sealed with the first master key: the others open nothing any more'),
    storeChanged,
  }
}
