// Keys that are not in the settings are generated at the first start and stored beside the database file. Only the
// owner of a key file can read it.

import { closeSync, constants, fchmodSync, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makePrivateFolder } from '../private-folder.ts'

/** A key file and the key in it. */
export interface KeyFile {
  readonly path: string
  readonly value: string
}

/**
 * Reads the file `name` beside the database file. Null: there is no such file.
 *
 * @throws Error if it is a link, no file, or another user's; another user could then choose the key
 */
export function readKeyFile(databasePath: string, name: string): KeyFile | null {
  const path = join(dirname(databasePath), name)
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ENOENT') return null
    if (code === 'ELOOP') throw new Error(`${path} is a symbolic link: put the file itself there`, { cause: error })
    throw error
  }
  try {
    const found = fstatSync(file)
    if (!found.isFile()) throw new Error(`${path} is not a file`)
    const owner = process.geteuid?.()
    if (owner !== undefined && found.uid !== owner && found.uid !== 0) {
      throw new Error(`${path} belongs to another user (${found.uid}): give it to the user of this process (chown)`)
    }
    if ((found.mode & 0o077) !== 0) fchmodSync(file, 0o600)
    return { path, value: readFileSync(file, 'utf8').trim() }
  } finally {
    closeSync(file)
  }
}

/** Stores a new key. If another process has just done so, its key counts. Returns the stored key. */
export function createKeyFile(databasePath: string, name: string, value: string): KeyFile {
  const path = join(dirname(databasePath), name)
  makePrivateFolder(dirname(path))
  try {
    // Only the process that creates the file writes it, so two concurrent first starts cannot use two keys.
    writeFileSync(path, `${value}\n`, { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return readKeyFile(databasePath, name) ?? { path, value }
}
