// `posthorn restore`: puts a backup in the place of the SQLite database.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { restore as restoreFile } from '../store/sqlite/backup.ts'
import { assertFile, assertWritable } from './files.ts'
import { type FileFlags, sqliteFile } from './sqlite-file.ts'

/** Runs the command. @throws SettingError, WrongUse, CommandFailed, StoreRefused: one line that says why nothing was restored */
export function restore(file: string, flags: FileFlags): void {
  const { path, shown } = sqliteFile(flags)
  assertFile(null, file)
  assertWritable(null, path)
  const { aside } = restoreFile(file, path, new Date())
  const key = join(dirname(path), 'master-key')
  process.stdout.write(`
  ${file} is restored to ${shown}.
${aside === null ? '' : `  The database that was there is kept as ${aside}\n`}
  The start sends the deliveries that were pending at the time of the backup.
  It needs the master key of that time: ${existsSync(key) ? key : `the file ${key}, or POSTHORN_MASTER_KEY`}

`)
}
