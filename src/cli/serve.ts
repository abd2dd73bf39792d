// `posthorn serve`: the service, until SIGTERM or SIGINT.

import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { startApp } from '../app.ts'
import { keyBeside, type KeyFile } from '../config/key-files.ts'
import { readSettings, type SettingName, type Settings } from '../config/settings.ts'
import { createLogger } from '../telemetry/log.ts'
import { version } from './version.ts'

export async function serve(flags: Readonly<Partial<Record<SettingName, string>>>): Promise<void> {
  const settings = readSettings(process.env, flags)
  const logger = createLogger(settings.logLevel)
  const databasePath = settings.database.slice('sqlite:'.length)
  const operatorFile =
    settings.operatorKey === null
      ? keyBeside(databasePath, 'operator-key', () => `pho_${randomBytes(30).toString('base64url')}`)
      : null
  const masterFile =
    settings.masterKey === null ? keyBeside(databasePath, 'master-key', () => randomBytes(32).toString('base64')) : null
  const app = await startApp({
    settings,
    logger,
    version,
    operatorKey: settings.operatorKey ?? operatorFile?.value ?? '',
    masterKey: settings.masterKey ?? Buffer.from(masterFile?.value ?? '', 'base64'),
  })
  announce(logger, settings, app.url, operatorFile, masterFile)

  const stop = (signal: string): void => {
    logger.info(`${signal}: finishing what is in flight`)
    app.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'the stop was not clean; what was held goes out again at the next start')
        process.exit(1)
      },
    )
  }
  process.once('SIGTERM', () => stop('SIGTERM'))
  process.once('SIGINT', () => stop('SIGINT'))
}

function announce(
  logger: Logger,
  settings: Settings,
  url: string,
  operatorFile: KeyFile | null,
  masterFile: KeyFile | null,
): void {
  if (settings.allowHttp || settings.allowNetworks.length > 0) {
    const { allowHttp, allowNetworks } = settings
    logger.warn({ allowHttp, allowNetworks }, 'the egress guard is opened: not for production')
  }
  if (!process.stdout.isTTY) {
    const operatorKeyFile = operatorFile?.path
    const masterKeyFile = masterFile?.path
    logger.info({ url, database: settings.database, operatorKeyFile, masterKeyFile }, 'posthorn is serving')
    return
  }
  const keyPlace = operatorFile?.path ?? '(POSTHORN_OPERATOR_KEY)'
  const bearer = operatorFile === null ? '$POSTHORN_OPERATOR_KEY' : `$(cat ${operatorFile.path})`
  process.stdout.write(`
  Posthorn ${version} is serving

    address        ${url}        (pages: ${url}/docs)
    database       ${settings.database}
    operator key   ${keyPlace}${masterFile === null ? '' : `\n    master key     ${masterFile.path}  (back it up: without it secrets are lost)`}

  Try:

    curl -H "Authorization: Bearer ${bearer}" ${url}/v1/dialects

`)
}
