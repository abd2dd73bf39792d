// Puts the service together. This is the only file that sees every folder.

import { once } from 'node:events'
import type { Logger } from 'pino'
import { randomText } from './domain/ids.ts'
import { limits } from './domain/limits.ts'
import { day, hour } from './domain/time.ts'
import type { Counts } from './contracts/node-report.ts'
import type { Store } from './contracts/store.ts'
import { serveHealth, serveMetrics } from './api/health.ts'
import { customersPart } from './api/operator-front.ts'
import type { Settings } from './config/settings.ts'
import type { TracingSettings } from './config/tracing-settings.ts'
import { tokenSettings } from './config/token-settings.ts'
import { ownDialect, type Registration, registry } from './dialects/registry.ts'
import { type Engine, type EngineOptions, openEngine } from './engine/engine.ts'
import { Operators } from './front/operators.ts'
import { WrongKeys } from './front/wrong-keys.ts'
import type { TokenVerifier } from './front/tokens.ts'
import type { Front } from './http/front.ts'
import type { Origins } from './http/origins.ts'
import { createHttpServer } from './http/server.ts'
import { wireRequest } from './net/request.ts'
import { createSender } from './net/sender.ts'
import { type Context, createContext } from './operations/context.ts'
import { Outbox, type OutboxOptions } from './operations/outbox.ts'
import { Live } from './operations/live.ts'
import { openSqliteStore } from './store/sqlite/sqlite-store.ts'
import { frontsOf } from './fronts.ts'
import { addressesOf, assertCanListen, closeServers, listen, type Listener } from './listening.ts'
import { originsOf, partsOf } from './parts-by-settings.ts'
import { Pages } from './web/pages.ts'
import { systemClock, systemRandomBytes } from './system.ts'
import { createEngineObserver } from './telemetry/engine-observer.ts'
import type { Log } from './telemetry/log.ts'
import { Metrics } from './telemetry/metrics.ts'
import { openTokenVerifier } from './token-verifier.ts'
import { openTracer } from './tracing.ts'
import { openInstallationKeys } from './vault/installation-keys.ts'
import { proof, readProof } from './vault/master-key.ts'
import { openRowSeals } from './vault/bring-up.ts'
import { createVault } from './vault/vault.ts'

/** The settings of a service, its keys and its log. */
export interface AppOptions {
  readonly settings: Settings
  /** The dialects that the program knows; default: the shipped ones. */
  readonly registrations?: readonly Registration[]
  /**
   * Returns the keys. Called once it is known that the database can be used, before anything is written. `isNew`: there
   * is no database yet.
   */
  readonly keys: (isNew: boolean) => Keys
  readonly log: Pick<Log, 'logger'> & { readonly output: Pick<Log['output'], 'dropped'> }
  readonly version: string
  /** Default: there is no tracing. */
  readonly tracing?: TracingSettings | null
  /** Its abort ends a start that waits for the database. A start that has come further goes on to its end. */
  readonly stop?: AbortSignal
  /**
   * Called when a thread of the database has died: the service cannot go on, and its next start reads the state of the
   * database. Default: throws the error, which ends the process.
   */
  readonly died?: (error: Error) => void
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
  /** The address of the operator's own listener; null: there is none. */
  readonly adminUrl: string | null
  /** The names of the served dialects. */
  readonly dialects: readonly string[]
  /** Events and attempts since the start. */
  counts(): Counts
  /** Accepts no more requests, waits for attempts in flight, and releases all other deliveries. */
  stop(): Promise<void>
}

/** A service that runs and delivers, whose servers do not listen yet. */
export interface Service {
  readonly context: Context
  readonly servers: readonly Listener[]
  readonly counts: () => Counts
  /** As `App.stop`. `ms`: how long it waits. */
  stop(ms: number): Promise<void>
}

/** How long a failed start waits for attempts that it has started. */
const failedStartStopMs = 1000

/**
 * Starts the service, and listens.
 *
 * @throws SettingError, StoreRefused, CannotListen: one line that says why the start failed
 * @throws the reason of `stop`
 */
export async function startApp(options: AppOptions): Promise<App> {
  await assertCanListen(addressesOf(options.settings))
  const service = await openService(options)
  try {
    const urls: string[] = []
    for (const server of service.servers) urls.push(await listen(server))
    return {
      url: urls[0] as string,
      adminUrl: urls[1] ?? null,
      dialects: [...service.context.dialects.keys()],
      counts: service.counts,
      stop: () => service.stop(limits.stopMs),
    }
  } catch (error) {
    await service.stop(failedStartStopMs)
    throw error
  }
}

/**
 * Starts the service without listening.
 *
 * @throws SettingError, StoreRefused: one line that says why the start failed
 * @throws the reason of `stop`
 */
