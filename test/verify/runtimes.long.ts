// packages/verify in other runtimes than this one, with the deliveries and test vectors of a real service. The runtimes
// come from npm: one that cannot be had is skipped aloud.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, suite, test } from 'node:test'
import type * as Verify from '../../packages/verify/src/index.ts'
import { captureDeliveries } from '../support/captured-deliveries.ts'
import { launchBrowser, withoutBrowser } from '../support/browser-rig.ts'

const folder = mkdtempSync(join(tmpdir(), 'posthorn-runtimes-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const captured = await captureDeliveries()
const deliveries = captured.reduce((sum, { vectors }) => sum + vectors.length, 0)
const file = join(folder, 'deliveries.json')
writeFileSync(file, JSON.stringify(captured))
const program = resolve(import.meta.dirname, '../support/verify-vectors.ts')

/** The package of each runtime, and its arguments before the program. */
const runtimes: Readonly<Record<string, readonly string[]>> = {
  'node@24': [],
  'deno@2': ['run', '--no-config', '--allow-read', '--quiet'],
  'bun@1': ['run'],
}

suite('deliveries are verified in', () => {
  for (const [runtime, options] of Object.entries(runtimes)) {
    test(runtime, { timeout: 300_000 }, (t) => {
      const [name = '', version = ''] = runtime.split('@')
      const place = join(folder, name)
      mkdirSync(place)
      const needed = { private: true, dependencies: { [name]: version }, allowScripts: { [name]: true } }
      writeFileSync(join(place, 'package.json'), JSON.stringify(needed))
      const installed = spawnSync('npm', ['install'], { cwd: place, encoding: 'utf8' })
      if (installed.status !== 0) return t.skip(`SKIPPED: ${runtime} cannot be installed: ${installed.stderr}`)
      const bin = join(place, 'node_modules/.bin', name)
      t.diagnostic(spawnSync(bin, ['--version'], { encoding: 'utf8' }).stdout.trim())
      const { stdout, stderr } = spawnSync(bin, [...options, program, file], { encoding: 'utf8' })
      assert.deepEqual(JSON.parse(stdout || '{}'), { count: deliveries, wrong: [] }, stderr)
    })
  }

  test('Chromium', { skip: withoutBrowser }, async (t) => {
    const modules = resolve(import.meta.dirname, '../../packages/verify/src')
    const texts = new Map<string, string>(
      globSync('*.ts', { cwd: modules }).map((name) => {
        return [`/${name}`, stripTypeScriptTypes(readFileSync(join(modules, name), 'utf8'))] as const
      }),
    )
    const server = createServer(({ url = '' }, response) => {
      const text = texts.get(url)
      response.setHeader('content-type', text === undefined ? 'text/html' : 'text/javascript')
      response.end(text ?? '<!doctype html>')
    }).listen(0, '127.0.0.1')
    const browser = await launchBrowser()
    t.after(async () => {
      await browser.close()
      server.close()
    })
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const wrong = await page.evaluate(async (all) => {
      const path = '/index.ts'
      const { verify } = (await import(path)) as typeof Verify
      const titles: string[] = []
      for (const { name, recipe, vectors } of all) {
        for (const vector of vectors) {
          const fault = await verify({ recipe, ...vector }).then(() => null, String)
          if ((fault === null) !== vector.isValid) titles.push(`${name}, ${vector.title}: ${fault}`)
        }
      }
      return titles
    }, captured)
    assert.deepEqual(wrong, [])
  })
})
