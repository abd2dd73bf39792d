// The page /docs in a real browser, and its files.

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '../src/domain/limits.ts'
import { startApiRig } from './support/api-rig.ts'
import { startBrowserRig, withoutBrowser } from './support/browser-rig.ts'

const rig = await startApiRig()
after(() => rig.close())
const get = (path: string): Promise<Response> => fetch(`${rig.server.url}${path}`)
const [script] = readdirSync(new URL('../ui/dist/docs/assets', import.meta.url)).filter((name) => name.endsWith('.js'))
const scriptPath = `/docs/assets/${script}`

test(
  '/docs asks this server alone, for at most 1 MB, and shows nothing of a third party',
  { skip: withoutBrowser },
  async () => {
    const browserRig = await startBrowserRig()
    after(() => browserRig.close())
    const page = await browserRig.open()
    const asked: string[] = []
    let bytes = 0
    page.on('request', (request) => asked.push(request.url()))
    const session = await page.context().newCDPSession(page)
    await session.send('Network.enable')
    session.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength))
    await page.goto(`${browserRig.url}/docs`)
    await page.getByRole('heading', { name: 'Create a tenant' }).waitFor()
    await page.waitForLoadState('networkidle')
    const example = await page.locator('main').innerText()
    assert.ok(example.includes(`curl ${browserRig.url}/v1/tenants`), example.slice(0, 10000))
    assert.ok(example.includes("--header 'Authorization: Bearer "), example.slice(0, 10000))
    assert.ok(example.includes('"id": "globex"'))
    const words = /ask ai|\bagent\b|\bmcp\b|deploy|upload|\bshare\b|scalar/i
    assert.doesNotMatch(await page.locator('body').innerText(), words)
    await page.getByRole('button', { name: 'Posthorn operator API' }).click()
    await page.getByRole('option', { name: 'Posthorn API of customers' }).click()
    await page.getByRole('heading', { name: 'Posthorn API of customers' }).waitFor()
    await page.getByRole('button', { name: 'Test Request' }).first().click()
    await page.getByRole('dialog').waitFor()
    assert.doesNotMatch(await page.locator('body').innerText(), words)
    const links = await page
      .locator('a[href]:visible')
      .evaluateAll((all) => all.map((link) => link.getAttribute('href')))
    const foreign = links.filter((link) => new URL(link ?? '', browserRig.url).origin !== browserRig.url)
    assert.deepEqual(foreign, [])
    for (const url of asked) assert.equal(new URL(url).origin, browserRig.url)
    assert.ok(asked.includes(`${browserRig.url}/openapi/standard.json`))
    assert.ok(bytes > 100_000 && bytes <= 1_000_000, `${bytes} bytes`)
    browserRig.assertNoFaults()
  },
)

test('the page of /docs runs no inline script, and loads from this server and sends to it only', async () => {
  for (const path of ['/docs', '/docs/']) {
    const response = await get(path)
    const text = response.headers.get('content-security-policy') ?? ''
    const policy = new Map(text.split('; ').map((part) => [part.split(' ')[0], part.split(' ').slice(1)]))
    assert.deepEqual(policy.get('default-src'), ["'none'"])
    for (const name of ['script-src', 'connect-src']) assert.deepEqual(policy.get(name), ["'self'"], name)
    const scripts = (await response.text()).match(/<script\b[^>]*>/g) ?? []
    assert.equal(scripts.length, 1)
    assert.ok(scripts[0]?.includes(` src="${scriptPath}"`))
  }
})

test('the script of /docs is compressed, and kept by browsers for a year', async () => {
  const { headers } = await fetch(`${rig.server.url}${scriptPath}`, { headers: { 'accept-encoding': 'gzip, br' } })
  assert.equal(headers.get('content-encoding'), 'br')
  assert.equal(headers.get('cache-control'), 'public, max-age=31536000, immutable')
})

test('each page names its icon: without one, browsers ask for /favicon.ico', async () => {
  for (const path of ['/docs', '/dashboard', '/portal/standard']) {
    const [, icon = ''] = /<link rel="icon" href="([^"]+)"/.exec(await (await get(path)).text()) ?? []
    if (icon !== 'data:,') assert.equal((await get(icon)).status, 200, `${path}: ${icon}`)
  }
})

test('unknown paths below /docs are not found', async () => {
  for (const path of ['/docs/assets/', '/docs/none', '/docs/js/scalar.js', `${scriptPath}/`]) {
    assert.equal((await get(path)).status, 404, path)
  }
})

test('the script of /docs is in memory once, even if many requests for it are not read', async (t) => {
  const mib = 1024 * 1024
  const residentMib = async (): Promise<number> => {
    const text = await (await get('/metrics')).text()
    return Number(/^process_resident_memory_bytes (.*)$/m.exec(text)?.[1]) / mib
  }
  const { byteLength } = await (await get(scriptPath)).arrayBuffer()
  assert.ok(byteLength > mib)
  const before = await residentMib()
  const socket = connect(rig.server.port, '127.0.0.1')
  t.after(() => socket.destroy())
  socket.pause()
  socket.write(`GET ${scriptPath} HTTP/1.1\r\nhost: a\r\n\r\n`.repeat(limits.pipelinedRequestsMax))
  let grown = 0
  for (let look = 0; look < 20; look++) {
    await sleep(50)
    grown = Math.max(grown, (await residentMib()) - before)
  }
  assert.ok(grown < 20 * (byteLength / mib), `memory grew by ${grown} MiB`)
})