export async function openService(options: AppOptions): Promise<Service> {
  const { settings, log } = options
  const { allDialects, dialects, guard } = partsOf(settings, options.registrations ?? registry)
  const origins = originsOf(settings, allDialects)
  const tokens = await openTokenVerifier(tokenSettings(settings), guard, log.logger)
  const tracer = await openTracer(options.tracing ?? null, settings, allDialects, { ...log, ...options })
  const { store, keys } = await orAborted(openStore(options), options.stop)
  // Steps that a failed start undoes, the last one first: otherwise its timers would keep the process alive.
  const undo: (() => Promise<unknown>)[] = [() => store.close()]
  try {
    const vault = createVault(keys.masterKeys)
    const seals = await openRowSeals(store, vault, (what, err) => log.logger.error({ err }, what))
    const sender = createSender({ guard })
    const installationKeys = await openInstallationKeys({ store, vault, dialects: allDialects })
    const marker = await store.writeOnce('delivery marker', randomText(systemRandomBytes, 22))
    const metrics = metricsOf(options, store, tracer !== null, () => engine)
    const observer = createEngineObserver(metrics, log.logger)
    const parts = { store, seals, dialects: allDialects, installationKeys, sender, marker, observer, tracer }
    const engine: Engine = await startEngine(settings, parts)
    undo.push(() => engine.stop(failedStartStopMs))
    const context = createContext({
      ...parts,
      engine,
      dialects,
      allDialects,
      egress: guard,
      encodeRequest: wireRequest,
      clock: systemClock,
      randomBytes: systemRandomBytes,
      allowHttp: settings.allowHttp,
    })
    const outbox = startOutbox(settings, { context, store, observer })
    undo.push(async () => outbox?.stop())
    const live = new Live({ store, seals, engine, counts: () => metrics.counts(), clock: systemClock, observer })
    const serverParts = { context, store, live, tokens, origins, marker, metrics }
    const listeners = await createListeners(options, keys.operatorKey, serverParts)
    return {
      context,
      servers: listeners,
      counts: () => metrics.counts(),
      async stop(ms) {
        const closed = closeServers(listeners, live, ms).then(() => context.auditTrail.stop())
        try {
          await Promise.all([engine.stop(ms).then(() => sender.destroy()), closed, outbox?.stop()])
          await tracer?.stop()
        } finally {
          await store.close()
        }
      },
    }
  } catch (error) {
    for (const step of undo.toReversed()) await step()
    throw error
  }
}

function metricsOf({ log }: AppOptions, store: Store, hasExemplars: boolean, engine: () => Engine): Metrics {
  return new Metrics({
    inFlight: () => engine().inFlight,
    queued: () => engine().queued,
    waiting: () => store.countWaiting(),
    outboxWaiting: async () => (await store.outbox?.countOutbox('waiting')) ?? 0,
    outboxSetAside: async () => (await store.outbox?.countOutbox('set aside')) ?? 0,
    droppedLogLines: () => log.output.dropped,
    hasExemplars,
  })
}

type EngineParts = Pick<
  EngineOptions,
  'store' | 'seals' | 'dialects' | 'installationKeys' | 'sender' | 'marker' | 'observer' | 'tracer'
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
    retentionMs: settings.retentionDays * day,
    auditMs: settings.auditDays * day,
    statsMs: {
      minutes: settings.statsMinuteHours * hour,
      dialectMinutes: settings.statsDialectDays * day,
      days: settings.statsDays * day,
    },
  })
}

/** Nodes that deliver accept the events of the outbox, so that these are attempted without a further wait. */
function startOutbox(
  { role }: Settings,
  { context, store, observer }: Omit<OutboxOptions, 'store'> & { readonly store: Store },
): Outbox | null {
  if (store.outbox === null || role === 'api') return null
  const outbox = new Outbox({
    context,
    store: { ...store.outbox, listen: (listener) => store.listen(listener) },
    observer,
  })
  outbox.start()
  return outbox
}

interface ServerParts {
  readonly context: Context
  readonly store: Store
  readonly live: Live
  /** Verifies customers' tokens; null: they are not accepted. */
  readonly tokens: TokenVerifier | null
  readonly origins: Origins
  readonly metrics: Metrics
  /** The marker of this installation's deliveries. */
  readonly marker: string
}

/**
 * The HTTP servers with the fronts of this node's role: one for everything, and before it one for customers if the
 * operator has a listener of its own. A worker serves only health and metrics.
 */
