// packages/verify in other runtimes than this one, with the deliveries and test vectors of a real service. The runtimes
// come from npm: one that cannot be had is skipped aloud.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, suite, test, type TestContext } from 'node:test'
import { until } from '../support/api-rig.ts'
import { launchBrowser, withoutBrowser } from '../support/browser-rig.ts'
import { captureDeliveries } from '../support/captured-deliveries.ts'
import { repository } from '../support/documented.ts'
import { npmProject } from '../support/npm-project.ts'
import { run } from '../support/serve-run.ts'
import type * as VerifyVectors from '../support/verify-vectors.ts'
import { writeWorker } from '../support/worker-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'posthorn-runtimes-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const captured = await captureDeliveries()
const deliveries = captured.reduce((sum, { vectors }) => sum + vectors.length, 0)
const file = join(folder, 'deliveries.json')
writeFileSync(file, JSON.stringify(captured))
const support = resolve(import.meta.dirname, '../support')
const right = { count: deliveries, wrong: [] }

/** The package of each runtime that reads files, and its arguments before the program. */
const runtimes: Readonly<Record<string, readonly string[]>> = {
  'node@24': [],
  'deno@2': ['run', '--no-config', '--allow-read', '--quiet'],
  'bun@1': ['run'],
}

/** The modules that runtimes get which do not read files, by their paths in the repository. */
const modules = new Map(
  [...globSync('packages/verify/src/*.ts', { cwd: repository }), 'test/support/verify-vectors.ts'].map(
    (path) => [path, join(repository, path)] as const,
  ),
)

/** Returns the command of a runtime, or null: the test is skipped. */
function installed(t: TestContext, name: string, version: string): string | null {
  const place = join(folder, name)
  const missing = npmProject(place, { [name]: version })
  if (missing !== null) {
    t.skip(missing)
    return null
  }
  const command = join(place, 'node_modules/.bin', name)
  t.diagnostic(spawnSync(command, ['--version'], { encoding: 'utf8' }).stdout.trim())
  return command
}

suite('deliveries are verified in', () => {
  for (const [runtime, options] of Object.entries(runtimes)) {
    test(runtime, { timeout: 300_000 }, (t) => {
      const [name = '', version = ''] = runtime.split('@')
      const command = installed(t, name, version)
      if (command === null) return
      const program = join(support, 'verify-vectors-file.ts')
      const { stdout, stderr } = spawnSync(command, [...options, program, file], { encoding: 'utf8' })
      assert.deepEqual(JSON.parse(stdout || '{}'), right, stderr)
    })
  }

  test('workerd@1', { timeout: 300_000 }, async (t) => {
    const command = installed(t, 'workerd', '1')
    if (command === null) return
    const program = 'test/support/verify-vectors-worker.ts'
    writeWorker(join(folder, 'workerd'), new Map([[program, join(repository, program)], ...modules]))
    const args = ['serve', 'config.capnp', '--socket-addr', 'http=127.0.0.1:0', '--control-fd=1']
    const served = run(t, join(folder, 'workerd'), {}, [command, ...args])
    await until(() => served.stdout().includes('port'), `workerd listens: ${served.stderr()}`)
    const { port } = JSON.parse(served.stdout()) as { readonly port: number }
    const answer = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: readFileSync(file) })
    assert.deepEqual(await answer.json(), right, served.stderr())
  })

  test('Chromium', { skip: withoutBrowser }, async (t) => {
    const server = createServer(({ url = '' }, response) => {
      const path = modules.get(url.slice(1))
      response.setHeader('content-type', path === undefined ? 'text/html' : 'text/javascript')
      response.end(path === undefined ? '<!doctype html>' : stripTypeScriptTypes(readFileSync(path, 'utf8')))
    }).listen(0, '127.0.0.1')
    const browser = await launchBrowser()
    t.after(async () => {
      await browser.close()
      server.close()
    })
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const answer = await page.evaluate(async (all) => {
      const path = '/test/support/verify-vectors.ts'
      const { verifyVectors } = (await import(path)) as typeof VerifyVectors
      return verifyVectors(all)
    }, captured)
    assert.deepEqual(answer, right)
  })
})
