// Runs the lines of README.md's "Try it" as a newcomer does: in bash, in a fresh copy of the project. Only the two
// ports are replaced by free ones. Then runs the demo.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { until } from './support/api-rig.ts'
import {
  answers,
  background,
  commandLines,
  copyOfProject,
  newcomerEnv as env,
  repository,
  withoutCurl,
} from './support/documented.ts'
import { freePort } from './support/server-process.ts'

test('"Try it" ends with a delivery that is delivered', { skip: withoutCurl, timeout: 120_000 }, async (t) => {
  const folder = copyOfProject(t)
  const ports = { 4080: await freePort(), 4090: await freePort() }
  const lines = commandLines('README.md', 'Try it').map((line) =>
    line.replaceAll('4080', String(ports[4080])).replaceAll('4090', String(ports[4090])),
  )
  const [start = '', receiver = '', ...pasted] = lines
  assert.match(start, /npm start$/)
  assert.match(receiver, /createServer/)
  background(t, folder, `POSTHORN_PORT=${ports[4080]} ${start}`)
  const received = background(t, folder, receiver)
  await until(() => answers(`http://127.0.0.1:${ports[4080]}/healthz`), 'the service answers', 30_000)
  // The receiver prints every request, so it prints these requests too.
  await until(() => answers(`http://127.0.0.1:${ports[4090]}/`), 'the receiver answers', 30_000)

  // A newcomer needs a moment between the post and the list of deliveries.
  const look = pasted.pop() ?? ''
  assert.match(look, /\/v1\/deliveries/)
  const script = `set -e\n${pasted.join('\n')}\nsleep 1\n${look}\n`
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: folder, env })
  const deliveries = stdout.slice(stdout.lastIndexOf('{"data":['))
  assert.match(deliveries, /"eventType":"call\.received","status":"delivered"/, stdout)
  await until(() => received.output().includes('+33612345678'), 'the receiver prints the request')
  assert.match(received.output(), /'webhook-signature': 'v1,/)
})

test('the demo succeeds', { timeout: 60_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['examples/demo.ts'], { cwd: repository, env })
  assert.match(stdout.trimEnd().split('\n').at(-1) ?? '', /^Every signature verified.* Done\.$/)
})
