// `npm ci --omit=dev` in a fresh checkout, with npm on an old Node and on the Node of this repository.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { repository } from '../support/documented.ts'
import { installMsMax, newcomer, sizeOf } from '../support/packed.ts'
import { runFolder } from '../support/serve-run.ts'

const exec = promisify(execFile)
const bytesMax = 250_000_000
const linesMax = 15

const runs = [
  { version: '20', options: [] },
  // Shows the warnings that .npmrc hides. There are none on a Node that is new enough.
  { version: '26', options: ['--loglevel=notice'] },
]

for (const { version, options } of runs) {
  test(`a checkout is installed with npm on Node ${version}: small, and without warnings`, async (t) => {
    const folder = await runFolder(t)
    const env = await newcomer(join(folder, 'machine'), version)
    const checkout = join(folder, 'checkout')
    await checkOut(checkout)
    const start = Date.now()
    const { stdout, stderr } = await exec('npm', ['ci', '--omit=dev', ...options], {
      cwd: checkout,
      env,
      timeout: installMsMax,
    })
    const bytes = sizeOf(join(checkout, 'node_modules'))
    t.diagnostic(`installed in ${Date.now() - start} ms, ${bytes} bytes`)
    assert.ok(bytes <= bytesMax, `${bytes} bytes`)
    const output = stdout + stderr
    assert.doesNotMatch(output, /warn|deprecated/i)
    assert.ok(output.split('\n').length <= linesMax, output)
    const { stdout: own } = await exec('npx', ['node', '--version'], { cwd: checkout, env })
    assert.match(own, /^v26\./)
    await exec('npx', ['posthorn', '--version'], { cwd: checkout, env })
  })
}

/** Copies what a commit of the working copy would contain. */
async function checkOut(folder: string): Promise<void> {
  const options = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const { stdout } = await exec('git', options, { cwd: repository })
  const files = stdout.split('\0').filter((file) => file !== '' && existsSync(join(repository, file)))
  for (const file of files) cpSync(join(repository, file), join(folder, file))
}
