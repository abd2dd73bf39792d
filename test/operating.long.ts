// Runs the commands of docs/operating.md: for the SQLite file (backup, restore, conversion, move), for the move to PostgreSQL, the calls
// of the operator API, and the starts. test/replays.long.ts and test/stream.long.ts run those for replays and for the live stream.

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
  withoutCurl,
} from './support/documented.ts'
import { freePort } from './support/server-process.ts'
import { testDatabase } from './support/test-database.ts'

const commands = (heading: string): string[] => commandLines('docs/operating.md', heading)

test(
  'backup, restore, conversion and both moves work as docs/operating.md says',
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

    const database = await testDatabase()
    t.after(() => database.drop())
    const address = new URL(database.url)
    const [password = '', migrate = '', ...serve] = commands('Move from SQLite to PostgreSQL').map((line) =>
      line
        .replace('…', address.password)
        .replace(/postgres:\S+/, `'${Object.assign(new URL(database.url), { password: '' }).href}'`),
    )
    await run([password, migrate])
    service = await start([password, ...serve].join('\n'))
    assert.deepEqual(await tenants('data'), ['before'])
    await service.stop('SIGTERM')
  },
)

test('the calls of the operator API work as docs/operating.md says', { skip: withoutCurl }, async (t) => {
  const folder = copyOfProject(t)
  const port = await freePort()
  await started(t, folder, port, 'npm start')
  const [setKey = '', createKey = ''] = commands('Operator keys')
  const [list = '', save = ''] = commands('Audit records')
  const [stats = ''] = commands('Statistics')
  const [createEndpoint = ''] = commands('Operational events')
  const called = async (line: string): Promise<Readonly<Record<string, unknown>>> => {
    const script = `export POSTHORN_PORT=${port}\n${setKey}\n${line}`
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: folder, env: newcomerEnv })
    return JSON.parse(stdout) as Readonly<Record<string, unknown>>
  }
  assert.equal((await called(createKey))['role'], 'publish')
  assert.deepEqual((await called(createEndpoint))['eventTypes'], ['endpoint.*', 'node.lost'])
  assert.deepEqual((await called(list))['data'], [])
  await called(`${save}\necho null`)
  assert.match(readFileSync(join(folder, 'audit.jsonl'), 'utf8'), /"operator_key\.create"[^]*\n/)
  assert.equal((await called(stats))['step'], 'hour')
})

for (const heading of ['A listener for the operator', 'Egress proxy', 'Traces']) {
  test(`the start in the section "${heading}" of docs/operating.md serves`, { skip: withoutBash }, async (t) => {
    const [line = '', ...more] = commands(heading)
    assert.deepEqual(more, [])
    const admin = String(await freePort())
    const port = await freePort()
    const service = await started(t, copyOfProject(t), port, line.replace('4081', admin))
    // The pages of the API are on the operator's listener.
    assert.ok(await answers(`http://127.0.0.1:${line.includes('4081') ? admin : port}/docs/`))
    await service.stop('SIGTERM')
  })
}

async function started(t: TestContext, folder: string, port: number, line: string): Promise<Background> {
  const service = background(t, folder, `export POSTHORN_PORT=${port}; ${line}`)
  await until(() => answers(`http://127.0.0.1:${port}/healthz`), 'the service answers', 30_000)
  return service
}
