// `posthorn open`: it prints the address of the dashboard, and opens a browser on a terminal only.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../support/api-rig.ts'
import { command, programFolder } from '../support/command.ts'
import { run, runFolder } from '../support/serve-run.ts'

/** A browser that writes the address into the file `opened` of the folder, and the environment that makes it the user's. */
async function browserIn(t: TestContext): Promise<{ folder: string; opened: string; env: Record<string, string> }> {
  const folder = await runFolder(t)
  const [browser, opened] = [join(folder, 'browser'), join(folder, 'opened')]
  writeFileSync(browser, `#!/bin/sh\necho "$1" > '${opened}'\n`, { mode: 0o755 })
  return { folder, opened, env: { BROWSER: browser, POSTHORN_URL: 'http://127.0.0.1:9/', POSTHORN_KEY: 'none' } }
}

const whyNot =
  process.platform !== 'linux' || spawnSync('script', ['--version']).status !== 0 ? 'needs script on Linux' : false

suite('open', () => {
  test('prints the address of the dashboard, and opens no browser without a terminal', async (t) => {
    const { folder, opened, env } = await browserIn(t)
    assert.deepEqual(await command(['open'], { env, folder }), {
      code: 0,
      stdout: 'http://127.0.0.1:9/dashboard\n',
      stderr: '',
    })
    const other = await command(['open', '--url', 'https://hooks.example.com/in'], { env, folder })
    assert.equal(other.stdout, 'https://hooks.example.com/in/dashboard\n')
    // On a terminal, the browser has the address in less.
    await sleep(1000)
    assert.ok(!existsSync(opened))
  })

  test('opens a browser on a terminal', { skip: whyNot }, async (t) => {
    const { folder, opened, env } = await browserIn(t)
    const posthorn = join(programFolder(folder), 'posthorn')
    const terminal = run(t, folder, env, ['script', '-qec', `'${posthorn}' open`, '/dev/null'])
    assert.equal(await terminal.exited(), 0)
    assert.equal(terminal.stdout(), 'http://127.0.0.1:9/dashboard\r\n')
    const address = (): string => (existsSync(opened) ? readFileSync(opened, 'utf8') : '')
    await until(() => address().endsWith('\n'), 'the browser is opened')
    assert.equal(address(), 'http://127.0.0.1:9/dashboard\n')
  })
})
