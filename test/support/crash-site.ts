// What a run with crashes stands on, and how each of its rounds ends: the server is killed, or the power of the disk
// with the database is cut. A killed process leaves the kernel's cache alive, so only the cut shows that what was
// committed is on the disk.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLossyDisk } from './lossy-disk.ts'
import { startPostgres } from './postgres-server.ts'
import { type ServerProcess, weakenedBy } from './server-process.ts'
import { testDatabase } from './test-database.ts'

export type CrashDatabase = 'SQLite' | 'PostgreSQL'

export interface CrashSite {
  /** Whether one endpoint hangs until all crashes are over, so that each of them finds much under way. */
  readonly hangs: boolean
  /** Of the server. */
  readonly env: Readonly<Record<string, string>>
  /** Ends the server at once; another can start on what is left. */
  crash(server: ServerProcess): Promise<void>
  close(): Promise<void>
}

export async function killSite(database: CrashDatabase): Promise<CrashSite> {
  const shared = database === 'PostgreSQL' ? await testDatabase() : null
  return {
    hangs: true,
    env: shared === null ? {} : { POSTHORN_DATABASE: shared.url },
    crash: (server) => server.kill('SIGKILL'),
    close: async () => shared?.drop(),
  }
}

/** No crash at all: SIGTERM, after which the server ends by itself with 0. `stopped` is told how long that took. */
export async function stopSite(database: CrashDatabase, stopped: (ms: number) => void): Promise<CrashSite> {
  return {
    ...(await killSite(database)),
    hangs: false,
    async crash(server) {
      const beganAt = performance.now()
      await server.stop()
      stopped(performance.now() - beganAt)
    },
  }
}

/** @param weak with commits that are not flushed: for the control */
export function powerCutSite(database: CrashDatabase, weak: boolean): Promise<CrashSite> {
  return database === 'SQLite' ? sqliteOnLossyDisk(weak) : postgresOnLossyDisk(weak)
}

/**
 * With the power all stops at once. The kernel's cut does not: an fdatasync under way may then end well though nothing
 * was flushed (seen in 12 of 150 cuts with a program that does nothing else), so nobody must be there to believe it.
 */
async function standStill({ pid }: ServerProcess): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  while (!/^State:\tT/m.test(await readFile(`/proc/${pid}/status`, 'utf8'))) await sleep(1)
}

async function sqliteOnLossyDisk(weak: boolean): Promise<CrashSite> {
  const disk = await createLossyDisk()
  return {
    hangs: true,
    env: {
      POSTHORN_DATABASE: `sqlite:${join(disk.folder, 'posthorn.db')}`,
      ...(weak && weakenedBy('weak-sqlite.ts')),
    },
    async crash(server) {
      await standStill(server)
      disk.cut()
      await server.kill('SIGKILL')
      await disk.restore()
    },
    close: () => disk.remove(),
  }
}

async function postgresOnLossyDisk(weak: boolean): Promise<CrashSite> {
  const disk = await createLossyDisk()
  const settings = weak ? { fsync: 'off' } : {}
  const postgres = await startPostgres({ parent: disk.folder, settings })
  // Ours is made without fsync.
  disk.flush()
  return {
    hangs: true,
    env: { POSTHORN_DATABASE: postgres.url },
    async crash(server) {
      await standStill(server)
      disk.cut()
      await server.kill('SIGKILL')
      await postgres.stop('immediate')
      await disk.restore()
      await postgres.start()
    },
    async close() {
      await postgres.remove()
      await disk.remove()
    },
  }
}
