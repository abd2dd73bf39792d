// `npm run screenshots`: every page of the dashboard and the portal, in both themes, on a desktop and a phone, in the folder
// `screenshots`. Those that the README shows are written to docs/images.

import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BrowserContextOptions, Page } from 'playwright-core'
import type { Body } from '../support/api-answer.ts'
import { type BrowserRig, startBrowserRig } from '../support/browser-rig.ts'

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'screenshots')
const images = join(root, 'docs/images')
const screens: Readonly<Record<string, BrowserContextOptions>> = {
  'desktop-light': { viewport: { width: 1280, height: 860 }, colorScheme: 'light' },
  'desktop-dark': { viewport: { width: 1280, height: 860 }, colorScheme: 'dark' },
  'phone-light': { viewport: { width: 390, height: 800 }, colorScheme: 'light' },
  'phone-dark': { viewport: { width: 390, height: 800 }, colorScheme: 'dark' },
}
/** The pages in the README, and the screen that each is shown on. */
const inReadme: Readonly<Record<string, string>> = {
  overview: 'desktop-light',
  delivery: 'desktop-light',
  endpoint: 'desktop-dark',
  'dialect-schedule': 'desktop-light',
  'dialect-debugger': 'desktop-dark',
  portal: 'desktop-light',
}

rmSync(folder, { recursive: true, force: true })
for (const one of [folder, images]) mkdirSync(one, { recursive: true })
const service = await startBrowserRig({ POSTHORN_RETRY_SCALE: '0.02' })
try {
  const filled = await fill(service)
  for (const [screen, options] of Object.entries(screens)) await shoot(service, screen, options, filled)
} finally {
  await service.close()
}
console.log(`The screenshots are in ${folder}.`)

interface Filled {
  /** The paths of pages, by the name of their screenshot. */
  readonly places: Readonly<Record<string, string>>
  /** A delivery for the debugger of signatures, by the labels of its fields. */
  readonly debugged: Readonly<Record<string, string>>
}

/** Makes tenants, endpoints, events and deliveries. */
async function fill({ api }: BrowserRig): Promise<Filled> {
  api.behaviours.set('/orders/down', () => ({ status: 503, body: '{"error":"maintenance until 14:00"}' }))
  const make = (path: string, body: unknown, status = 201): Promise<Body> =>
    api.want(status, { method: 'POST', path, body })
  const tenants = [
    ['acme', 'Acme GmbH', 'standard'],
    ['globex', 'Globex', 'allo'],
    ['initech', 'Initech', 'standard'],
    ['umbrella', 'Umbrella', 'dialnexa'],
  ] as const
  const eventTypes = ['call.received', 'call.ended']
  for (const [id, name, dialect] of tenants) {
    await make('/v1/tenants', { id, name, dialect })
    await make('/v1/keys', { tenants: [id], name: 'production' })
    const [type] = dialect === 'dialnexa' ? ['call.completed'] : eventTypes
    await make(`/v1/tenants/${id}/endpoints`, { url: `${api.receiver.url}/${id}/hook`, eventTypes: [type] })
  }
  await make('/v1/operator-keys', { name: 'billing service', role: 'publish' })
  const path = '/v1/tenants/acme/endpoints'
  const [hook] = (await api.want(200, { path })).data
  const down = await make(path, { url: `${api.receiver.url}/orders/down`, eventTypes: ['call.received'] })
  for (let index = 0; index < 90; index++) {
    const [tenant, , dialect] = tenants[index % tenants.length] ?? tenants[0]
    const type = dialect === 'dialnexa' ? 'call.completed' : 'call.received'
    await make('/v1/events', { tenant, type, data: { id: index, from: '+33612345678', seconds: 41 } }, 202)
  }
  await sleep(4000)
  const of = `/v1/deliveries?tenant=acme&endpoint=${down.id}`
  const { data } = (await api.want(200, { path: of })) as unknown as { readonly data: readonly Body[] }
  const delivery = data.at(-1)
  const replay = await make('/v1/replays', {
    filter: { tenant: 'acme', status: ['delivered'], from: '2020-01-01T00:00:00Z' },
    dryRun: true,
  })
  const [request] = await api.received('/acme/hook', 1)
  const { secrets } = await api.want(200, { path: `${path}/${String(hook?.id)}` })
  const lines = Object.entries(request?.headers ?? {}).map(([name, value]) => `${name}: ${String(value)}`)
  const debugged = { Headers: lines.join('\n'), Body: String(request?.body), Secret: String(secrets[0]?.value) }
  const places = {
    overview: '/',
    deliveries: '/deliveries',
    delivery: `/deliveries/${delivery?.id}`,
    event: `/events/${String(delivery?.['event'])}`,
    replays: '/replays',
    replay: `/replays/${replay.id}`,
    endpoints: '/endpoints',
    endpoint: `/tenants/acme/endpoints/${down.id}`,
    'endpoint-edit': `/tenants/globex/endpoints/${(await api.want(200, { path: '/v1/tenants/globex/endpoints' })).data[0]?.id}?tab=edit`,
    'endpoint-failures': `/tenants/acme/endpoints/${down.id}?tab=failures`,
    'replay-new': '/replays/new',
    tenants: '/tenants',
    tenant: '/tenants/acme',
    'tenant-portal': '/tenants/acme?tab=portal',
    dialects: '/dialects',
    'dialect-events': '/dialects/allo',
    'dialect-schedule': '/dialects/standard?tab=schedule',
    'dialect-signature': '/dialects/standard?tab=signature',
    'dialect-debugger': '/dialects/standard?tab=debugger',
    audit: '/audit',
    'operator-keys': '/operator-keys',
    system: '/system',
  }
  return { places, debugged }
}

async function shoot(
  rig: BrowserRig,
  screen: string,
  options: BrowserContextOptions,
  { places, debugged }: Filled,
): Promise<void> {
  const { api, url } = rig
  const page = await rig.dashboard('/', options)
  for (const [name, path] of Object.entries(places)) {
    await page.goto(`${url}/dashboard${path}`)
    if (path.endsWith('debugger')) {
      for (const [label, text] of Object.entries(debugged)) await page.getByLabel(label, { exact: true }).fill(text)
    }
    await save(page, name, screen)
  }
  await page.context().close()
  const link = await api.want(201, {
    method: 'POST',
    path: '/v1/tenants/acme/portal-links',
    body: {
      capabilities: ['endpoints', 'secrets', 'retry', 'test', 'replay'],
      branding: { name: 'Acme', accent: '#0b7a75' },
    },
  })
  const portal = await rig.open(options)
  await portal.goto(String(link['url']).replace('127.0.0.1', 'localhost'))
  await save(portal, 'portal-endpoints', screen)
  await portal.getByRole('table').getByRole('link').first().click()
  await save(portal, 'portal', screen)
  await portal.context().close()
}

async function save(page: Page, name: string, screen: string): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForLoadState('networkidle', { timeout: 1500 }).catch(() => {})
  await sleep(400)
  await page.screenshot({ path: join(folder, `${name}-${screen}.png`), fullPage: screen.startsWith('phone') })
  if (inReadme[name] === screen) await page.screenshot({ path: join(images, `${name}.png`) })
}
