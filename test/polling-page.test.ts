// The commands of docs/polling.md run as they are written, with the ids of this test.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { startApiRig } from './support/api-rig.ts'
import { newcomerEnv, repository, withoutCurl } from './support/documented.ts'

const rig = await startApiRig()
after(() => rig.close())

test('the commands make a polling endpoint, fetch its delivery and acknowledge it', { skip: withoutCurl }, async () => {
  const page = readFileSync(join(repository, 'docs/polling.md'), 'utf8')
  const [, block = ''] = /^```sh\n([^]*?)^```$/m.exec(page) ?? []
  const [create = '', poll = '', acknowledge = '', ...more] = block.split(/^(?=curl)/m)
  assert.deepEqual(more, [])
  const tenant = await rig.tenant('standard')
  const ids: Record<string, string> = {
    KEY: rig.installation.operatorKey,
    POSTHORN_PORT: String(rig.server.port),
  }
  const run = async (command: string): Promise<unknown> => {
    const line = command.replace('/acme/', `/${tenant.id}/`)
    const { stdout } = await promisify(execFile)('bash', ['-c', line], { env: { ...newcomerEnv, ...ids } })
    return JSON.parse(stdout)
  }
  ids['ENDPOINT'] = ((await run(create)) as { id: string }).id
  await rig.event(tenant)
  const { data } = (await run(poll)) as { data: { id: string; body: string }[] }
  assert.equal(data.length, 1)
  ids['DELIVERY'] = data[0]?.id ?? ''
  const answer = JSON.stringify(await run(acknowledge))
  assert.match(answer, /"delivered"/)
  const { status } = await rig.want(200, { path: `/v1/deliveries/${ids['DELIVERY']}` })
  assert.equal(status, 'delivered')
})
