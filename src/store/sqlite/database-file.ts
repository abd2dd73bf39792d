// The database file before it is opened: where it really is, that only its owner can read it, and that it can be used.
// Nothing is written before that is known.

import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { StoreRefused } from '../../contracts/store.ts'
import { makePrivateFolder } from '../../private-folder.ts'
import { Database } from './database.ts'
import { classify, Malformed, messageOf, notADatabase, resultCode } from './errors.ts'
import { assertKnown, migrate } from './migrate.ts'
import { assertSound, refusalOfMalformed } from './quick-check.ts'
import { openReadOnly } from './read-only.ts'
import { checkPair } from './wal-pair.ts'

/** The permissions that other users must not have. */
const othersMask = 0o077
const hasModes = process.platform !== 'win32'

/**
 * The path of the file itself, so that all names of one file lead to one lock. Creates its folder, for its owner alone.
 *
 * @throws StoreRefused
 */
export function realFile(path: string): string {
  try {
    makePrivateFolder(dirname(path))
    const found = lstatSync(path, { throwIfNoEntry: false })
    const real = found === undefined ? join(realpathSync(dirname(path)), basename(path)) : realpathSync(path)
    if (found === undefined) return real
    const { nlink } = statSync(real)
    assertNotForeign(path, real)
    if (nlink > 1) {
      throw new StoreRefused(
        `${path} has ${nlink} hard links, so another process may use it under another name: remove the other names`,
      )
    }
    return real
  } catch (error) {
    if (error instanceof StoreRefused) throw error
    throw new StoreRefused(`cannot open the database ${path}: ${messageOf(error)}`)
  }
}

/** Looks at the file without a lock, so that no lock file appears beside the file of another program. */
function assertNotForeign(path: string, real: string): void {
  const found = statSync(real)
  const tables = found.isFile() && found.size > 0 ? tablesOf(real) : null
  if (tables === null || isForeign(tables)) throw notOurs(path)
}

function notOurs(path: string): StoreRefused {
  return new StoreRefused(`${path} is not a database of Posthorn: name another file, or restore a backup`)
}

/** The names of the tables, without those in the log. Null: the file is not a SQLite file. */
function tablesOf(path: string): string[] | null {
  let db: DatabaseSync | undefined
  try {
    db = openReadOnly(path, false)
    return tablesIn(db)
  } catch (error) {
    // A malformed file is reported later: while another process writes to the file, it may look malformed.
    return resultCode(error) === notADatabase ? null : []
  } finally {
    db?.close()
  }
}

function tablesIn(db: DatabaseSync): string[] {
  return db
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
    .all()
    .map(({ name }) => String(name))
}

function isForeign(tables: readonly string[]): boolean {
  return tables.length > 0 && !['installation', 'endpoints', 'deliveries'].every((name) => tables.includes(name))
}

/**
 * Checks the file and its log. Writes nothing.
 *
 * @returns the values of the installation by name; null: there is neither a file nor a log
 * @throws StoreRefused
 */
export function checkFile(path: string): ReadonlyMap<string, string> | null {
  if (!existsSync(path)) {
    if (!existsSync(`${path}-wal`)) return null
    throw new StoreRefused(
      `${path}-wal is the write-ahead log of a database that is missing: put ${path} beside it, restore a backup with posthorn restore, or remove it`,
    )
  }
  const { size } = statSync(path)
  const hasLog = checkPair(path)
  const installation = installationIn(path, hasLog)
  assertSound(path, hasLog, size)
  return installation
}

/** Refuses every file that is not a database of Posthorn: a migration would turn any SQLite file into one. */
function installationIn(path: string, hasLog: boolean): ReadonlyMap<string, string> {
  let db: DatabaseSync | undefined
  try {
    db = openReadOnly(path, hasLog)
    const tables = tablesIn(db)
    if (tables.length === 0) {
      throw new StoreRefused(
        `the database ${path} has no tables: its write-ahead log ${path}-wal was not copied with it, or it was never used; copy both files, restore a backup, or remove the file`,
      )
    }
    if (isForeign(tables)) throw notOurs(path)
    assertKnown(Number(db.prepare('PRAGMA user_version').get()?.['user_version']))
    const values = db.prepare('SELECT name, value FROM installation').all()
    return new Map(values.map(({ name, value }) => [String(name), String(value)]))
  } catch (error) {
    if (error instanceof StoreRefused) throw error
    if (classify(error) instanceof Malformed) throw refusalOfMalformed(path, messageOf(error))
    throw new StoreRefused(`cannot read the database ${path}: ${messageOf(error)}`)
  } finally {
    db?.close()
  }
}

/**
 * Creates an empty database. It appears under its name when it is complete.
 *
 * @throws StoreRefused
 */
export function createFile(path: string): void {
  try {
    const unfinished = `${path}-new`
    for (const suffix of ['', '-wal', '-shm']) rmSync(unfinished + suffix, { force: true })
    createPrivate(unfinished)
    const db = new Database(unfinished, 'write')
    try {
      migrate(db)
    } finally {
      db.close()
    }
    putInPlace(unfinished, path)
  } catch (error) {
    throw new StoreRefused(`cannot create the database ${path}: ${messageOf(error)}`)
  }
}

/** Creates an empty file that only its owner can read. SQLite gives its other files the same permissions. */
export function createPrivate(path: string): void {
  closeSync(openSync(path, 'wx', 0o600))
}

/** Renames a file that is on the disk, durably. */
export function putInPlace(from: string, to: string): void {
  renameSync(from, to)
  const folder = openSync(dirname(to), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

/**
 * Takes all permissions of other users from the files of the database, and from their folder if nothing else is in it.
 *
 * @returns the folder, if other users can still look into it
 * @throws StoreRefused if a file stays readable for other users
 */
export function makePrivate(path: string): string | null {
  if (!hasModes) return null
  const folder = dirname(resolve(path))
  const ours = readdirSync(folder).filter((name) => name.startsWith(basename(path)))
  for (const name of ours) {
    if (closed(join(folder, name))) continue
    throw new StoreRefused(
      `other users can read ${join(folder, name)}, and its permissions cannot be changed: give it to the user of this process (chown), and chmod 600`,
    )
  }
  const isOwnFolder = readdirSync(folder).every(
    (name) => ours.includes(name) || ['operator-key', 'master-key'].includes(name),
  )
  return isOwnFolder && closed(folder) ? null : isOpen(folder) ? folder : null
}

function closed(path: string): boolean {
  if (!isOpen(path)) return true
  try {
    chmodSync(path, statSync(path).mode & 0o700)
  } catch {
    return false
  }
  return !isOpen(path)
}

function isOpen(path: string): boolean {
  return ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & othersMask) !== 0
}
