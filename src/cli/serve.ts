// `posthorn serve`: runs the service until a signal stops it.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import type { Logger } from 'pino'
import { type App, startApp } from '../app.ts'
import { createKeyFile, type KeyFile, readKeyFile } from '../config/key-files.ts'
import type { DatabaseSetting } from '../config/address-settings.ts'
import { readSettings, SettingError, type SettingName, type Settings, settingTable } from '../config/settings.ts'
import { tracingSettings } from '../config/tracing-settings.ts'
import { loadDialects } from '../dialects/load.ts'
import { limits } from '../domain/limits.ts'
import { CannotListen } from '../listening.ts'
import { createLog, type Log } from '../telemetry/log.ts'
import { version } from '../version.ts'
import { CommandFailed } from './faults.ts'
import { inFlags } from './setting-flags.ts'

const repeatSeconds = limits.stopRepeatMs / 1000

/**
 * Runs the command.
 *
 * @param dialectFiles further files that define dialects, besides those of the settings
 * @param stop its abort stops the service, also while it starts
 * @throws SettingError, DialectFileError, StoreRefused, CannotListen, CommandFailed: one line that says why the start failed
 */
export async function serve(
  flags: Readonly<Partial<Record<SettingName, string>>>,
  dialectFiles: readonly string[],
  stop: AbortSignal,
): Promise<void> {
  // `npm start` fixes the size of the young generation for the main thread. The objects of a database thread live only
  // as long as a statement: at that size it would fill 32 MiB before it collected them.
  setFlagsFromString('--min-semi-space-size=1')
  const settings = readSettings(process.env, flags)
  const registrations = await loadDialects([...settings.dialectFiles, ...dialectFiles])
  const log = await createLog(settings.logLevel)
  const { database } = settings
  let operatorFile = settings.operatorKey === null ? keyFile(database, 'operatorKey') : null
  let masterFile = settings.masterKey === null ? keyFile(database, 'masterKey') : null
  const starting = startApp({
    settings,
    registrations,
    log,
    version,
    tracing: tracingSettings(process.env),
    keys(isNew) {
      if (settings.masterKey === null && masterFile === null) {
        if (!isNew) throw new CommandFailed(noMasterKey(settings.database))
        masterFile = newKeyFile(database, 'masterKey', randomBytes(32).toString('base64'))
      }
      if (settings.operatorKey === null) {
        operatorFile ??= newKeyFile(database, 'operatorKey', `pho_${randomBytes(30).toString('base64url')}`)
      }
      return {
        operatorKey: settings.operatorKey ?? operatorFile?.value ?? '',
        masterKeys: settings.masterKey ?? settingTable.masterKey.parse(masterFile?.value ?? ''),
      }
    },
    stop,
  })
  const app = await starting.catch((error: unknown) => {
    // Nothing has been sent yet.
    if (error === stop.reason) process.exit(0)
    if (error instanceof SettingError || error instanceof CannotListen) {
      error.message = inFlags(error.message, flags)
    }
    throw error
  })
  announce(log, settings, app, operatorFile, masterFile)
  if (!stop.aborted) await once(stop, 'abort')
  await stopApp(app, log.logger, stop)
}

async function stopApp(app: App, logger: Logger, stop: AbortSignal): Promise<void> {
  const { message: signal } = stop.reason as Error
  logger.info(
    `${signal}: waiting for requests and attempts in flight to end; a further signal, at the earliest ${repeatSeconds} s from now, ends the process without that wait`,
  )
  const begunAt = performance.now()
  try {
    await app.stop()
  } catch (error) {
    logger.error({ err: error }, 'the stop failed; the deliveries of this node may be sent again after the next start')
    process.exit(1)
  }
  logger.info({ ...app.counts(), stopMs: Math.round(performance.now() - begunAt) }, 'posthorn has stopped')
  process.exit(0)
}

type KeySetting = 'operatorKey' | 'masterKey'

const fileNames = { operatorKey: 'operator-key', masterKey: 'master-key' } as const

/**
 * The file of a key that is not in the settings, or null. The key must be valid as a setting.
 *
 * @throws SettingError it must be in the settings; CommandFailed the file cannot be used
 */
function keyFile(database: DatabaseSetting, setting: KeySetting): KeyFile | null {
  const { variable, parse } = settingTable[setting]
  // Every node needs the same key.
  if (database.kind === 'postgres') {
    throw new SettingError(`${variable} must be given where POSTHORN_DATABASE is PostgreSQL`)
  }
  let file: KeyFile | null
  try {
    file = readKeyFile(database.path, fileNames[setting])
  } catch (error) {
    throw new CommandFailed(`cannot read ${variable} beside POSTHORN_DATABASE: ${messageOf(error)}`)
  }
  try {
    if (file !== null) parse(file.value)
  } catch (error) {
    throw new CommandFailed(`${variable}, from the file ${file?.path}, ${messageOf(error)}`)
  }
  return file
}

/** @throws CommandFailed */
function newKeyFile(database: DatabaseSetting, setting: KeySetting, value: string): KeyFile | null {
  if (database.kind === 'postgres') return null
  try {
    return createKeyFile(database.path, fileNames[setting], value)
  } catch (error) {
    const { variable } = settingTable[setting]
    throw new CommandFailed(`cannot store ${variable} beside POSTHORN_DATABASE: ${messageOf(error)}`)
  }
}

function noMasterKey({ shown }: DatabaseSetting): string {
  return `no master-key beside the database ${shown}: put the file master-key into its folder, or set POSTHORN_MASTER_KEY`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function announce(
  { logger, output }: Log,
  settings: Settings,
  { url, adminUrl, dialects }: App,
  operatorFile: KeyFile | null,
  masterFile: KeyFile | null,
): void {
  if (settings.allowHttp || settings.allowNetworks.length > 0) {
    const { allowHttp, allowNetworks } = settings
    logger.warn({ allowHttp, allowNetworks }, 'settings weaken the egress guard: not for production')
  }
  const egressProxy = settings.egressProxy?.shown
  if (egressProxy !== undefined) logger.info({ egressProxy }, 'deliveries leave through the egress proxy')
  if (!process.stdout.isTTY) {
    const operatorKeyFile = operatorFile?.path
    const masterKeyFile = masterFile?.path
    const addresses = { url, ...(adminUrl !== null && { adminUrl }) }
    const { database, role } = settings
    logger.info(
      { ...addresses, version, role, dialects, database: database.shown, operatorKeyFile, masterKeyFile },
      'posthorn is serving',
    )
    return
  }
  const operatorUrl = adminUrl ?? url
  const keyPlace = operatorFile?.path ?? '(POSTHORN_OPERATOR_KEY)'
  const bearer = operatorFile === null ? '$POSTHORN_OPERATOR_KEY' : `$(cat ${operatorFile.path})`
  output.write(`
  Posthorn ${version} is serving

    address        ${url}        (pages: ${operatorUrl}/docs)
    dialects       ${dialects.join(', ')}
    database       ${settings.database.shown}
    operator key   ${keyPlace}${masterFile === null ? '' : `\n    master key     ${masterFile.path}  (back it up: without it, secrets are lost)`}

  Try:

    curl -H "Authorization: Bearer ${bearer}" ${operatorUrl}/v1/dialects

`)
}
