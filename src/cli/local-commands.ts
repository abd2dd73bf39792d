// The commands that need no server: `serve` is one, and the others work on databases and files. The modules of a command
// are loaded when it runs.

import type { Command } from 'commander'
import { withExamples } from './command.ts'
import type { NewFlags } from './dialect-new.ts'
import { WrongUse } from './faults.ts'
import { assertFile } from './files.ts'
import type { MigrateFlags } from './migrate.ts'
import type { FileFlags } from './sqlite-file.ts'
import { type DialectFlags, type SettingFlags, settingOptions } from './setting-flags.ts'
import { stopOnSignals } from './stop-signals.ts'

export function declareServe(program: Command): void {
  const command = settingOptions(program.command('serve').description('run the service (the default)'), true)
  command.action(async ({ dialect: files, ...flags }: SettingFlags & DialectFlags) => {
    const stop = stopOnSignals()
    const { serve } = await import('./serve.ts')
    await serve(flags, files, stop)
  })
  withExamples(
    command,
    'posthorn serve',
    'posthorn serve --port 8080 --database sqlite:./hooks/posthorn.db',
    'posthorn serve --allow-http on --allow-networks 127.0.0.0/8',
  )
}

export function declareMigrate(program: Command): void {
  const command = program
    .command('migrate')
    .description(
      'copy an installation from SQLite to an empty PostgreSQL database; an interrupted copy continues when run again',
    )
    .requiredOption('--from <database>', 'sqlite:<file>; stop the service first')
    .requiredOption('--to <database>', 'postgres://…')
    .action(async (flags: MigrateFlags) => {
      const stop = stopOnSignals()
      const { migrate } = await import('./migrate.ts')
      await migrate(flags, stop)
    })
  withExamples(
    command,
    'posthorn migrate --from sqlite:./data/posthorn.db --to postgres://posthorn@db.example.com/posthorn',
  )
}

const databaseOption = ['--database <database>', 'sqlite:<file> (POSTHORN_DATABASE)'] as const

export function declareBackup(program: Command): void {
  const backup = program
    .command('backup <file>')
    .description('copy the SQLite database into a new file, also while the service runs')
    .option(...databaseOption)
    .action(async (file: string, flags: FileFlags) => {
      const { backup: run } = await import('./backup.ts')
      await run(file, flags)
    })
  withExamples(backup, 'posthorn backup saved.db', 'posthorn backup nightly.db --database sqlite:./data/posthorn.db')
  const restore = program
    .command('restore <file>')
    .description('put a backup in the place of the SQLite database; stop the service first')
    .option(...databaseOption)
    .action(async (file: string, flags: FileFlags) => {
      const { restore: run } = await import('./restore.ts')
      run(file, flags)
    })
  withExamples(restore, 'posthorn restore saved.db')
}

export function declareDialect(program: Command): void {
  const dialect = program.command('dialect').description('check, draft and compare dialects of your own')
  const check = dialect
    .command('check <file>')
    .description('check a dialect on a service in this process, with a receiver; exit code 1: it has faults')
    .action(async (file: string) => {
      assertFile(null, file)
      const { check: run } = await import('./dialect-check.ts')
      const isGood = await run(file, process.stdout)
      // The file may have opened what would keep the process.
      process.exit(isGood ? 0 : 1)
    })
  withExamples(check, 'posthorn dialect check acme.ts')
  declareDialectNew(dialect)
  const diff = dialect
    .command('diff <file> <document>')
    .description("compare the API of a dialect with the vendor's OpenAPI document; exit code 1: a difference does harm")
    .action(async (file: string, document: string) => {
      assertFile(null, file)
      assertFile(null, document)
      const { diff: run } = await import('./dialect-diff.ts')
      process.exit((await run(file, document, process.stdout)) ? 0 : 1)
    })
  withExamples(diff, 'posthorn dialect diff acme.ts openapi.yaml')
}

function declareDialectNew(dialect: Command): void {
  const command = dialect
    .command('new <name>')
    .description('write the draft of a dialect, from questions or from an OpenAPI document')
    .option('--from <file>', "the product's OpenAPI document: 3.0 or 3.1, YAML or JSON")
    .option('--yes', 'ask nothing, and take the commonest choices')
    .option('--out <file>', 'the file to write; default: <name>.ts')
    .action(async (name: string, flags: NewFlags) => {
      if (!/^[a-z][a-z0-9-]{0,31}$/.test(name)) {
        throw new WrongUse('a name has 1 to 32 lower-case letters, digits and hyphens, a letter first')
      }
      if (flags.from !== undefined) assertFile('--from', flags.from)
      else if (flags.yes !== true && !process.stdin.isTTY) {
        throw new WrongUse('questions need a terminal; give --yes or --from')
      }
      const { draft } = await import('./dialect-new.ts')
      await draft(name, flags, process.stdout)
    })
  withExamples(command, 'posthorn dialect new acme --yes', 'posthorn dialect new other --from openapi.yaml')
}