async function createListeners(options: AppOptions, operatorKey: string, parts: ServerParts): Promise<Listener[]> {
  const { settings, log } = options
  const { context, store, origins, marker, metrics } = parts
  const health = { canWrite: () => context.engine.canWrite, ping: () => store.ping() }
  const wrongKeys = new WrongKeys({
    clock: context.clock,
    counted: () => metrics.sawWrongKey(),
    slowed(address, keys) {
      log.logger.warn({ address, keys }, 'wrong keys at the operator API: answers are delayed')
    },
  })
  const operators = new Operators(operatorKey, context.keyCache)
  const pages = new Pages({ ...settings, context, operators, wrongKeys, version: options.version })
  const shared = {
    // The start itself logs the address, so the server does not.
    logger: log.logger.child({}, { level: log.logger.isLevelEnabled('info') ? 'warn' : log.logger.level }),
    randomBytes: context.randomBytes,
    origins,
    marker,
  }
  const admission = { operators, sessions: pages.operatorSessions, wrongKeys }
  const { operator, vendors: all } = frontsOf({ registrations: registry, ...options, ...parts, admission }, shared)
  const own = customersPart(operator, wrongKeys)
  const isWorker = settings.role === 'worker'
  const hasOwn = !isWorker && context.dialects.has(ownDialect)
  const vendors = isWorker ? [] : all

  const ownDocument = hasOwn ? [{ path: documentPath(ownDialect), front: own }] : []
  const documented = isWorker
    ? []
    : [
        { front: operator, documents: [{ path: '/openapi.json', front: operator }, ...ownDocument] },
        ...vendors.map((front) => ({ front, documents: [{ path: documentPath(front.name), front }] })),
      ]
  const portal = isWorker ? [] : [{ front: pages.portalFront(operator), documents: [] }]
  const whole = await createHttpServer({ ...shared, fallback: operator, fronts: [...documented, ...portal] })
  serveHealth(whole, health)
  serveMetrics(whole, metrics)
  if (!isWorker) {
    pages.serveDocs(
      whole,
      documented
        .flatMap(({ documents }) => documents)
        .map(({ front, path: url }) => ({ title: titleOf(front), url, scheme: schemeOf(front) })),
    )
    pages.serveDashboard(whole)
    pages.servePortal(whole)
  }
  const [address, adminAddress] = addressesOf(settings)
  if (adminAddress === undefined) return [{ server: whole, address }]

  const fronts = (hasOwn ? [own, ...vendors] : vendors).map((front) => ({ front, documents: [] }))
  const customers = await createHttpServer({ ...shared, fallback: own, fronts: [...fronts, ...portal] })
  serveHealth(customers, health)
  if (!isWorker) pages.servePortal(customers)
  return [
    { server: customers, address },
    { server: whole, address: adminAddress },
  ]
}

function documentPath(dialect: string): string {
  return `/openapi/${dialect}.json`
}

function titleOf({ name, openapi }: Front): string {
  return openapi.info?.title ?? name
}

/** The first of the credentials in the OpenAPI document; null: it has none. */
function schemeOf({ openapi }: Front): string | null {
  return Object.keys(openapi.components?.securitySchemes ?? {})[0] ?? null
}

/** @throws StoreRefused */
async function openStore({
  settings,
  version,
  keys,
  log: { logger },
  died,
}: AppOptions): Promise<{ store: Store; keys: Keys }> {
  const { database } = settings
  if (database.kind === 'sqlite') {
    let found: Keys | undefined
    const store = await openSqliteStore(database.path, died, ({ installation, openFolder }) => {
      found = keys(installation === null)
      const sealed = installation?.get(proof.name)
      if (sealed !== undefined) readProof(createVault(found.masterKeys), sealed)
      if (openFolder !== null)
        logger.warn({ folder: openFolder }, 'other users can look into the folder of the database')
    })
    await logUpdate(store, logger)
    return { store, keys: found as Keys }
  }
  const found = keys(false)
  // The driver is loaded only where PostgreSQL is used.
  const { openPostgresStore } = await import('./store/postgres/postgres-store.ts')
  const facts = { version, role: settings.role }
  const store = await openPostgresStore(database.url, { waiting: (reason) => logger.warn(reason), facts })
  await logUpdate(store, logger)
  return { store, keys: found }
}

async function logUpdate(store: Store, logger: Logger): Promise<void> {
  const { before, since } = await store.schemaVersions()
  if (before > 0 && before < since) logger.info({ before, since }, 'the schema of the database was updated')
}

/** Waits for `promise`. @throws the reason of `stop`, if it is aborted before */
async function orAborted<Value>(promise: Promise<Value>, stop: AbortSignal | undefined): Promise<Value> {
  if (stop === undefined) return promise
  const aborted = once(stop, 'abort').then(() => stop.throwIfAborted())
  stop.throwIfAborted()
  return (await Promise.race([promise, aborted])) as Value
}
