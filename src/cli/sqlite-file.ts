import type { DatabaseSetting } from '../config/address-settings.ts'
import { readSettings, SettingError } from '../config/settings.ts'

/** The flag that the commands for SQLite files share. */
export interface FileFlags {
  readonly database?: string
}

/** The database file of the settings. Other settings are not read. @throws SettingError */
export function sqliteFile(flags: FileFlags): DatabaseSetting & { readonly kind: 'sqlite' } {
  const { database } = readSettings({ POSTHORN_DATABASE: process.env['POSTHORN_DATABASE'] }, flags)
  if (database.kind === 'sqlite') return database
  throw new SettingError('POSTHORN_DATABASE is PostgreSQL: use its own tools, such as pg_dump')
}
