// The store on an embedded SQLite file: two threads, one that writes and one that reads.

import type { CommitResult } from '../../contracts/commit-store.ts'
import type { Store } from '../../contracts/store.ts'
import { rowsOfBatch } from './batch-rows.ts'
import { checkFile, createFile, makePrivate, realFile } from './database-file.ts'
import { lockOut } from './file-lock.ts'
import { type Damage, startThread } from './thread-client.ts'
import type { Reads, Writes } from './thread.ts'

/** The facts about a database that are known before anything is written. */
export interface CheckedFile {
  /** Its values by name (`writeOnce`). Null: there is no database yet. */
  readonly installation: ReadonlyMap<string, string> | null
  /** The folder of the file, if other users can look into it and it also holds files that are not Posthorn's. */
  readonly openFolder: string | null
}

/**
 * Opens or creates the database at `path` and migrates its schema.
 *
 * @param died called when a thread of the store has died; default: throws the error, which ends the process
 * @param checked called once it is known that the file can be used, before anything is written; may throw
 * @throws StoreRefused if another process has it open, if a newer program wrote it, if its log does not belong to it,
 *   if it is malformed, or if it cannot be opened
 */
export async function openSqliteStore(
  path: string,
  died: (error: Error) => void = rethrow,
  checked: (file: CheckedFile) => void = () => {},
): Promise<Store> {
  const file = realFile(path)
  const lock = lockOut(file)
  try {
    const installation = checkFile(file)
    checked({ installation, openFolder: makePrivate(file) })
    if (installation === null) createFile(file)
    const damage: Damage = { found: null }
    const writer = await startThread<Writes>({ path: file, access: 'write' }, damage, died)
    const reader = await startThread<Reads>({ path: file, access: 'read' }, damage, died).catch(
      async (error: unknown) => {
        await writer.close()
        throw error
      },
    )
    return {
      ...writer.methods,
      ...reader.methods,
      commit: (batch) => writer.ask(rowsOfBatch(batch)) as Promise<CommitResult>,
      shared: false,
      quotas: null,
      outbox: null,
      // There are no other nodes, whose changes could be reported or that could read a report.
      listen() {},
      async report() {},
      async close() {
        // The writer is the last one, so that it can copy the whole log into the file.
        try {
          await reader.close()
        } finally {
          await writer.close().finally(() => lock.close())
        }
      },
    }
  } catch (error) {
    lock.close()
    throw error
  }
}

function rethrow(error: Error): never {
  throw error
}
