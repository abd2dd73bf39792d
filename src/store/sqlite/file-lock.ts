import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreRefused } from '../../contracts/store.ts'
import { isLocked, messageOf } from './errors.ts'

/**
 * One process at a time: a second one would take what this one holds for left behind, and send it again. The lock is
 * the operating system's, on a file of its own, so it ends with the process, however that ends.
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
