// `posthorn doctor`: the program, its settings, and the files that they name.

import { statSync } from 'node:fs'
import { readSettings, type Settings, settingTable } from '../config/settings.ts'
import { tokenSettings } from '../config/token-settings.ts'
import { loadDialects } from '../dialects/load.ts'
import { originsOf, partsOf } from '../parts-by-settings.ts'
import { fault, type Finding, messageOf, ok, warning } from './finding.ts'
import { inFlags, type SettingFlags } from './setting-flags.ts'
import { version } from '../version.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The findings, and the settings if they can be used. */
export async function examineSettings(
  environment: Environment,
  flags: SettingFlags,
  dialectFiles: readonly string[],
): Promise<{ readonly findings: readonly Finding[]; readonly settings: Settings | null }> {
  const program = ok('program', `Posthorn ${version}, Node ${process.versions.node}, ${process.platform}`)
  try {
    const settings = readSettings(environment, flags)
    const registrations = await loadDialects([...settings.dialectFiles, ...dialectFiles])
    const { allDialects, dialects } = partsOf(settings, registrations)
    originsOf(settings, allDialects)
    tokenSettings(settings)
    const findings = [program, ok('settings', `served dialects: ${[...dialects.keys()].join(', ')}`)]
    return {
      findings: [...findings, ...exposure(settings), ...looseness(settings), ...secretFiles(environment)],
      settings,
    }
  } catch (error) {
    const wrong = fault(
      'settings',
      inFlags(messageOf(error), flags),
      'correct the setting; posthorn serve --help lists all of them',
    )
    return { findings: [program, wrong], settings: null }
  }
}

const isLoopback = (host: string): boolean => /^(?:127\.|::1$|localhost$)/.test(host)

/** The callers that reach the operator API, and their way. */
function exposure({ host, adminPort, adminHost, publicUrl, trustedProxies }: Settings): readonly Finding[] {
  const findings: Finding[] = []
  const operatorHost = adminPort === null ? host : adminHost
  if (isLoopback(operatorHost)) findings.push(ok('operator API', `only this machine reaches it (${operatorHost})`))
  else if (adminPort === null) {
    findings.push(
      warning(
        'operator API',
        `other machines reach it on ${host}, together with the APIs of customers`,
        'set POSTHORN_ADMIN_PORT, which gives the operator a listener of its own, or hide /v1 in the load balancer',
      ),
    )
  }
  const urls = [...publicUrl.values()].map((url) => new URL(url))
  const plain = urls.find((url) => url.protocol === 'http:' && !isLoopback(url.hostname))
  if (plain !== undefined) {
    findings.push(
      warning(
        'public URL',
        `${plain.href} is not https://, so keys of customers travel in clear text`,
        'put a proxy with TLS in front of Posthorn and name its https:// address in POSTHORN_PUBLIC_URL',
      ),
    )
  }
  if (urls.some((url) => url.protocol === 'https:') && trustedProxies.length === 0) {
    findings.push(
      warning(
        'proxy in front',
        'POSTHORN_PUBLIC_URL is https://, which a proxy serves, and no proxy is trusted: all callers have its address',
        'name the addresses of the proxy in POSTHORN_TRUSTED_PROXIES',
      ),
    )
  }
  return findings
}

/** Settings that are for development and tests. */
function looseness(settings: Settings): readonly Finding[] {
  const { allowHttp, allowNetworks, rateLimits, retryScale } = settings
  const loose = [
    ...(allowHttp ? ['POSTHORN_ALLOW_HTTP: deliveries may travel in clear text'] : []),
    ...(allowNetworks.length > 0 ? [`POSTHORN_ALLOW_NETWORKS: deliveries reach ${allowNetworks.join(', ')}`] : []),
    ...(rateLimits ? [] : ['POSTHORN_RATE_LIMITS: customers have no limits']),
    ...(retryScale === 1 ? [] : [`POSTHORN_RETRY_SCALE: waits between attempts are multiplied by ${retryScale}`]),
  ]
  return loose.map((found) => warning('for tests only', found, 'remove the setting in production'))
}

/** Other users must not read the files of secrets. */
function secretFiles(environment: Environment): readonly Finding[] {
  return Object.values(settingTable).flatMap(({ variable }) => {
    const path = environment[`${variable}_FILE`]
    const mode = path === undefined ? 0 : (statSync(path, { throwIfNoEntry: false })?.mode ?? 0)
    if (path === undefined || process.platform === 'win32' || (mode & 0o077) === 0) return []
    return [
      warning('file modes', `other users can read ${path}`, `chmod 600 ${path}, unless your system hands it out so`),
    ]
  })
}
