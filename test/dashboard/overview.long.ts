// The overview and the page of the system, in a browser: statistics, live attempts, endpoints that fail.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { eventType, until } from '../support/api-rig.ts'
import {
  assertAccessible,
  type BrowserRig,
  onEachScreen,
  startBrowserRig,
  withoutBrowser,
} from '../support/browser-rig.ts'

/** The part of a canvas that the test reads. */
interface Canvas {
  readonly width: number
  readonly height: number
  getContext(kind: '2d'): { getImageData(...place: readonly number[]): { readonly data: Uint8ClampedArray } }
}

suite('the overview', { skip: withoutBrowser }, () => {
  let rig: BrowserRig
  before(async () => {
    rig = await startBrowserRig()
    rig.api.behaviours.set('/bad', () => ({ status: 500 }))
  })
  after(() => rig.close())

  test('shows the median and the other quantiles of a single attempt, which are equal', async () => {
    const tenant = await rig.api.tenant('standard')
    const body = { url: `${rig.api.receiver.url}/single`, eventTypes: [eventType] }
    await rig.api.want(201, { method: 'POST', path: `/v1/tenants/${tenant.id}/endpoints`, body })
    await rig.api.event(tenant)
    await rig.api.receiver.untilReceived(1)
    const page = await rig.dashboard()
    const canvas = page.locator('figure', { hasText: 'Duration of attempts' }).locator('canvas')
    // The colours of theme.css: median, 95 %, 99 %.
    const colours = ['47,69,184', '169,115,26', '176,42,32']
    const drawn = (): Promise<readonly string[]> =>
      canvas.evaluate((element) => {
        const picture = element as unknown as Canvas
        const { data } = picture.getContext('2d').getImageData(0, 0, picture.width, picture.height)
        const found = new Set<string>()
        for (let at = 0; at < data.length; at += 4) found.add(`${data[at]},${data[at + 1]},${data[at + 2]}`)
        return [...found]
      })
    const isShown = async (): Promise<boolean> => {
      const found = await drawn()
      return colours.every((colour) => found.includes(colour))
    }
    await until(isShown, 'the chart has a point of each colour')
    rig.assertNoFaults()
  })

  test('shows attempts as they happen, counts them, and names endpoints that fail', async () => {
    const tenant = await rig.api.tenant('standard')
    const path = `/v1/tenants/${tenant.id}/endpoints`
    for (const name of ['good', 'bad']) {
      const body = { url: `${rig.api.receiver.url}/${name}`, eventTypes: [eventType] }
      await rig.api.want(201, { method: 'POST', path, body })
    }
    const page = await rig.dashboard()
    await page.getByText('live', { exact: true }).waitFor()
    await rig.api.event(tenant)
    const now = page.locator('section', { hasText: 'Now' }).last()
    await now.getByText('200', { exact: true }).waitFor()
    await now.getByText('500', { exact: true }).waitFor()
    const numbers = page.locator('dl').first()
    await numbers.getByText(/^\d\d\.\d\d %$/).waitFor()
    await page.getByRole('heading', { name: 'Endpoints that fail now' }).waitFor()
    await page.getByRole('link', { name: `${rig.api.receiver.url}/bad` }).waitFor()
    rig.assertNoFaults()
  })

  test('two tabs share one stream', async () => {
    const page = await rig.dashboard()
    await page.getByText('live', { exact: true }).waitFor()
    const other = await page.context().newPage()
    const streams: string[] = []
    other.on('request', (request) => void (request.url().endsWith('/v1/stream') && streams.push(request.url())))
    await other.goto(`${rig.url}/dashboard`)
    await other.getByText('live', { exact: true }).waitFor()
    if (streams.length > 0) throw new Error('the second tab has opened a stream')
    // The second tab goes on when the first one is closed.
    const opened = other.waitForRequest((request) => request.url().endsWith('/v1/stream'))
    await page.close()
    await opened
  })

  test('counts with each second, without another read of the statistics', async () => {
    // The page reads the statistics again when its range begins in another minute.
    const restOfMinuteMs = 60_000 - (Date.now() % 60_000)
    if (restOfMinuteMs < 10_000) await sleep(restOfMinuteMs)
    const tenant = await rig.api.tenant('standard')
    const page = await rig.dashboard()
    await page.getByText('live', { exact: true }).waitFor()
    const tile = page
      .locator('dl')
      .first()
      .getByText('Events', { exact: true })
      .locator('xpath=..')
      .getByRole('definition')
    const known = Number(await tile.textContent())
    const asked: string[] = []
    page.on('request', (request) => void asked.push(request.url()))
    await sleep(2500)
    await rig.api.event(tenant)
    await until(async () => Number(await tile.textContent()) > known, 'the event is counted')
    assert.deepEqual(
      asked.filter((url) => /stats|status/.test(url)),
      [],
    )
    rig.assertNoFaults()
  })

  test('a tab that is not seen neither reads the stream nor asks for anything', async () => {
    const page = await rig.dashboard()
    await page.getByText('live', { exact: true }).waitFor()
    const asked: string[] = []
    const ended = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/v1/stream'))
    await setVisibility(page, 'hidden')
    await ended
    page.on('request', (request) => void asked.push(request.url()))
    await sleep(11_000)
    assert.equal(asked.length, 0, asked.join(' '))
    await setVisibility(page, 'visible')
    await page.getByText('live', { exact: true }).waitFor()
    assert.ok(asked.some((url) => url.endsWith('/v1/stream')))
    rig.assertNoFaults()
  })

  test('is accessible, and so is the page of the system', async (t) => {
    await onEachScreen(t, async (options) => {
      const page = await rig.dashboard('/', options)
      await page.getByText('live', { exact: true }).waitFor()
      await assertAccessible(page)
      await page.goto(`${rig.url}/dashboard/system`)
      await page.getByText('SQLite').waitFor()
      await assertAccessible(page)
      await page.context().close()
    })
    rig.assertNoFaults()
  })
})

/** As a browser tells a page that its tab is left, or seen again. */
async function setVisibility(page: Page, state: 'hidden' | 'visible'): Promise<void> {
  await page.evaluate(`(() => {
    Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true })
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
  })()`)
}
