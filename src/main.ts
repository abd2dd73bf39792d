#!/usr/bin/env node
import { Command } from 'commander'
import type { MigrateFlags } from './cli/migrate.ts'
import { version } from './cli/version.ts'
import { flagOf, SettingError, type SettingName, settingTable } from './config/settings.ts'
import { StoreRefused } from './contracts/store.ts'

const program = new Command('posthorn')
  .description("Sends webhooks, and speaks your product's own webhook API")
  .version(version)

const serveCommand = program.command('serve', { isDefault: true }).description('run the service')
for (const name of Object.keys(settingTable) as SettingName[]) {
  const { variable, meaning, default: standard } = settingTable[name]
  const defaultText = standard === null || standard === '' ? '' : `, default ${standard}`
  serveCommand.option(`${flagOf(name)} <value>`, `${meaning} (${variable}${defaultText})`)
}
// The modules of a command are loaded when it runs: neither command needs the modules of the other.
serveCommand.action(async (flags: Partial<Record<SettingName, string>>) => {
  const { serve } = await import('./cli/serve.ts')
  await serve(flags)
})

program
  .command('migrate')
  .description(
    'copy an installation from SQLite to an empty PostgreSQL database; an interrupted copy continues when run again',
  )
  .requiredOption('--from <database>', 'sqlite:<file>; stop the service first')
  .requiredOption('--to <database>', 'postgres://…')
  .action(async (flags: MigrateFlags) => {
    const { migrate } = await import('./cli/migrate.ts')
    await migrate(flags)
  })

try {
  await program.parseAsync()
} catch (error) {
  // An error that the operator can fix is printed as one line. Any other error is a bug and is printed with its stack.
  if (!(error instanceof SettingError || error instanceof StoreRefused)) throw error
  process.stderr.write(`posthorn: ${error.message}\n`)
  process.exitCode = 1
}
