// A new SQLite database for a test, without the time that its creation takes.

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFile } from '../../src/store/sqlite/database-file.ts'

let empty: string | undefined

/** Puts an empty database at `path`: a copy of one that the process creates once. */
export function newSqlite(path: string): void {
  copyFileSync((empty ??= createEmpty()), path)
}

function createEmpty(): string {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-empty-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'posthorn.db')
  createFile(path)
  return path
}
