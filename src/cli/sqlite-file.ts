import type { DatabaseSetting } from '../config/address-settings.ts'
import { readSettings, SettingError } from '../config/settings.ts'

/** The flag that the commands for SQLite files share. */
export interface FileFlags {
  readonly database?: string
}

/** The database file of the settings. Other settings are not read. @throws SettingError */
export function sqliteFile(flags: FileFlags): DatabaseSetting & { readonly kind: 'sqlite' } {
  const name = flags.database === undefined ? 'POSTHORN_DATABASE' : '--database'
  let database: DatabaseSetting
  try {
    database = readSettings({ POSTHORN_DATABASE: process.env['POSTHORN_DATABASE'] }, flags).database
  } catch {
    throw new SettingError(`${name} must be sqlite:<file>, such as sqlite:./data/posthorn.db`)
  }
  if (database.kind === 'sqlite') return database
  throw new SettingError(`${name} is PostgreSQL: use its own tools, such as pg_dump`)
}
