// The pages of dashboard and portal, from their routers: a new page is among them by itself.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { assertAccessible, assertCount } from './browser-rig.ts'

const ui = join(import.meta.dirname, '../../ui')

/** The paths of a router. @param ids the values of their parameters, by name */
export function pathsOf(entry: 'dashboard' | 'portal', ids: Readonly<Record<string, string>>): readonly string[] {
  const router = readFileSync(join(ui, entry, 'router.tsx'), 'utf8')
  const paths = [...router.matchAll(/\bpath: '([^']+)'/g)].map(([, path = '']) => path)
  assert.ok(paths.length > 5, entry)
  return paths.map((path) =>
    path.replaceAll(/\$(\w+)/g, (_whole, name: string) => {
      assert.ok(ids[name] !== undefined, `${path}: the test has no ${name}`)
      return encodeURIComponent(ids[name])
    }),
  )
}

/**
 * Opens each page, and each of its tabs.
 *
 * @param base the address of the page of the path `/`, without the slash
 */
export async function onEachPage(
  page: Page,
  base: string,
  paths: readonly string[],
  look: (page: Page) => Promise<void>,
): Promise<void> {
  const open = async (url: string): Promise<void> => {
    await page.goto(url)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await assertCount(page.getByText(/^Loading /), 0)
    await look(page)
  }
  for (const path of paths) {
    await open(base + path)
    const tabs = page.locator('main nav a:not([aria-current])')
    const links = await tabs.evaluateAll((all: readonly { readonly href: string }[]) => all.map(({ href }) => href))
    for (const link of links) await open(link)
  }
}

/** Fails if the page has a fault of accessibility, or is wider than the screen. */
export async function assertFits(page: Page): Promise<void> {
  await assertAccessible(page)
  const width = await page.evaluate<number>('document.documentElement.scrollWidth')
  assert.ok(width <= (page.viewportSize()?.width ?? 0), `${page.url()}: ${width} px wide`)
}

/** Fails if a label of the filters above a list takes two lines, which leave the rest of the row half empty. */
export async function assertShortLabels(page: Page): Promise<void> {
  const long = await page
    .locator('[class*="filters"] label')
    .evaluateAll((all: { innerText: string; offsetHeight: number }[]) =>
      all.filter(({ offsetHeight }) => offsetHeight > 40).map(({ innerText }) => innerText),
    )
  assert.deepEqual(long, [], page.url())
}

// The tabulator reaches one radio button of a group.
const controls = `[...document.querySelectorAll('a[href], button, input:not([type=radio]), select, textarea, summary, [tabindex]')]
  .filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true }))`

/** Fails if the tabulator does not reach a control, or if the focus is not seen. */
export async function assertReachable(page: Page): Promise<void> {
  const count = await page.evaluate<number>(`(() => {
    window.controls = ${controls}
    window.reached = new Set()
    window.unseen = []
    addEventListener('focusin', ({ target }) => {
      reached.add(target)
      const { outlineStyle, outlineWidth } = getComputedStyle(target)
      if (outlineStyle === 'none' || outlineWidth === '0px') unseen.push(target.outerHTML.slice(0, 200))
    })
    document.activeElement?.blur()
    return window.controls.length
  })()`)
  // A field of a time has several stops.
  for (let presses = 0; presses < 3 * count + 20; presses++) {
    await page.keyboard.press('Tab')
    if (presses % 20 === 0 && (await page.evaluate<boolean>('controls.every((one) => reached.has(one))'))) break
  }
  const missed = `controls.filter((one) => one.isConnected && !reached.has(one)).map((one) => one.outerHTML.slice(0, 200))`
  assert.deepEqual(await page.evaluate(missed), [], `${page.url()}: not reached`)
  assert.deepEqual(await page.evaluate('[...new Set(unseen)]'), [], `${page.url()}: the focus is not seen`)
}

/** Presses each button of the page. A dialog is looked at, and Escape closes it and gives the focus back. */
export async function walkDialogs(page: Page): Promise<number> {
  const buttons = page.locator('main button[type=button]')
  let dialogs = 0
  for (let index = 0; index < Math.min(await buttons.count(), 25); index++) {
    const button = buttons.nth(index)
    if (!(await button.isEnabled()) || !(await button.isVisible())) continue
    await button.focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    if (!(await dialog.waitFor({ timeout: 250 }).then(isTrue, () => false))) continue
    dialogs++
    await assertFits(page)
    await page.keyboard.press('Tab')
    await assertCount(dialog.locator(':focus'), 1)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    const hasFocus = await button.evaluate((one: { matches(selector: string): boolean }) => one.matches(':focus'))
    assert.ok(hasFocus, `${page.url()}: ${await button.innerText()} has not the focus again`)
  }
  return dialogs
}

const isTrue = (): boolean => true
