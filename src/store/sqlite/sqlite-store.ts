// The store on an embedded SQLite file: two threads, one that writes and one that reads.

import type { CommitResult } from '../../contracts/commit-store.ts'
import type { Store } from '../../contracts/store.ts'
import { rowsOfBatch } from './batch-rows.ts'
import { lockOut } from './file-lock.ts'
import { startThread } from './thread-client.ts'
import type { Reads, Writes } from './thread.ts'

/**
 * Opens or creates the database at `path` and migrates its schema.
 *
 * @throws StoreRefused if another process has it open, if a newer program wrote it, or if it cannot be opened
 */
export async function openSqliteStore(path: string): Promise<Store> {
  const lock = lockOut(path)
  try {
    const writer = await startThread<Writes>({ path, access: 'write' })
    const reader = await startThread<Reads>({ path, access: 'read' }).catch(async (error: unknown) => {
      await writer.close()
      throw error
    })
    return {
      ...writer.methods,
      ...reader.methods,
      commit: (batch) => writer.ask(rowsOfBatch(batch)) as Promise<CommitResult>,
      shared: false,
      quotas: null,
      // There are no other nodes whose changes could be reported.
      listen() {},
      async close() {
        await Promise.all([writer.close(), reader.close()])
        lock.close()
      },
    }
  } catch (error) {
    lock.close()
    throw error
  }
}
