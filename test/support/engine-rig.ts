// The real engine on a real SQLite file, with a clock and a network that the test controls.

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { NotSent, Sender, SendRequest, SendResult } from '../../src/contracts/transport.ts'
import type { Endpoint } from '../../src/domain/endpoint.ts'
import type { DeliveryId, EndpointId, EventId, TenantId } from '../../src/domain/ids.ts'
import type { Dialect } from '../../src/contracts/dialect.ts'
import { standard } from '../../src/dialects/standard/standard.ts'
import type { TenantCache } from '../../src/engine/tenant-cache.ts'
import { type Engine, openEngine } from '../../src/engine/engine.ts'
import type { Accepted } from '../../src/engine/accept.ts'
import type { EngineObserver } from '../../src/contracts/observer.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/contracts/store.ts'
import { type DeliveryRow, everyDelivery } from '../../src/contracts/history-store.ts'
import type { LoadedTenant } from '../../src/contracts/account-store.ts'
import { type InstallationKeys, openInstallationKeys } from '../../src/vault/installation-keys.ts'
import { RowSeals } from '../../src/vault/row-seals.ts'
import { createVault } from '../../src/vault/vault.ts'
import { FakeClock } from './fake-clock.ts'
import { newSqlite } from './new-sqlite.ts'

export const tenant = 'acme' as TenantId

/** A request that the engine sent. The test answers it. */
export interface Sent {
  readonly request: SendRequest
  readonly at: number
  readonly answer: (result: SendResult | NotSent) => void
}

export class FakeSender implements Sender {
  readonly sent: Sent[] = []
  readonly #clock: FakeClock
  /** Answers requests at once. If it returns null, the test answers by hand. */
  respond: ((request: SendRequest, nth: number) => SendResult | NotSent | null) | null = null

  constructor(clock: FakeClock) {
    this.#clock = clock
  }

