// A service in this process for the checks of dialects: on a free port, with SQLite in a temporary folder, and a receiver.

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { startApp } from '../app.ts'
import { readSettings, settingTable } from '../config/settings.ts'
import { openReceiver } from '../dialect-check/receiver.ts'
import type { SiteWithLog } from '../dialect-check/check-dialect.ts'
import type { Site } from '../dialect-check/trial.ts'
import type { Registration } from '../dialects/registry.ts'
import { version } from '../version.ts'

/** The first retry comes after about this time in every schedule. */
const firstRetryMs = 60

/** Starts a service with these dialects. Quotas are off: the checks ask more than a customer does. */
export async function openSite(
  registrations: readonly Registration[],
): Promise<SiteWithLog & { readonly close: () => Promise<void> }> {
  const faults: string[] = []
  const receiver = await openReceiver()
  const services: Service[] = []
  const start = async (served: readonly Registration[], rateLimits: 'on' | 'off'): Promise<Site> => {
    const service = await startService(served, rateLimits, faults)
    services.push(service)
    return { ...service, receiver, limited }
  }
  let smallQuotas: Promise<Site> | null = null
  const limited = (): Promise<Site> => (smallQuotas ??= start(registrations.map(withSmallQuotas), 'on'))
  const close = async (): Promise<void> => {
    await Promise.all(services.map((service) => service.stop()))
    await receiver.close()
  }
  try {
    return {
      ...(await start(registrations, 'off')),
      faultsOf: (dialect) => [...new Set(faults)].filter((one) => one.startsWith(`the dialect ${dialect} `)),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Each quota allows one request an hour. */
function withSmallQuotas(registration: Registration): Registration {
  const { dialect } = registration
  const quotas = dialect.quotas.map(({ per, counts }) => ({ per, counts, requests: 1, windowSeconds: 3600 }))
  return { ...registration, dialect: { ...dialect, quotas } }
}

interface Service {
  readonly url: string
  readonly operatorKey: string
  readonly stop: () => Promise<void>
}

/** @param faults gets those of the dialects that the service logs */
async function startService(
  registrations: readonly Registration[],
  rateLimits: 'on' | 'off',
  faults: string[],
): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-check-'))
  const firstWaits = registrations.flatMap(({ dialect }) => dialect.retries.waitsMs.slice(0, 1))
  const settings = readSettings({
    POSTHORN_PORT: '0',
    POSTHORN_DATABASE: `sqlite:${join(folder, 'posthorn.db')}`,
    POSTHORN_ALLOW_HTTP: 'on',
    POSTHORN_ALLOW_NETWORKS: '127.0.0.0/8',
    POSTHORN_RATE_LIMITS: rateLimits,
    POSTHORN_RETRY_SCALE: String(firstRetryMs / Math.max(firstRetryMs, ...firstWaits)),
  })
  const operatorKey = randomBytes(30).toString('base64url')
  const masterKeys = settingTable.masterKey.parse(randomBytes(32).toString('base64'))
  try {
    const app = await startApp({
      settings,
      registrations,
      version,
      keys: () => ({ operatorKey, masterKeys }),
      log: {
        logger: pino({ level: 'error', base: null }, { write: (line) => faults.push(...faultIn(line)) }),
        output: { dropped: 0 },
      },
    })
    const stop = async (): Promise<void> => {
      await app.stop()
      await rm(folder, { recursive: true })
    }
    return { url: app.url, operatorKey, stop }
  } catch (error) {
    await rm(folder, { recursive: true })
    throw error
  }
}

/** The fault of a dialect in a line of the log. */
function faultIn(line: string): readonly string[] {
  const { err } = JSON.parse(line) as { readonly err?: { readonly type?: string; readonly message?: string } }
  return err?.message?.startsWith('the dialect ') === true ? [err.message] : []
}
