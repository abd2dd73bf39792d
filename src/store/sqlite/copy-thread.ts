// A thread that copies a database into a new file: SQLite does it in one statement, which blocks its thread. The
// statement reads one snapshot, so it ends no matter how much is written meanwhile.

import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from './errors.ts'

export interface CopyJob {
  readonly from: string
  readonly to: string
}

export type CopyMessage = { readonly bytes: number } | { readonly done: true } | { readonly failed: string }

/** How long the start of the copy waits for the lock of another process, in milliseconds. */
const busyTimeoutMs = 5000

function copy({ from, to }: CopyJob, tell: (message: CopyMessage) => void): void {
  try {
    const db = new DatabaseSync(from, { timeout: busyTimeoutMs })
    try {
      const sizes =
        'SELECT (page_count - freelist_count) * page_size AS bytes FROM pragma_page_count, pragma_freelist_count, pragma_page_size'
      tell({ bytes: Number(db.prepare(sizes).get()?.['bytes']) })
      // The copy gives its free pages back, even if the file is so old that it does not.
      db.exec('PRAGMA auto_vacuum = INCREMENTAL')
      db.prepare('VACUUM INTO ?').run(to)
    } finally {
      db.close()
    }
    tell({ done: true })
  } catch (error) {
    tell({ failed: messageOf(error) })
  }
}

if (parentPort !== null) {
  const port = parentPort
  copy(workerData as CopyJob, (message) => port.postMessage(message))
}
