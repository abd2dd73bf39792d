// SQLite's check of a whole file, bounded in time. SQLite cannot be interrupted from this program, so a large file is
// checked by a process that can be ended.

import { execFileSync } from 'node:child_process'
import { limits } from '../../domain/limits.ts'
import { StoreRefused } from '../../contracts/store.ts'
import { messageOf } from './errors.ts'
import { openReadOnly } from './read-only.ts'

/** @throws StoreRefused if the file is malformed */
export function assertSound(path: string, hasLog: boolean, bytes: number): void {
  const found = bytes <= limits.fileCheckedInPlaceBytesMax ? quickCheck(path, hasLog) : checkInProcess(path, hasLog)
  if (found !== 'ok') throw refusalOfMalformed(path, found)
}

export function refusalOfMalformed(path: string, fault: string): StoreRefused {
  return new StoreRefused(`the database ${path} is malformed (${fault}): restore a backup with posthorn restore`)
}

/** Returns 'ok', or the first fault. */
function quickCheck(path: string, hasLog: boolean): string {
  const db = openReadOnly(path, hasLog)
  try {
    return String(db.prepare('PRAGMA quick_check(1)').get()?.['quick_check']).replaceAll('\n', ' ')
  } catch (error) {
    return messageOf(error)
  } finally {
    db.close()
  }
}

function checkInProcess(path: string, hasLog: boolean): string {
  try {
    const options = { timeout: limits.fileCheckMs, killSignal: 'SIGKILL', encoding: 'utf8' } as const
    return execFileSync(process.execPath, [import.meta.filename, path, String(hasLog)], options)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ETIMEDOUT') return 'ok'
    throw error
  }
}

if (process.argv[1] === import.meta.filename) {
  process.stdout.write(quickCheck(process.argv[2] ?? '', process.argv[3] === 'true'))
}
