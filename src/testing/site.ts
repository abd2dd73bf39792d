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
import type { Registration } from '../dialects/registry.ts'
import { version } from '../version.ts'

/** The first retry comes after about this time in every schedule. */
const firstRetryMs = 60

/** Starts a service with these dialects. Quotas are off: the checks ask more than a customer does. */
export async function openSite(
  registrations: readonly Registration[],
): Promise<SiteWithLog & { readonly close: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-check-'))
  const firstWaits = registrations.flatMap(({ dialect }) => dialect.retries.waitsMs.slice(0, 1))
  const settings = readSettings({
    POSTHORN_PORT: '0',
    POSTHORN_DATABASE: `sqlite:${join(folder, 'posthorn.db')}`,
    POSTHORN_ALLOW_HTTP: 'on',
    POSTHORN_ALLOW_NETWORKS: '127.0.0.0/8',
    POSTHORN_RATE_LIMITS: 'off',
    POSTHORN_RETRY_SCALE: String(firstRetryMs / Math.max(firstRetryMs, ...firstWaits)),
  })
  const operatorKey = randomBytes(30).toString('base64url')
  const masterKeys = settingTable.masterKey.parse(randomBytes(32).toString('base64'))
  const faults: string[] = []
  const receiver = await openReceiver()
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
    return {
      url: app.url,
      operatorKey,
      receiver,
      faultsOf: (dialect) => [...new Set(faults)].filter((one) => one.startsWith(`the dialect ${dialect} `)),
      async close() {
        await app.stop()
        await receiver.close()
        await rm(folder, { recursive: true })
      },
    }
  } catch (error) {
    await receiver.close()
    await rm(folder, { recursive: true })
    throw error
  }
}

/** The fault of a dialect in a line of the log. */
function faultIn(line: string): readonly string[] {
  const { err } = JSON.parse(line) as { readonly err?: { readonly type?: string; readonly message?: string } }
  return err?.message?.startsWith('the dialect ') === true ? [err.message] : []
}
