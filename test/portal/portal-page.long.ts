// Runs the commands of docs/portal.md. portal.long.ts opens a portal in a browser, in a frame.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { until } from '../support/api-rig.ts'
import { answers, background, commandLines, copyOfProject, newcomerEnv, withoutCurl } from '../support/documented.ts'
import { freePort } from '../support/server-process.ts'

test('the start of docs/portal.md serves the portal, and its call makes a link', { skip: withoutCurl }, async (t) => {
  const folder = copyOfProject(t)
  const port = String(await freePort())
  const [start = ''] = commandLines('docs/portal.md', 'Embed it')
  background(t, folder, `export POSTHORN_PORT=${port}; ${start}`)
  await until(() => answers(`http://127.0.0.1:${port}/healthz`), 'the service answers', 30_000)
  const [makeLink = '', ...more] = commandLines('docs/portal.md', 'Make a link')
  assert.deepEqual(more, [])
  const lines = `export POSTHORN_PORT=${port}\nnpm exec -- posthorn tenant create team-1 >&2\n${makeLink}`
  const { stdout } = await promisify(execFile)('bash', ['-c', lines], { cwd: folder, env: newcomerEnv })
  const { url } = JSON.parse(stdout) as { readonly url: string }
  const opened = await fetch(url)
  assert.equal(opened.status, 200, url)
  assert.match(opened.headers.get('content-security-policy') ?? '', /frame-ancestors https:\/\/app\.example\.com/)
})
