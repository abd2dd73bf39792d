// Every example of the operator API and of its part for customers of `standard`, as the page /docs shows it: the command is
// read from the page in a real browser, and run. Those of docs/api-reference.md are run in their order, after its first lines.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { recordedExamples } from '../src/dialects/registry.ts'
import { apiPage, commandsIn } from './support/api-reference.ts'
import { commandLines, newcomerEnv, repository, withoutCurl } from './support/documented.ts'
import { type DocumentedRoute, routesOf } from './fuzz/documents.ts'
import { Parties } from './fuzz/parties.ts'
import { until } from './support/api-rig.ts'
import { launchBrowser, withoutBrowser } from './support/browser-rig.ts'
import { startExampleServer } from './support/example-scenario.ts'
import { runFolder } from './support/serve-run.ts'
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

/** The examples in docs/api-reference.md that a new installation refuses, as the page says, with the status. */
const refused: Readonly<Record<string, number>> = {
  createTenant: 409,
  rotateTenantSecret: 409,
  getPublicKey: 404,
  listSigningKeys: 404,
  rotateSigningKey: 404,
  retrySetAside: 404,
  deleteSetAside: 404,
}

/** The lists that are empty on a new installation, as the page says. */
const empty = ['listFailures', 'listSetAside', 'getTenantSecrets']

test('the examples in docs/api-reference.md run in their order', { skip: withoutCurl, timeout: 120_000 }, async (t) => {
  const parties = await Parties.start({}, () => ({ body: 'ok' }))
  t.after(() => parties.close())
  const routes = await routesOf(parties.server.url, 'operator')
  const [setsKey = '', ...creates] = commandLines('docs/api-reference.md', 'Run the examples')
  // test/operating.long.ts runs the line that sets the key.
  assert.ok(commandLines('docs/operating.md', 'Operator keys').includes(setsKey))
  const page = readFileSync(apiPage, 'utf8')
  const commands = [...commandsIn(page)]
  // No block is left out.
  assert.equal(commands.length, page.split('\n```sh\n').length - 1)
  const first = ([operationId]: readonly [string, string]): boolean => operationId !== 'deleteTenant'
  const sent = [...commands.filter(first), ...commands.filter((one) => !first(one))]
  const script = [
    `export POSTHORN_PORT=${new URL(parties.server.url).port}`,
    `OPERATOR='Authorization: ${String(parties.asOperator['authorization'])}'`,
    ...creates.map((line) => line.replaceAll('https://example.com', parties.receiver.url)),
    `curl() { command curl --max-time 30 -w '%{stderr}%{http_code}\\n' -o "$ANSWERS/$OPERATION" "$@"; }`,
    ...sent.map(([operationId, command]) => `OPERATION=${operationId}\necho -n '${operationId} ' >&2\n${command}`),
  ].join('\n')
  const env = { ...newcomerEnv, ANSWERS: await runFolder(t) }
  const { stderr } = await promisify(execFile)('bash', ['-c', script], { cwd: repository, env })
  const wanted = routes.map(({ operation: { operationId } }) => {
    const { status } = recordedExamples['operator']?.[operationId] ?? assert.fail(operationId)
    return [operationId, String(refused[operationId] ?? status)]
  })
  const came = stderr
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
  assert.deepEqual(Object.fromEntries(came), Object.fromEntries(wanted))
  assertAnswers(env.ANSWERS)
})

/** Lists have data, as those of the page have, and both fetched deliveries are recorded. */
function assertAnswers(folder: string): void {
  const textOf = (operationId: string): string => readFileSync(join(folder, operationId), 'utf8')
  const dataOf = (text: string) => (JSON.parse(text) as { readonly data?: readonly object[] }).data
  const without = Object.entries(recordedExamples['operator'] ?? {}).flatMap(([operationId, { answer }]) => {
    const hasData = Array.isArray((answer as { readonly data?: unknown } | null)?.data)
    return hasData && !(operationId in refused) && dataOf(textOf(operationId))?.length === 0 ? [operationId] : []
  })
  assert.deepEqual(without.toSorted(), empty.toSorted())
  assert.match(textOf('exportAudit'), /"action":"tenant.create"/)
  assert.match(textOf('acknowledge'), /"recorded":true,"status":"delivered"/)
  assert.match(textOf('refuse'), /"recorded":true,"status":"pending"/)
}

test('`call` says why a request was refused', { skip: withoutCurl }, async (t) => {
  const parties = await Parties.start()
  t.after(() => parties.close())
  const [, ...lines] = commandLines('docs/api-reference.md', 'Run the examples')
  const definition = lines.slice(0, lines.indexOf('}') + 1)
  const script = [`OPERATOR='Authorization: Bearer wrong'`, ...definition, 'call tenants'].join('\n')
  const env = { ...newcomerEnv, POSTHORN_PORT: new URL(parties.server.url).port }
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script], { cwd: repository, env })
  assert.equal(stdout, '')
  assert.match(stderr, /^[^\n]*key[^\n]*\n$/i)
})

test('every example of the operator API in /docs runs as it is shown', { skip: withoutBrowser }, (t) =>
  runShown(t, 'operator', 'Posthorn operator API'),
)

test('every example of the API of customers in /docs runs as it is shown', { skip: withoutBrowser }, (t) =>
  runShown(t, 'standard', 'Posthorn API of customers'),
)
