// Migrates the schema to the version of this program. The migrations are numbered SQL files, append-only. Each one runs
// in its own transaction, or all in one if the file is new: each transaction waits for the disk.

import { readFileSync, readdirSync } from 'node:fs'
import { StoreRefused } from '../../contracts/store.ts'
import type { SchemaVersions } from '../../contracts/upkeep-store.ts'
import type { Database } from './database.ts'

const folder = new URL('./migrations/', import.meta.url)

const files = readdirSync(folder)
  .filter((name) => name.endsWith('.sql'))
  .toSorted()

/** @throws StoreRefused if a newer program has written the schema */
export function assertKnown(version: number): void {
  if (version <= files.length) return
  throw new StoreRefused(
    `the database has schema version ${version}, this program knows ${files.length}: it was written by a newer Posthorn`,
  )
}

/** The caller has checked that the version is known. */
export function migrate(db: Database): SchemaVersions {
  const current = db.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0
  const pending = files.slice(current)
  for (const names of current === 0 ? [pending] : pending.map((name) => [name])) {
    db.transaction(() => {
      for (const name of names) {
        const version = files.indexOf(name) + 1
        if (Number(name.slice(0, 4)) !== version) throw new Error(`migration ${name} is out of order`)
        db.exec(readFileSync(new URL(name, folder), 'utf8'))
        db.exec(`PRAGMA user_version = ${version}`)
      }
    })
  }
  return { before: current, since: files.length }
}
