// The database of a run with crashes, and how each round ends: the server is killed, or the power of the database's
// disk is cut. The kernel's cache survives the kill of a process, so only the power cut proves that commits are on the
// disk.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLossyDisk } from './lossy-disk.ts'
import { startPostgres } from './postgres-server.ts'
import { type ServerProcess, weakenedBy } from './server-process.ts'
import { testDatabase } from './test-database.ts'

export type CrashDatabase = 'SQLite' | 'PostgreSQL'

export interface CrashSite {
  /** Whether one endpoint hangs until all crashes are over, so that each crash interrupts many requests in flight. */
  readonly hangs: boolean
  /** The environment of the server. */
  readonly env: Readonly<Record<string, string>>
  /** Ends the server at once. Another server can start on the same database. */
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

/** No crash: SIGTERM, after which the server exits with 0. `stopped` gets the time that took, in ms. */
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

/** @param weak commits are not flushed: for the control */
export function powerCutSite(database: CrashDatabase, weak: boolean): Promise<CrashSite> {
  return database === 'SQLite' ? sqliteOnLossyDisk(weak) : postgresOnLossyDisk(weak)
}

/**
 * Pauses the server before a cut. A real power cut stops everything at once. After the kernel's cut, an fdatasync in
 * flight may succeed although nothing was flushed (in 12 of 150 cuts, with a program that does nothing else). The
 * paused server cannot act on that result.
 */
async function pause({ pid }: ServerProcess): Promise<void> {
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
      await pause(server)
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
  // `startPostgres` creates the cluster without fsync.
  disk.flush()
  return {
    hangs: true,
    env: { POSTHORN_DATABASE: postgres.url },
    async crash(server) {
      await pause(server)
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
