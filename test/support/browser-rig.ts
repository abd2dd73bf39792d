// The real service, a receiver, and its pages in a real browser. A page that reports a violation of its content policy, an
// error, or a script's exception fails its test. Chromium comes from the system: without it, tests are skipped aloud.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { TestContext } from 'node:test'
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core'
import { type ApiRig, startApiRig, until } from './api-rig.ts'

const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const program = programs.find((path) => existsSync(path))

/** The option of tests that need the browser: false, or the reason to skip them. */
export const withoutBrowser = program === undefined ? 'SKIPPED: no Chromium on this machine' : false

export interface BrowserRig {
  readonly api: ApiRig
  readonly browser: Browser
  /** The address of the service for the browser: its name is one that browsers treat as secure. */
  readonly url: string
  /** Opens a page in a context of its own. Its faults are found by `assertNoFaults`. */
  open(options?: BrowserContextOptions): Promise<Page>
  /** Opens a page of the dashboard, signed in with a key; default: the operator's. */
  dashboard(path?: string, options?: BrowserContextOptions & { readonly key?: string }): Promise<Page>
  /** Returns the faults that the pages have reported, and drops them. */
  takeFaults(): readonly string[]
  /** Fails if a page of the rig reported an error, an exception or a violation of its policy. */
  assertNoFaults(): void
  close(): Promise<void>
}

/** Tests that call it need the browser. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: program as string, args: ['--no-sandbox'] })
}

export async function startBrowserRig(env: Readonly<Record<string, string>> = {}): Promise<BrowserRig> {
  const api = await startApiRig(env)
  const browser = await launchBrowser()
  const url = api.server.url.replace('127.0.0.1', 'localhost')
  const faults: string[] = []

  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options })
    const page = await context.newPage()
    page.setDefaultTimeout(60_000)
    page.on('pageerror', (error) => faults.push(`exception: ${error.message}`))
    page.on('console', (message) => {
      // The browser itself reports each answer with an error status, which a test may expect.
      const isAnswer = message.text().startsWith('Failed to load resource')
      if (message.type() === 'error' && !isAnswer) faults.push(`console: ${message.text()}`)
    })
    return page
  }

  return {
    api,
    browser,
    url,
    open,
    async dashboard(path = '/', { key = api.installation.operatorKey, ...options } = {}) {
      const page = await open(options)
      await page.goto(`${url}/dashboard${path}`)
      await page.getByLabel('Operator key').fill(key)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.locator('nav[aria-label="Pages"]').waitFor({ state: 'attached' })
      return page
    },
    takeFaults: () => faults.splice(0),
    assertNoFaults() {
      assert.deepEqual(faults.splice(0), [])
    },
    async close() {
      await browser.close()
      await api.close()
    },
  }
}

/** Waits until the page has so many of the elements. Fails if it does not come to that. */
export async function assertCount(elements: Locator, count: number): Promise<void> {
  await until(async () => (await elements.count()) === count, `${count} of ${String(elements)}`)
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Fails if axe finds a serious or critical fault of accessibility on the page. */
export async function assertAccessible(page: Page): Promise<void> {
  // A session of the debugger may run scripts that the page's policy forbids.
  const debug = await page.context().newCDPSession(page)
  await debug.send('Runtime.evaluate', { expression: axe })
  const run = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => JSON.stringify(violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html, failureSummary }) => [html, failureSummary]) }))))`
  const { result } = await debug.send('Runtime.evaluate', { expression: run, awaitPromise: true })
  await debug.detach()
  assert.deepEqual(JSON.parse(String(result.value)), [], page.url())
}

/** Does the steps of a test on a wide screen and on a phone, and in both colour schemes. */
export async function onEachScreen(
  t: TestContext,
  step: (options: BrowserContextOptions, name: string) => Promise<void>,
): Promise<void> {
  for (const [name, options] of [
    ['desktop, light', { colorScheme: 'light' }],
    ['desktop, dark', { colorScheme: 'dark' }],
    ['phone', { viewport: { width: 360, height: 740 }, colorScheme: 'light' }],
  ] as const) {
    await t.test(name, () => step(options, name))
  }
}
