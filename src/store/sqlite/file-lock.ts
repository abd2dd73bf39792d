import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreRefused } from '../../contracts/store.ts'
import { isLocked, messageOf } from './errors.ts'

/**
 * Locks out other processes: a second process would release the deliveries that this one holds, and send them again.
 * The lock is one of the operating system, on a file of its own, so it ends with the process in any case.
 *
 * @throws StoreRefused if another process has the lock
 */
export function lockOut(path: string): DatabaseSync {
  try {
    mkdirSync(dirname(path), { recursive: true })
    const lock = new DatabaseSync(`${path}-lock`)
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    throw new StoreRefused(
      isLocked(error)
        ? `the database ${path} is in use by another process`
        : `cannot open the database ${path}: ${messageOf(error)}`,
    )
  }
}
