// Keys that are not in the settings are generated at the first start and stored beside the database file. Only the
// owner of a key file can read it.

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A key file and the key in it; `created`: this call created it. */
export interface KeyFile {
  readonly path: string
  readonly value: string
  readonly created: boolean
}

/** Returns the key in the file `name` beside the database file. If there is no such file, `generate` makes the key. */
export function keyBeside(databasePath: string, name: string, generate: () => string): KeyFile {
  const path = join(dirname(databasePath), name)
  mkdirSync(dirname(path), { recursive: true })
  try {
    // Only the process that creates the file writes it, so two concurrent first starts cannot use two keys.
    writeFileSync(path, `${generate()}\n`, { mode: 0o600, flag: 'wx', flush: true })
    return { path, value: read(path), created: true }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    chmodSync(path, 0o600)
    return { path, value: read(path), created: false }
  }
}

function read(path: string): string {
  return readFileSync(path, 'utf8').trim()
}
