// Runs the lines of README.md as a newcomer does: in bash, in a fresh copy of the project. Then runs the demo.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { until } from './support/api-rig.ts'
import { codeBlocks, copyOfProject, newcomerEnv, repository, withoutBash, withoutCurl } from './support/documented.ts'
import { followQuickStart, openTerminals, quickStart, type Terminals } from './support/quick-start.ts'

const [registers = '', publishes = '', demo = ''] = codeBlocks('README.md')
  .filter(({ section }) => section === 'You already have a webhook API? Keep it')
  .map(({ text }) => text.trim())

test('the quick start ends with a verified delivery', { skip: withoutBash, timeout: 120_000 }, async (t) => {
  await followQuickStart(await terminalsOfNewcomer(t))
})

test('an endpoint of a vendor gets a verified delivery', { skip: withoutCurl, timeout: 120_000 }, async (t) => {
  const terminals = await terminalsOfNewcomer(t)
  const listener = await terminals.listen(registers)
  await terminals.run(publishes)
  await until(() => listener.output().includes('+33612345678'), 'the delivery is printed', 30_000)
  assert.match(listener.output(), /POST \/hook .* verified +answered 200/)
})

test('the demo succeeds', { timeout: 60_000 }, async () => {
  assert.equal(demo, 'npm run demo')
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

/** Starts the service with the README's line, in a copy of the project. */
function terminalsOfNewcomer(t: TestContext): Promise<Terminals> {
  const [line = ''] = quickStart
  assert.match(line, /^npm ci && npm start /)
  return openTerminals(t, copyOfProject(t), line.replace('npm ci && ', ''))
}
