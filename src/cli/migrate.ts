// `posthorn migrate`: copies an installation from SQLite to PostgreSQL. The same command continues an interrupted copy.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { database, type DatabaseSetting } from '../config/address-settings.ts'
import { SettingError } from '../config/settings.ts'
import { type Import, openImport, type TableCount } from '../store/postgres/import.ts'
import { type Export, openExport } from '../store/sqlite/export.ts'
import { StoreRefused, StoreUnavailable } from '../contracts/store.ts'
import { Progress, shown } from './progress.ts'

/** Rows of one transaction: larger transactions are hardly faster, and an interruption would lose more rows. */
const rowsMax = 5000

const goesOn = 'the same command goes on where it stopped'

export interface MigrateFlags {
  readonly from: string
  readonly to: string
}

/**
 * Runs the command.
 *
 * @param stop once it is aborted, the running transaction ends and the copy stops
 * @throws SettingError, StoreRefused: one line that says why the copy failed
 */
export async function migrate(flags: MigrateFlags, stop: AbortSignal): Promise<void> {
  const { from, to } = addressesOf(flags)
  const source = openExport(from.path)
  try {
    await copyTo(to, source, from, stop)
  } finally {
    source.close()
  }
  process.stdout.write(whatNext(from.path))
}

async function copyTo(to: Postgres, source: Export, from: Sqlite, stop: AbortSignal): Promise<void> {
  const target = await openImport(to.url).catch((error: unknown) => {
    throw error instanceof StoreUnavailable ? new StoreRefused(`--to cannot be used: ${error.message}`) : error
  })
  try {
    process.stdout.write(`\n  Copying ${from.shown} to ${to.shown}\n\n`)
    const counts = await copy(source, target, { rowsMax, progress: new Progress(process.stdout), stop })
    process.stdout.write(`\n${tableOf(counts)}\n`)
    assertEqual(counts)
  } catch (error) {
    // The error starts on a new line, not behind an unfinished bar.
    if (process.stdout.isTTY) process.stdout.write('\n')
    throw error instanceof StoreUnavailable ? new StoreRefused(`${error.message}; ${goesOn}`) : error
  } finally {
    await target.close()
  }
}

type Sqlite = DatabaseSetting & { readonly kind: 'sqlite' }
type Postgres = DatabaseSetting & { readonly kind: 'postgres' }

function addressesOf(flags: MigrateFlags): { from: Sqlite; to: Postgres } {
  const from = addressOf(flags.from)
  const to = addressOf(flags.to)
  if (from?.kind === 'sqlite' && to?.kind === 'postgres') return { from, to }
  const wrong =
    from?.kind === 'sqlite'
      ? '--to must be postgres://<user>:<password>@<host>:<port>/<database>'
      : '--from must be sqlite:<file>, such as sqlite:./data/posthorn.db'
  throw new SettingError(`${wrong}: installations move from SQLite to PostgreSQL`)
}

/** Null: it is no address of a database. */
function addressOf(text: string): DatabaseSetting | null {
  try {
    return database(text)
  } catch {
    return null
  }
}

export interface CopyOptions {
  readonly rowsMax: number
  readonly progress: Progress
  readonly stop: AbortSignal
}

/** Copies the missing rows. Returns for each table the number of rows in the source and in the target. */
export async function copy(source: Export, target: Import, options: CopyOptions): Promise<readonly TableCount[]> {
  const { progress } = options
  const begun = await target.begin(source.fingerprint, source.tables)
  const expected = new Map<string, number>()
  for (const table of source.tables) {
    const total = source.count(table)
    expected.set(table.name, total)
    const earlier = begun.get(table.name)
    let after = earlier?.last ?? null
    progress.begin(table.name, total, earlier?.rows ?? 0)
    for (;;) {
      if (options.stop.aborted) throw new StoreRefused(`stopped; ${goesOn}`)
      const page = source.page(table, after, options.rowsMax)
      if (page === null) break
      await target.add(table, after, page)
      progress.advance(page.rows.length)
      after = page.last
    }
    progress.end()
  }
  return target.finish(expected, source.counters())
}

function tableOf(counts: readonly TableCount[]): string {
  const line = (name: string, there: string, here: string): string =>
    `  ${name.padEnd(20)}${there.padStart(14)}${here.padStart(14)}\n`
  const rows = counts.map(({ table, expected, found }) =>
    line(table, shown(expected), `${shown(found)}${found === expected ? '' : '  differs'}`),
  )
  return `${line('rows in', 'SQLite', 'PostgreSQL')}${rows.join('')}`
}

function assertEqual(counts: readonly TableCount[]): void {
  const wrong = counts.filter(({ expected, found }) => expected !== found).map(({ table }) => table)
  if (wrong.length === 0) return
  throw new StoreRefused(
    `the copy is not equal (${wrong.join(', ')}) and stays marked as unfinished: drop its schema and start again`,
  )
}

function whatNext(path: string): string {
  const place = (name: string): string => {
    const file = join(dirname(path), name)
    return existsSync(file) ? `the content of the file ${file}` : 'the same as until now'
  }
  return `  All is copied. Secrets stay sealed with the same key, so start the service with the same keys:

    POSTHORN_DATABASE       the address that was given as --to
    POSTHORN_MASTER_KEY     ${place('master-key')}
    POSTHORN_OPERATOR_KEY   ${place('operator-key')}

  Do not start the service on ${path} again: both installations would send the waiting deliveries.

`
}
