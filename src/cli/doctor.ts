// `posthorn doctor`: looks for faults of an installation and says what to do. It changes nothing.

import type { Command } from 'commander'
import type { Settings } from '../config/settings.ts'
import { type RemoteFlags, serverOptions, withExamples } from './command.ts'
import type { Finding } from './finding.ts'
import { facts, jsonText, painted, safe, stateCell, table } from './output.ts'
import { type DialectFlags, type SettingFlags, settingOptions } from './setting-flags.ts'

interface DoctorFlags extends SettingFlags, DialectFlags, RemoteFlags {
  readonly to?: string
}

export function declareDoctor(program: Command): void {
  const command = settingOptions(serverOptions(program.command('doctor')), false)
    .description(
      'look for faults of the installation and say how to remove them; changes nothing; takes the options of serve, and needs no running service',
    )
    .option(
      '--to <address>',
      'also connects to this receiver, from this machine and by these settings, and sends nothing',
    )
    .option('--json', 'for programs')
    .action(async () => {
      const flags = command.opts<DoctorFlags>()
      const findings = await examine(flags)
      process.stdout.write(flags.json === true ? `${jsonText({ findings })}\n` : textOf(findings))
      if (findings.some(({ state }) => state === 'fault')) process.exitCode = 1
    })
  withExamples(command, 'posthorn doctor', 'posthorn doctor --to https://hooks.example.com --json')
}

async function examine({
  url,
  profile,
  to,
  json: _json,
  dialect,
  ...settingFlags
}: DoctorFlags): Promise<readonly Finding[]> {
  const [{ examineSettings }, { examineServer }] = await Promise.all([
    import('./doctor-settings.ts'),
    import('./doctor-server.ts'),
  ])
  const { findings, settings } = await examineSettings(process.env, settingFlags, dialect)
  const chosen = { ...(url !== undefined && { url }), ...(profile !== undefined && { profile }) }
  const about = settings === null ? [] : await examineInstallation(settings, to ?? null)
  return [...findings, ...about, ...(await examineServer(chosen))]
}

async function examineInstallation(settings: Settings, to: string | null): Promise<readonly Finding[]> {
  const { database } = settings
  const { examineNetwork } = await import('./doctor-network.ts')
  const about =
    database.kind === 'sqlite'
      ? (await import('./doctor-files.ts')).examineFile(database.path, settings)
      : await (await import('./doctor-postgres.ts')).examinePostgres(database.url)
  return [...about, ...(await examineNetwork(settings, to))]
}

function textOf(findings: readonly Finding[]): string {
  const rows = findings.map(({ check, state, found }) => [stateCell(state), check, found])
  const todo = findings.filter(({ state }) => state === 'fault' || state === 'warning')
  const advice = todo.map(({ check, state, todo: what }) => {
    return `${painted(state === 'fault' ? 'red' : 'yellow', check)}: ${safe(what ?? '')}\n`
  })
  const count = (state: Finding['state']): number => findings.filter((one) => one.state === state).length
  return [
    table(['', 'check', 'found'], rows),
    ...(advice.length === 0 ? [] : ['\n', ...advice]),
    '\n',
    facts({ faults: count('fault'), warnings: count('warning') }),
  ].join('')
}
