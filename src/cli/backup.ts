// `posthorn backup`: copies the SQLite database into one complete file, also while the service runs.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { backUp } from '../store/sqlite/backup.ts'
import { assertWritable } from './files.ts'
import { Progress } from './progress.ts'
import { type FileFlags, sqliteFile } from './sqlite-file.ts'

const megabyte = 1_000_000

/** Runs the command. @throws SettingError, StoreRefused: one line that says why there is no backup */
export async function backup(file: string, flags: FileFlags): Promise<void> {
  const { path, shown } = sqliteFile(flags)
  const bar = new Progress(process.stdout)
  let done = 0
  assertWritable(null, file)
  await backUp(path, file, (bytes, total) => {
    if (done === 0) {
      process.stdout.write(`\n  Copying ${shown} to ${file}\n\n`)
      bar.begin('megabytes', total / megabyte, 0)
    }
    bar.advance((bytes - done) / megabyte)
    done = bytes
  })
  bar.end()
  const key = join(dirname(path), 'master-key')
  const place = existsSync(key) ? `the file ${key}` : 'the value of POSTHORN_MASTER_KEY'
  process.stdout.write(`
  ${file} is complete. It has no key in it. Without the master key its secrets cannot be read:
  keep a copy of ${place} apart from the backup.

`)
}
