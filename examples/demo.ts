// `npm run demo`: Posthorn's main job, end to end, in a few seconds. It leaves no files behind. A customer of each
// vendor registers an endpoint through that vendor's API, the operator posts one event of every type, and a receiver
// verifies each signature as the vendor's docs describe. The receiver rejects the first request of each vendor, to show
// a retry, and every attempt of the last event, to show the failure in the vendor's "get webhook".

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { startApp } from '../src/app.ts'
import { readSettings } from '../src/config/settings.ts'
import { createLog } from '../src/telemetry/log.ts'
import { type Registered, type Vendor, vendors } from './vendors.ts'

const say = (line = ''): void => console.log(line)

setTimeout(() => {
  say('the demo did not finish within 20 s')
  process.exit(1)
}, 20_000).unref()

const folder = mkdtempSync(join(tmpdir(), 'posthorn-demo-'))
const operatorKey = randomBytes(24).toString('base64url')
const settings = readSettings({
  POSTHORN_PORT: '0',
  POSTHORN_DATABASE: `sqlite:${join(folder, 'posthorn.db')}`,
  // The receiver is on this machine and speaks http. Retries come a hundred times sooner.
  POSTHORN_ALLOW_HTTP: 'on',
  POSTHORN_ALLOW_NETWORKS: '127.0.0.0/8',
  POSTHORN_RETRY_SCALE: '0.01',
  POSTHORN_LOG_LEVEL: 'error',
})
const app = await startApp({
  settings,
  keys: () => ({ operatorKey, masterKeys: [randomBytes(32)] }),
  log: await createLog(settings.logLevel),
  version: 'demo',
})
say(`Posthorn runs at ${app.url}, on a temporary SQLite database.`)
say('The receiver answers the first request of each vendor with 500, to show a retry.')

interface Arrival {
  readonly type: string
  readonly genuine: boolean
  readonly answered: number
}

/** The requests that arrived, by dialect. */
const arrivals = new Map<string, Arrival[]>(vendors.map(({ dialect }) => [dialect, []]))
const secrets = new Map<string, string>()
let down = false
const receiver = createServer((request, response) => {
  const vendor = vendors.find(({ dialect }) => request.url === `/${dialect}`) as Vendor
  const seen = arrivals.get(vendor.dialect) as Arrival[]
  void text(request).then((body) => {
    const answered = down || seen.length === 0 ? 500 : 200
    const genuine = vendor.isGenuine(request.headers as Record<string, string>, body, secrets.get(vendor.dialect) ?? '')
    seen.push({ type: vendor.eventType(JSON.parse(body)), genuine, answered })
    response.writeHead(answered).end()
  })
})
receiver.listen(0, '127.0.0.1')
await once(receiver, 'listening')
const receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`

const answers = new Map<string, Record<string, unknown>>()
for (const vendor of vendors) answers.set(vendor.dialect, await demonstrate(vendor))

say('\nThe five responses of "get webhook", after the failure:')
for (const [dialect, answer] of answers) say(`\n${dialect}\n${JSON.stringify(answer, null, 2)}`)
say('\nSide by side:\n')
sideBySide()

const wrong = [...arrivals.values()].flat().filter(({ genuine }) => !genuine)
await app.stop()
receiver.close()
rmSync(folder, { recursive: true })
if (wrong.length > 0) throw new Error(`${wrong.length} signatures did not verify`)
say(
  '\nEvery signature verified. Each first delivery arrived in its retry, and each last one failed, as announced. Done.',
)

/** Registers an endpoint, delivers events and lets one fail. Returns the response of the vendor's "get webhook". */
async function demonstrate(vendor: Vendor): Promise<Record<string, unknown>> {
  const { dialect, tenant, prefix } = vendor
  await operator('POST', '/v1/tenants', { id: tenant, dialect })
  const { key } = await operator('POST', '/v1/keys', { tenants: [tenant] })
  const { eventTypes } = await operator('GET', `/v1/dialects/${dialect}`)
  const types = eventTypes.map(({ name }: { name: string }) => name)
  const customer = (method: string, path: string, body?: unknown) => call(method, path, vendor.authenticate(key), body)

  const { id, secret }: Registered = vendor.registered(
    await customer('POST', prefix, vendor.registration(`${receiverUrl}/${dialect}`, types)),
  )
  secrets.set(dialect, secret || (await operator('GET', `/v1/dialects/${dialect}/public-key`)))
  for (const type of types) await operator('POST', '/v1/events', { tenant, type, data: { demo: type } })
  const seen = arrivals.get(dialect) as Arrival[]
  while (seen.length < types.length + 1) await sleep(10)
  say(`\n${dialect}: registered at ${prefix}, ${types.length} events posted`)
  for (const { type, genuine, answered } of seen) {
    say(`  ${type.padEnd(24)} signature ${genuine ? 'verified' : 'WRONG'}, answered ${answered}`)
  }
  const [first] = seen
  const history = await historyOf(tenant, first?.type ?? '', 'delivered')
  say(`  ${first?.type}: ${attemptsText(history)}`)

  say(`  The receiver is down now: it answers every attempt of one more ${types[0]} with 500.`)
  down = true
  await operator('POST', '/v1/events', { tenant, type: types[0], data: { demo: 'fails' } })
  const failing = await historyOf(tenant, types[0], 'pending')
  say(`  ${types[0]}: ${attemptsText(failing)}; the next attempt is planned`)
  down = false
  return customer('GET', `${prefix}/${id}`)
}

function attemptsText(history: readonly { number: number; detail: string }[]): string {
  return history.map(({ number, detail }) => `attempt ${number} ${detail}`).join(', ')
}

/** Waits until the newest delivery of a type has the status and an attempt. Returns its attempts. */
async function historyOf(tenant: string, type: string, status: string): Promise<{ number: number; detail: string }[]> {
  for (;;) {
    const { data } = await operator('GET', `/v1/deliveries?tenant=${tenant}&eventType=${type}&limit=1`)
    if (data[0]?.status === status && data[0].attempts > 0) {
      return (await operator('GET', `/v1/deliveries/${data[0].id}`)).history
    }
    await sleep(20)
  }
}

function sideBySide(): void {
  const width = 22
  const cell = (value: unknown): string => {
    const shown = typeof value === 'string' ? value : JSON.stringify(value)
    return (shown.length > width - 2 ? `${shown.slice(0, width - 3)}…` : shown).padEnd(width)
  }
  const columns = [...answers].map(([dialect, answer]) => {
    const fields = Object.entries((answer['data'] as Record<string, unknown> | undefined) ?? answer)
    return [dialect, ...fields.flatMap(([name, value]) => [name, `  ${cell(value).trim()}`])]
  })
  for (let row = 0; row < Math.max(...columns.map(({ length }) => length)); row++) {
    say(
      columns
        .map((column) => cell(column[row] ?? ''))
        .join('')
        .trimEnd(),
    )
  }
}

function operator(method: string, path: string, body?: unknown) {
  return call(method, path, { authorization: `Bearer ${operatorKey}` }, body)
}

// oxlint-disable-next-line typescript/no-explicit-any -- a demo reads answers as they come
async function call(method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<any> {
  const response = await fetch(`${app.url}${path}`, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const answer = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer}`)
  return response.headers.get('content-type')?.includes('json') ? JSON.parse(answer) : answer
}
