// Every example of the operator API and of its part for customers of `standard`, as the page /docs shows it: the command is
// read from the page in a real browser, and run. Those of docs/api-reference.md are run too.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { apiPage, commandsIn, exampleKey, exampleServer } from './support/api-reference.ts'
import { commandLines, withoutCurl } from './support/documented.ts'
import { type DocumentedRoute, routesOf } from './fuzz/documents.ts'
import { until } from './support/api-rig.ts'
import { launchBrowser, withoutBrowser } from './support/browser-rig.ts'
import { startExampleServer } from './support/example-scenario.ts'
import { examplePath, runExamples } from './support/shown-examples.ts'

/** The commands that the page shows, by the ids of the operations. Scalar draws those of an opened tag, near the window. */
async function shownCommands(page: Page, origin: string, routes: readonly DocumentedRoute[]) {
  const commands = new Map<string, string>()
  const collect = async (): Promise<void> => {
    const blocks = await page.locator('main code').evaluateAll((all) => all.map(({ textContent }) => textContent ?? ''))
    for (const block of blocks) {
      const [, url] = /^curl '?(http[^\s']+)/.exec(block) ?? []
      if (url === undefined || !url.startsWith(origin)) continue
      const method = /--request (\w+)/.exec(block)?.[1] ?? 'GET'
      const route = routes.find((one) => one.method === method && examplePath(one) === new URL(url).pathname)
      commands.set(route?.operation.operationId ?? assert.fail(`of no operation: ${block}`), block)
    }
  }
  const byTag = Map.groupBy(routes, ({ operation }) => operation.tags[0] ?? '')
  for (const [tag, ofTag] of byTag) {
    await page.getByRole('link', { name: tag, exact: true }).first().click()
    const isComplete = async (): Promise<boolean> => {
      await collect()
      await page.mouse.wheel(0, 1500)
      return ofTag.every(({ operation }) => commands.has(operation.operationId))
    }
    await until(isComplete, `/docs shows all commands of ${tag}`)
  }
  return commands
}

async function runShown(t: TestContext, front: 'operator' | 'standard', title: string): Promise<void> {
  const server = await startExampleServer()
  t.after(() => server.close())
  const { url } = server.parties.server
  const routes = await routesOf(url, front)
  const browser = await launchBrowser()
  t.after(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 1280, height: 8000 } })
  await page.goto(`${url}/docs`)
  await page.getByRole('heading', { name: 'Create a tenant' }).waitFor()
  await page.mouse.move(800, 400)
  if (front === 'standard') {
    await page.getByRole('button', { name: 'Posthorn operator API' }).click()
    await page.getByRole('option', { name: title }).click()
    await page.getByRole('heading', { name: title }).waitFor()
  }
  const commands = await shownCommands(page, url, routes)
  const ran = await runExamples(server, { routes, commands, isOfCustomers: front === 'standard' })
  assert.deepEqual([...ran].toSorted(), routes.map(({ operation }) => operation.operationId).toSorted())
}

test('every example in docs/api-reference.md runs', { skip: withoutCurl }, async (t) => {
  const server = await startExampleServer()
  t.after(() => server.close())
  const { url } = server.parties.server
  const page = readFileSync(apiPage, 'utf8').replaceAll(exampleServer, url)
  const commands = commandsIn(page.replaceAll(exampleKey, "'Authorization: Bearer YOUR_SECRET_TOKEN'"))
  const ran = await runExamples(server, { routes: server.operatorRoutes, commands, isOfCustomers: false })
  assert.deepEqual([...ran].toSorted(), server.operatorRoutes.map(({ operation }) => operation.operationId).toSorted())
  // test/operating.long.ts runs the line that sets the key.
  const [setsKey = ''] = commandLines('docs/api-reference.md', 'The operator API')
  assert.ok(commandLines('docs/operating.md', 'Operator keys').includes(setsKey))
  // No block is left out.
  assert.equal(ran.size, page.split('\n```sh\n').length - 1)
})

test('every example of the operator API in /docs runs as it is shown', { skip: withoutBrowser }, (t) =>
  runShown(t, 'operator', 'Posthorn operator API'),
)

test('every example of the API of customers in /docs runs as it is shown', { skip: withoutBrowser }, (t) =>
  runShown(t, 'standard', 'Posthorn API of customers'),
)
