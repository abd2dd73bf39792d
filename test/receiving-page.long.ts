// Runs the commands of docs/receiving.md, with its program as the receiver.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { startApiRig, until } from './support/api-rig.ts'
import { background, codeBlocks, newcomerEnv, projectFolder, snippets, withoutBash } from './support/documented.ts'
import { freePort } from './support/server-process.ts'

const page = 'docs/receiving.md'
const rig = await startApiRig()
after(() => rig.close())

test('the receiver of the page gets a test event', { skip: withoutBash, timeout: 120_000 }, async (t) => {
  const tenant = await rig.tenant('standard')
  const port = String(await freePort())
  const folder = await projectFolder(t)
  const [program = ''] = snippets(page, 'typescript')
  writeFileSync(join(folder, 'receiver.ts'), program.replace('3000', port))
  const env = {
    ...newcomerEnv,
    POSTHORN_PORT: String(rig.server.port),
    POSTHORN_KEY: rig.installation.operatorKey,
  }
  const [start = '', send = '', received = '', listed = ''] = codeBlocks(page)
    .filter(({ section }) => section === 'Try it')
    .map(
      ({ text }) =>
        `${text
          .replaceAll('3000', port)
          .replaceAll(/\bacme\b/g, tenant.id)
          .trim()}\n`,
    )
  const receiver = background(t, folder, `set -e\n${start}`, env)
  const answers = () =>
    fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    )
  await until(answers, 'the receiver listens', 60_000)
  const { stdout } = await promisify(execFile)('bash', ['-c', `set -e\n${send}`], { cwd: folder, env })
  assert.equal(receiver.output(), received)
  const formOf = (text: string): string =>
    text
      .replaceAll(/[0-9a-f-]{36}/g, 'ID')
      .replaceAll(/20\d\d-\S+Z/g, 'TIME')
      .replaceAll(/ep_\w+/g, 'ep')
      .replaceAll(/ +/g, ' ')
  assert.ok(formOf(stdout).endsWith(formOf(listed)), `${receiver.output()}${stdout}`)
})
