// `posthorn doctor`: a running service, as commands reach it.

import { SettingError } from '../config/settings.ts'
import type { Status } from './answers.ts'
import { Connection } from './connection.ts'
import { WrongUse } from './faults.ts'
import { fault, type Finding, messageOf, ok, skipped, warning } from './finding.ts'
import { type ChosenServer, chosenServer, type ServerFlags } from './server-choice.ts'
import { version } from './version.ts'

const clockSlackMs = 3000

export async function examineServer(flags: ServerFlags): Promise<readonly Finding[]> {
  let chosen: ChosenServer
  try {
    chosen = chosenServer(flags)
  } catch (error) {
    if (error instanceof SettingError) return [skipped('server', 'the settings do not name one')]
    if (error instanceof WrongUse) return [skipped('server', error.message)]
    return [fault('server', messageOf(error), 'correct it, or set POSTHORN_URL and POSTHORN_KEY')]
  }
  const { url, from } = chosen
  const api = new Connection(chosen)
  try {
    const startedAt = Date.now()
    const health = await api.open('GET', '/healthz')
    const finding = ok('server', `${url} answers; its key is from ${from}`)
    return [finding, ...plainText(url), clock(health, startedAt), await readiness(api), ...(await status(api))]
  } catch (error) {
    // Without a server that was chosen by hand, the service of this folder may just not run.
    const isChosen = flags.url !== undefined || flags.profile !== undefined || process.env['POSTHORN_URL'] !== undefined
    if (!isChosen) return [skipped('server', messageOf(error))]
    return [fault('server', messageOf(error), 'start the service, or correct the address')]
  }
}

function plainText(url: string): readonly Finding[] {
  const { protocol, hostname } = new URL(url)
  if (protocol === 'https:' || /^(?:127\.|\[::1\]$|localhost$)/.test(hostname)) return []
  return [warning('TLS', `the key travels to ${hostname} in clear text`, 'use an https:// address')]
}

function clock({ headers }: Response, startedAt: number): Finding {
  const date = Date.parse(headers.get('date') ?? '')
  // The header has whole seconds.
  const off = Math.round(Math.abs(date + 500 - (startedAt + Date.now()) / 2))
  if (Number.isNaN(off)) return skipped('clock of the server', 'a proxy removes its time')
  const found = `${Math.round(off / 1000)} s from the clock of this machine`
  if (off <= clockSlackMs) return ok('clock of the server', found)
  return fault('clock of the server', found, 'let NTP set both clocks: receivers refuse deliveries with a wrong time')
}

async function readiness(api: Connection): Promise<Finding> {
  try {
    await api.open('GET', '/readyz')
    return ok('ready', 'the database answers, and events can be stored')
  } catch {
    return fault(
      'ready',
      'the service cannot store events',
      'its log says why; docs/operating.md, "The database fails"',
    )
  }
}

async function status(api: Connection): Promise<readonly Finding[]> {
  try {
    const found = await api.request<Status>('GET', '/v1/status')
    const live = found.nodes.filter(({ isLive }) => isLive)
    const versions = new Set(live.map((node) => node.version))
    const isSame = versions.size <= 1 && found.version === version
    const names = [...versions].join(', ')
    return [
      ok('key', 'the server knows it'),
      isSame
        ? ok('versions', version)
        : warning('versions', `this command is ${version}, the nodes are ${names}`, 'bring all of them to one version'),
      ok('nodes', `${live.length} live, ${found.waiting} deliveries wait`),
    ]
  } catch (error) {
    return [fault('key', messageOf(error), 'use an operator key of the role read or admin')]
  }
}
