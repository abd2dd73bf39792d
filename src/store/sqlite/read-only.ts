import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

/** Opens a file to look at it. Without a log, SQLite must not look for one: it would leave an empty one behind. */
export function openReadOnly(path: string, hasLog: boolean): DatabaseSync {
  return new DatabaseSync(hasLog ? path : new URL(`${pathToFileURL(path).href}?immutable=1`), { readOnly: true })
}
