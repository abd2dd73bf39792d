// The commands. The entry of the program is posthorn.js.

import { existsSync } from 'node:fs'
import { Command } from 'commander'
import type { NewFlags } from './cli/dialect-new.ts'
import type { MigrateFlags } from './cli/migrate.ts'
import type { FileFlags } from './cli/sqlite-file.ts'
import { stopOnSignals } from './cli/stop-signals.ts'
import { version } from './cli/version.ts'
import { flagOf, SettingError, type SettingName, settingTable } from './config/settings.ts'
import { StoreRefused } from './contracts/store.ts'

type ServeFlags = Partial<Record<SettingName, string>> & { readonly dialect: readonly string[] }

const program = new Command('posthorn')
  .description("Sends webhooks, and speaks your product's own webhook API")
  .version(version)
  // The suggestion of a similar command or option would be a second line.
  .configureOutput({ outputError: (text, write) => write(`${text.trimEnd().replaceAll('\n', ' ')}\n`) })

const serveCommand = program.command('serve').description('run the service (the default)')
for (const name of Object.keys(settingTable) as SettingName[]) {
  const { variable, meaning, default: standard } = settingTable[name]
  const defaultText = standard === null || standard === '' ? '' : `, default ${standard}`
  serveCommand.option(`${flagOf(name)} <value>`, `${meaning} (${variable}${defaultText})`)
}
serveCommand.option(
  '--dialect <file>',
  'one more file that defines a dialect; may be given several times',
  (file: string, files: readonly string[]) => [...files, file],
  [],
)
// The modules of a command are loaded when it runs: no command needs the modules of another.
serveCommand.action(async ({ dialect: files, ...flags }: ServeFlags) => {
  const stop = stopOnSignals()
  const { serve } = await import('./cli/serve.ts')
  await serve(flags, files, stop)
})

program
  .command('migrate')
  .description(
    'copy an installation from SQLite to an empty PostgreSQL database; an interrupted copy continues when run again',
  )
  .requiredOption('--from <database>', 'sqlite:<file>; stop the service first')
  .requiredOption('--to <database>', 'postgres://…')
  .action(async (flags: MigrateFlags) => {
    const stop = stopOnSignals()
    const { migrate } = await import('./cli/migrate.ts')
    await migrate(flags, stop)
  })

const databaseOption = ['--database <database>', 'sqlite:<file> (POSTHORN_DATABASE)'] as const

program
  .command('backup <file>')
  .description('copy the SQLite database into a new file, also while the service runs')
  .option(...databaseOption)
  .action(async (file: string, flags: FileFlags) => {
    const { backup } = await import('./cli/backup.ts')
    await backup(file, flags)
  })

program
  .command('restore <file>')
  .description('put a backup in the place of the SQLite database; stop the service first')
  .option(...databaseOption)
  .action(async (file: string, flags: FileFlags) => {
    const { restore } = await import('./cli/restore.ts')
    restore(file, flags)
  })

/** The exit code of a wrong call of `dialect`: 1 says that the dialect is wrong. */
const badUsage = 2

const dialectCommand = program.command('dialect').description('check, draft and compare dialects of your own')
dialectCommand.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : badUsage))
dialectCommand
  .command('check <file>')
  .description('check a dialect on a service in this process, with a receiver; exit code 1: it has faults')
  .action(async (file: string) => {
    mustExist(file)
    const { check } = await import('./cli/dialect-check.ts')
    if (!(await check(file, process.stdout))) process.exitCode = 1
  })

dialectCommand
  .command('new <name>')
  .description('write the draft of a dialect, from questions or from an OpenAPI document')
  .option('--from <file>', "the product's OpenAPI document: 3.0 or 3.1, YAML or JSON")
  .option('--yes', 'ask nothing, and take the commonest choices')
  .option('--out <file>', 'the file to write; default: <name>.ts')
  .action(async (name: string, flags: NewFlags) => {
    if (!/^[a-z][a-z0-9-]{0,31}$/.test(name)) {
      dialectCommand.error('error: a name has 1 to 32 lower-case letters, digits and hyphens, a letter first')
    }
    if (flags.from !== undefined) mustExist(flags.from)
    else if (flags.yes !== true && !process.stdin.isTTY) {
      dialectCommand.error('error: questions need a terminal; give --yes or --from')
    }
    const { draft } = await import('./cli/dialect-new.ts')
    await draft(name, flags, process.stdout)
  })
dialectCommand
  .command('diff <file> <document>')
  .description("compare the API of a dialect with the vendor's OpenAPI document; exit code 1: a difference does harm")
  .action(async (file: string, document: string) => {
    mustExist(file)
    mustExist(document)
    const { diff } = await import('./cli/dialect-diff.ts')
    if (!(await diff(file, document, process.stdout))) process.exitCode = 1
  })

function mustExist(file: string): void {
  if (!existsSync(file)) dialectCommand.error(`error: the file ${file} does not exist`)
}

// `serve` is no default command of the library, which would take a mistyped command for an argument of it.
const args = process.argv.slice(2)
const [first = '-'] = args
const isServe = first.startsWith('-') && !['-h', '--help', '-V', '--version'].includes(first)

try {
  await program.parseAsync(isServe ? ['serve', ...args] : args, { from: 'user' })
} catch (error) {
  // An error that the operator can fix is printed as one line. Any other error is a bug and is printed with its stack.
  if (!(error instanceof SettingError || error instanceof StoreRefused || isOfDialect(error))) throw error
  process.stderr.write(`posthorn: ${error.message}\n`)
  process.exitCode = 1
}

/** The classes are not imported, because only some commands load dialects. */
function isOfDialect(error: unknown): error is Error {
  return (
    error instanceof Error && ['DialectFileError', 'DialectFault', 'DocumentError', 'DraftError'].includes(error.name)
  )
}
