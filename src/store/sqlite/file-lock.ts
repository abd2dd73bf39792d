import { closeSync, existsSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { StoreRefused } from '../../contracts/store.ts'
import { isLocked, messageOf } from './errors.ts'

/**
 * Locks out other processes: a second process would release the deliveries that this one holds, and send them again.
 * The lock is one of the operating system, on a file of its own, so it ends with the process in any case.
 *
 * @param path the path of the file itself (`realFile`)
 * @throws StoreRefused if another process has the lock
 */
export function lockOut(path: string): DatabaseSync {
  const lock = tryLock(path)
  if (lock !== null) return lock
  const advice = 'stop that process, or name another database file (posthorn serve --database sqlite:<file>)'
  throw new StoreRefused(`the database ${path} is in use by another process: ${advice}`)
}

/** As `lockOut`. Null: another process has the lock. */
export function tryLock(path: string): DatabaseSync | null {
  try {
    const lockFile = `${path}-lock`
    // An existing file is not opened here: closing it would drop a lock that this process holds.
    if (!existsSync(lockFile)) closeSync(openSync(lockFile, 'a', 0o600))
    const lock = new DatabaseSync(lockFile)
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    if (isLocked(error)) return null
    throw new StoreRefused(`cannot open the database ${path}: ${messageOf(error)}`)
  }
}
