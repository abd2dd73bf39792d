// Runs the commands of docs/operating.md for the backup, the restore, the move and the conversion of the SQLite file.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { until } from './support/api-rig.ts'
import {
  answers,
  type Background,
  background,
  commandLines,
  copyOfProject,
  newcomerEnv,
  withoutBash,
} from './support/documented.ts'
import { freePort } from './support/server-process.ts'

const commands = (heading: string): string[] => commandLines('docs/operating.md', heading)

test(
  'backup, restore, move and conversion work as docs/operating.md says',
  { skip: withoutBash, timeout: 120_000 },
  async (t) => {
    const folder = copyOfProject(t)
    const port = await freePort()
    const run = (lines: readonly string[]): Promise<{ stdout: string }> =>
      promisify(execFile)('bash', ['-c', `set -e\n${lines.join('\n')}`], { cwd: folder, env: newcomerEnv })
    const start = (line = 'npm start'): Promise<Background> => started(t, folder, port, line)
    const tenants = async (data: string): Promise<string[]> => {
      const key = readFileSync(join(folder, data, 'operator-key'), 'utf8').trim()
      const answer = await fetch(`http://127.0.0.1:${port}/v1/tenants`, { headers: { authorization: `Bearer ${key}` } })
      return ((await answer.json()) as { data: { id: string }[] }).data.map(({ id }) => id).toSorted()
    }
    const addTenant = async (id: string): Promise<void> => {
      const key = readFileSync(join(folder, 'data', 'operator-key'), 'utf8').trim()
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
      const body = JSON.stringify({ id, dialect: 'standard' })
      assert.equal((await fetch(`http://127.0.0.1:${port}/v1/tenants`, { method: 'POST', headers, body })).status, 201)
    }

    let service = await start()
    await addTenant('before')
    const { stdout } = await run(commands('Back up'))
    assert.match(stdout, /backup\.db is complete\. [^]*data\/master-key apart from the backup/)
    await addTenant('after')
    await assert.rejects(run(commands('Restore')), /in use by another process/)
    await service.stop('SIGTERM')
    await run(commands('Restore'))
    service = await start()
    assert.deepEqual(await tenants('data'), ['before'])
    await service.stop('SIGTERM')
    assert.deepEqual(
      readdirSync(join(folder, 'data')).filter((name) => /-(wal|shm)$/.test(name)),
      [],
    )

    await run(commands('Convert a file of an older version'))
    const moving = commands('Move')
    const startMoved = moving.pop() ?? ''
    assert.match(startMoved, /npm start$/)
    await run(moving)
    service = await start(startMoved)
    assert.deepEqual(await tenants('moved'), ['before'])
    await service.stop('SIGTERM')
  },
)

async function started(t: TestContext, folder: string, port: number, line: string): Promise<Background> {
  const service = background(t, folder, `export POSTHORN_PORT=${port}; ${line}`)
  await until(() => answers(`http://127.0.0.1:${port}/healthz`), 'the service answers', 30_000)
  return service
}
