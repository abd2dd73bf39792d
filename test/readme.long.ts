// Runs the lines of README.md as a newcomer does: in bash, in a fresh copy of the project. POSTHORN_PORT and the port of
// the receiver are free ones. Then runs the demo.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { until } from './support/api-rig.ts'
import {
  answers,
  background,
  commandLines,
  copyOfProject,
  newcomerEnv,
  repository,
  withoutBash,
  withoutCurl,
} from './support/documented.ts'
import { freePort } from './support/server-process.ts'

const quickStart = commandLines('README.md', 'Start')
const ownApi = commandLines('README.md', 'You already have a webhook API? Keep it')

test('the quick start ends with a verified delivery', { skip: withoutBash, timeout: 120_000 }, async (t) => {
  const terminals = await serviceOfNewcomer(t)
  const [, create = '', listen = '', publish = '', list = ''] = quickStart
  await terminals.run(create)
  const listener = await terminals.listen(listen)
  await terminals.run(publish)
  await until(() => listener.output().includes('{"seconds":42}'), 'the delivery is printed', 30_000)
  assert.match(listener.output(), /verified\s+answered 200/)
  assert.match(await terminals.run(list), /delivered +1 +200 +call\.ended +acme/)
})

test('an endpoint of a vendor gets a verified delivery', { skip: withoutCurl, timeout: 120_000 }, async (t) => {
  const terminals = await serviceOfNewcomer(t)
  const [create = '', key = '', register = '', listen = '', publish = ''] = ownApi
  // They share the variables of a terminal.
  const listener = await terminals.listen([create, key, register, listen].join('\n'))
  await terminals.run(publish)
  await until(() => listener.output().includes('+33612345678'), 'the delivery is printed', 30_000)
  assert.match(listener.output(), /POST \/hook .* verified +answered 200/)
})

test('the demo succeeds', { timeout: 60_000 }, async () => {
  assert.equal(ownApi.at(-1), 'npm run demo')
  const { stdout } = await promisify(execFile)(process.execPath, ['examples/demo.ts'], {
    cwd: repository,
    env: newcomerEnv,
  })
  const planned = stdout.match(/attempt 1 HTTP 500, attempt 2 HTTP 200$/gm) ?? []
  const announced =
    stdout.match(/^ {2}The receiver is down now: it answers every attempt of one more \S+ with 500\.$/gm) ?? []
  const last =
    stdout.match(/^ {2}\S+: attempt 1 HTTP 500(?:, attempt \d HTTP 500)*; the next attempt is planned$/gm) ?? []
  assert.match(stdout, /^The receiver answers the first request of each vendor with 500, to show a retry\.$/m)
  assert.deepEqual([planned.length, announced.length, last.length], [5, 5, 5])
  assert.match(stdout.trimEnd().split('\n').at(-1) ?? '', /^Every signature verified\..* as announced\. Done\.$/)
})

/** Starts the service with the README's line, and returns the newcomer's other terminals. */
async function serviceOfNewcomer(t: TestContext) {
  const folder = copyOfProject(t)
  const ports = { 4080: await freePort(), 4090: await freePort() }
  const [line = ''] = quickStart
  assert.match(line, /^npm ci && npm start /)
  const start = line.replace('npm ci && ', '')
  // The newcomer has another port than 4080 free, as the README allows.
  const pasted = (lines: string): string => {
    const replaced = lines.replaceAll('4090', String(ports[4090]))
    const ported = replaced.replaceAll(/posthorn listen/g, `posthorn listen --port ${ports[4090]}`)
    return `set -e\nexport POSTHORN_PORT=${ports[4080]}\n${ported}`
  }
  background(t, folder, pasted(start))
  await until(() => answers(`http://127.0.0.1:${ports[4080]}/healthz`), 'the service answers', 30_000)
  return {
    run: async (lines: string): Promise<string> => {
      const options = { cwd: folder, env: newcomerEnv }
      return (await promisify(execFile)('bash', ['-c', pasted(lines)], options)).stdout
    },
    listen: async (lines: string) => {
      const listener = background(t, folder, pasted(lines))
      await until(() => listener.output().includes('Listening on'), 'the receiver listens', 60_000)
      return listener
    },
  }
}