  send(request: SendRequest, done: (result: SendResult | NotSent) => void): void {
    const sent = { request, at: this.#clock.now(), answer: done }
    this.sent.push(sent)
    const result = this.respond?.(request, this.sent.length)
    if (result !== undefined && result !== null) queueMicrotask(() => done(result))
  }
}

export const ok: SendResult = { outcome: { kind: 'delivered', status: 200 }, response: 'ok' }
export const failed: SendResult = { outcome: { kind: 'rejected', status: 500, retryAfterMs: null }, response: 'no' }

export interface Rig {
  readonly clock: FakeClock
  readonly sender: FakeSender
  readonly seals: RowSeals
  readonly observer: EngineObserver
  readonly observed: {
    readonly failures: string[]
    readonly storeChanges: boolean[]
    /** The times that retention has reached. */
    readonly pruned: number[]
  }
  store: Store
  installationKeys: InstallationKeys
  tenantCache: TenantCache
  engine: Engine
  addEndpoint(path: string, more?: Partial<Endpoint>): Promise<Endpoint>
  accept(count: number, more?: { readonly type?: string; readonly bytes?: number }): Promise<readonly Accepted[]>
  deliveries(status?: DeliveryRow['status']): Promise<readonly DeliveryRow[]>
  delivery(id: DeliveryId): ReturnType<Store['findDelivery']>
  /** Ends the engine without a stop, as SIGKILL does, and starts another engine on the same file. */
  crashAndRestart(): Promise<void>
  /** Waits in real time until a condition holds, at most 10 s. Timers that are due fire meanwhile. */
  until(holds: () => boolean | Promise<boolean>, what: string): Promise<void>
}

export interface RigOptions {
  readonly dialect?: Dialect
  readonly wrapStore?: (store: Store) => Store
  /** Default: an observer that fills `Rig.observed`. */
  readonly observer?: EngineObserver
}

/** For `wrapStore`: `change` replaces every tenant that is loaded. */
export function readingTenants(change: (loaded: LoadedTenant) => LoadedTenant): (store: Store) => Store {
  return (store) => ({
    ...store,
    async loadTenant(id) {
      const loaded = await store.loadTenant(id)
      return loaded && change(loaded)
    },
  })
}

/** Creates a rig that closes when the test ends. */
export async function createRig(t: TestContext, options: RigOptions = {}): Promise<Rig> {
  const dialect = options.dialect ?? standard
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-rig-'))
  const clock = new FakeClock()
  const sender = new FakeSender(clock)
  const observed = { failures: [] as string[], storeChanges: [] as boolean[], pruned: [] as number[] }
  const seals = new RowSeals(createVault([randomBytes(32)]), 'rig')
  let counter = 0

  const observer: EngineObserver = options.observer ?? {
    accepted: () => {},
    attempted: () => {},
    proxyFailed: () => {},
    ended: () => {},
    replayEnded: () => {},
    changed: () => {},
    setAside: () => {},
    erasuresEnded: () => {},
    pruned: (before) => void observed.pruned.push(before),
    committed: () => {},
    failed(what, error, part) {
      if (part === 'commits') observed.storeChanges.push(false)
      else observed.failures.push(`${what}: ${String(error)}`)
    },
    masterKeyRotated: () => {},
    unproved: () => {},
    storeAnswered(part) {
      if (part === 'commits') observed.storeChanges.push(true)
    },
  }
  const open = async (): Promise<Pick<Rig, 'store' | 'installationKeys' | 'tenantCache' | 'engine'>> => {
    const opened = await openSqliteStore(join(folder, 'posthorn.db'))
    const store = options.wrapStore?.(opened) ?? opened
    const dialects = new Map([[dialect.name, dialect]])
    const installationKeys = await openInstallationKeys({ store, vault: seals.plain, dialects })
    const engine = await openEngine({
      store,
      seals,
      dialects,
      installationKeys,
      delivers: true,
      sender,
      clock,
      randomBytes,
      random: () => 0.5,
      retryScale: 1,
      retentionMs: 30 * 24 * 3600 * 1000,
      auditMs: 400 * 24 * 3600 * 1000,
      statsMs: { minutes: 2 * 24 * 3600 * 1000, dialectMinutes: 30 * 24 * 3600 * 1000, days: 396 * 24 * 3600 * 1000 },
      tracer: null,
      marker: 'installation',
      observer,
    })
    return { store, installationKeys, tenantCache: engine.tenantCache, engine }
  }
  newSqlite(join(folder, 'posthorn.db'))
  const first = await open()
  await first.store.createTenant({
    id: tenant,
    dialect: dialect.name,
    name: null,
    settings: {},
    createdAt: clock.now(),
  })

  const rig: Rig = {
    clock,
    sender,
    seals,
    observer,
    observed,
    ...first,
    async addEndpoint(path, more = {}) {
      const key = await rig.store.nextEndpointKey()
      const now = clock.now()
      const endpoint: Endpoint = {
        key,
        id: `ep_${key}` as EndpointId,
        tenant,
        url: `https://receiver.example${path}`,
        eventTypes: ['*'],
        filters: {},
        details: {},
        description: null,
        enabled: true,
        disabledReason: null,
        headers: {},
        writeOnlyHeaders: [],
        secrets: [{ value: `whsec_${Buffer.alloc(24, key).toString('base64')}`, createdAt: now, expiresAt: null }],
        createdAt: now,
        updatedAt: now,
        ...more,
      }
      await rig.store.createEndpoints([seals.storedEndpoint(endpoint, dialect.name, null)])
      rig.tenantCache.drop(tenant)
      return endpoint
    },
    async accept(count, { type = 'thing.happened', bytes = 10 } = {}) {
      const cached = await rig.tenantCache.load(tenant)
      if (cached === null) throw new Error('no tenant')
      const acceptedAt = clock.now()
      const drafts = Array.from({ length: count }, () => ({
        tenant: cached,
        event: {
          id: `msg_${++counter}` as EventId,
          tenant,
          type,
          data: `{"n":${counter},"fill":"${'x'.repeat(bytes)}"}`,
          attributes: null,
          occurredAt: acceptedAt,
          acceptedAt,
        },
      }))
      return rig.engine.accept(drafts)
    },
    async deliveries(status) {
      const filter = { ...everyDelivery, tenant, statuses: status === undefined ? null : [status] }
      return (await rig.store.listDeliveries(filter, { limit: 100_000, after: null })).rows
    },
    delivery: (id) => rig.store.findDelivery(id),
    async crashAndRestart() {
      // Requests in flight belong to the engine that ended: their answers have no effect.
      sender.sent.length = 0
      await rig.store.close()
      Object.assign(rig, await open())
    },
    async until(holds, what) {
      const giveUpAt = performance.now() + 10_000
      while (!(await holds())) {
        if (performance.now() > giveUpAt) throw new Error(`not within 10 s: ${what}`)
        await clock.settle()
      }
    },
  }
  t.after(async () => {
    await rig.store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return rig
}
