// Copies a database into one complete file while it is served, and puts such a file in the place of a database.

import { copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { limits } from '../../domain/limits.ts'
import { NoDatabase, StoreRefused } from '../../contracts/store.ts'
import type { CopyJob, CopyMessage } from './copy-thread.ts'
import { Database } from './database.ts'
import { checkFile, createPrivate, makePrivate, putInPlace, realFile } from './database-file.ts'
import { messageOf } from './errors.ts'
import { moduleBeside } from './module-beside.ts'
import { lockOut, tryLock } from './file-lock.ts'
import { newMark } from './wal-pair.ts'

/**
 * Copies the database at `path` to the new file `target`, which appears when it is complete. An interrupted copy leaves
 * `<target>.partial`.
 *
 * @param progress called about ten times a second with the bytes of the copy so far and about how many it will have
 * @throws StoreRefused
 */
export async function backUp(
  path: string,
  target: string,
  progress: (bytes: number, total: number) => void,
): Promise<void> {
  if (!existsSync(path)) throw new NoDatabase(`there is no database ${path}`)
  if (existsSync(target)) throw new StoreRefused(`${target} exists already: name a new file`)
  const source = realFile(path)
  // A running service has checked the file when it started.
  const lock = tryLock(source)
  try {
    if (lock !== null) checkFile(source)
  } finally {
    lock?.close()
  }
  const partial = `${target}.partial`
  try {
    rmSync(partial, { force: true })
    createPrivate(partial)
    await copy({ from: source, to: partial }, progress)
    const db = new DatabaseSync(partial)
    db.exec(`PRAGMA application_id = ${newMark() - 1}`)
    db.close()
    putInPlace(partial, target)
  } catch (error) {
    rmSync(partial, { force: true })
    throw new StoreRefused(`cannot back up ${path} to ${target}: ${messageOf(error)}`)
  }
}

/** Resolves when the copy is on the disk. */
async function copy(job: CopyJob, progress: (bytes: number, total: number) => void): Promise<void> {
  const worker = new Worker(moduleBeside(import.meta.filename, 'copy-thread'), { workerData: job, execArgv: [] })
  let total = 0
  const ended = new Promise<void>((resolve, reject) => {
    worker.on('message', (message: CopyMessage) => {
      if ('bytes' in message) total = message.bytes
      else if ('failed' in message) reject(new Error(message.failed))
      else resolve()
    })
    worker.on('error', reject)
  })
  const file = await open(job.to, 'r+')
  try {
    for (let isDone = false; !isDone;) {
      isDone = await Promise.race([ended.then(() => true), sleep(limits.backupFlushMs, false)])
      progress(Math.min((await file.stat()).size, total), total)
      // In small steps, because the service's own commits wait for a disk that has much to write.
      await file.sync()
    }
  } finally {
    await file.close()
  }
}

/** The files that a restore has moved away. */
export interface Restored {
  /** The database that was there before, or null. Its write-ahead log, if it had one, is beside it. */
  readonly aside: string | null
}

/**
 * Puts a copy of the file `backup` in the place of the database `path`, and keeps the files that were there under
 * another name. A write-ahead log beside the backup is part of it.
 *
 * @param now names the files that are moved away
 * @throws StoreRefused if the backup is no complete database, or if a process uses the database; nothing is changed then
 */
export function restore(backup: string, path: string, now: Date): Restored {
  if (!existsSync(backup)) throw new StoreRefused(`there is no file ${backup}`)
  const target = realFile(path)
  if (existsSync(target) && statSync(target).ino === statSync(backup).ino) {
    throw new StoreRefused(`${backup} is the database itself: name a backup`)
  }
  const lock = lockOut(target)
  const unfinished = `${target}-restored`
  try {
    copyChecked(backup, unfinished)
    const aside = moveAside(target, now)
    putInPlace(unfinished, target)
    makePrivate(target)
    return { aside }
  } catch (error) {
    remove(unfinished)
    if (error instanceof StoreRefused) throw error
    throw new StoreRefused(`cannot restore ${backup} to ${path}: ${messageOf(error)}`)
  } finally {
    lock.close()
  }
}

/** Copies a backup to a new file that is complete without a log. */
function copyChecked(backup: string, to: string): void {
  remove(to)
  createPrivate(to)
  copyFileSync(backup, to)
  if (existsSync(`${backup}-wal`)) copyFileSync(`${backup}-wal`, `${to}-wal`)
  try {
    checkFile(realFile(to))
  } catch (error) {
    // The operator knows the file by the name of the backup.
    throw error instanceof StoreRefused ? new StoreRefused(error.message.replaceAll(to, backup)) : error
  }
  // Closing writes everything to the disk, with a mark of its own.
  new Database(to, 'write').close()
}

/** Returns the new name of the database, or null if there is neither a database nor a log. */
function moveAside(path: string, now: Date): string | null {
  const aside = `${path}-before-${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}`
  let isMoved = false
  for (const suffix of ['', '-wal']) {
    if (!existsSync(path + suffix)) continue
    renameSync(path + suffix, aside + suffix)
    isMoved = true
  }
  rmSync(`${path}-shm`, { force: true })
  return isMoved ? aside : null
}

function remove(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
}
