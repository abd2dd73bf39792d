// Keys that nobody gave are made at the first start and kept beside the database, readable by their owner alone.

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface KeyFile {
  readonly path: string
  readonly value: string
  readonly created: boolean
}

/** The key kept in `name` beside the database file; made by `generate` where there is none. */
export function keyBeside(databasePath: string, name: string, generate: () => string): KeyFile {
  const path = join(dirname(databasePath), name)
  mkdirSync(dirname(path), { recursive: true })
  try {
    // Only whoever creates the file writes it, so two first starts cannot end up with two keys.
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
