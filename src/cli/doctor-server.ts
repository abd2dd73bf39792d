// `posthorn doctor`: a running service, as commands reach it.

import { SettingError } from '../config/settings.ts'
import { type Client, createClient } from '../../packages/client/src/index.ts'
import { lineOf, WrongUse } from './faults.ts'
import { fault, type Finding, messageOf, ok, skipped, warning } from './finding.ts'
import { type ChosenServer, chosenServer, type ServerFlags } from './server-choice.ts'
import { version } from '../version.ts'

const clockSlackMs = 3000
const answerMs = 10_000

export async function examineServer(flags: ServerFlags): Promise<readonly Finding[]> {
  let chosen: ChosenServer
  try {
    chosen = chosenServer(flags)
  } catch (error) {
    if (error instanceof SettingError) return [skipped('server', 'the settings do not name one')]
    if (error instanceof WrongUse && !isChosen(flags)) return [skipped('server', error.message)]
    return [fault('server', messageOf(error), 'correct it, or set POSTHORN_URL and POSTHORN_KEY')]
  }
  const { url, from } = chosen
  const api = createClient({ ...chosen, retries: 0 })
  try {
    const startedAt = Date.now()
    const health = await ask(url, '/healthz')
    const finding = ok('server', `${url} answers; its key is from ${from}`)
    return [finding, ...plainText(url), clock(health, startedAt), await readiness(url), ...(await status(api))]
  } catch (error) {
    const found = `${url} does not answer: ${lineOf(error)}`
    if (!isChosen(flags)) return [skipped('server', found)]
    return [fault('server', found, 'start the service, or correct the address')]
  }
}

/** Whether a server was chosen by hand. Otherwise it is the service of this folder, which may just not run. */
function isChosen({ url, profile }: ServerFlags): boolean {
  return url !== undefined || profile !== undefined || process.env['POSTHORN_URL'] !== undefined
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

async function readiness(url: string): Promise<Finding> {
  const { ok: isReady } = await ask(url, '/readyz')
  if (isReady) return ok('ready', 'the database answers, and events can be stored')
  return fault('ready', 'the service cannot store events', 'its log says why; docs/operating.md, "The database fails"')
}

function ask(url: string, path: string): Promise<Response> {
  return fetch(url.replace(/\/+$/, '') + path, { redirect: 'manual', signal: AbortSignal.timeout(answerMs) })
}

async function status(api: Client): Promise<readonly Finding[]> {
  try {
    const found = await api.request('GET', '/v1/status')
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
    return [fault('key', lineOf(error), 'use an operator key of the role read or admin')]
  }
}
