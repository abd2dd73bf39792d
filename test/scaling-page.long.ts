// Runs the commands of docs/scaling.md for the start of several nodes and for the failover to a standby, with the PostgreSQL of
// Debian. test/crash/patroni.long.ts runs its configuration of Patroni and HAProxy.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFileSync, chownSync, existsSync, globSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { until } from './support/api-rig.ts'
import { answers, background, commandLines, copyOfProject, newcomerEnv, withoutBash } from './support/documented.ts'
import { openGate } from './support/gate.ts'
import { createOperatorClient } from './support/operator-client.ts'
import { type PostgresServer, queryOnce, startPostgres, unprivileged } from './support/postgres-server.ts'
import { runFolder } from './support/serve-run.ts'
import { freePort } from './support/server-process.ts'

const commands = (heading: string): string[] => commandLines('docs/scaling.md', heading)
const [setting = '', copy = '', promote = '', ...moreOfFailover] = commands('Failover')
const [createDatabase = '', nameDatabase = ''] = commands('With Patroni').filter(
  (line) => line.includes('db-address:5432') || line.startsWith('psql '),
)

const [programs = ''] = globSync('/usr/lib/postgresql/*/bin/pg_basebackup').map((path) => dirname(path))
const missing =
  programs === '' || process.platform !== 'linux' ? 'SKIPPED: apt-get install postgresql, on Linux' : withoutBash

const portOf = ({ url }: PostgresServer): string => new URL(url).port

test('docs/scaling.md starts nodes on a database, makes a standby, and promotes it', { skip: missing }, async (t) => {
  assert.deepEqual(moreOfFailover, [])
  // pg_basebackup waits for a checkpoint, which then takes a moment and not minutes.
  const primary = await startPostgres({ programs, settings: { checkpoint_completion_target: '0' } })
  t.after(() => primary.remove())
  const place = await runFolder(t)
  const owner = unprivileged()
  if (owner !== undefined) chownSync(place, owner.uid, owner.gid)
  const run = (line: string, server: PostgresServer) => {
    const { password } = new URL(server.url)
    const PATH = `${programs}${delimiter}${newcomerEnv['PATH']}`
    const env = { ...newcomerEnv, PATH, PGPORT: portOf(server), PGPASSWORD: password }
    const here = line.replace(/-h \S+/, '-h 127.0.0.1').replace(/-D \S+/, `-D ${place}/main`)
    return promisify(execFile)('bash', ['-c', here], { ...owner, cwd: place, env })
  }
  await run(createDatabase, primary)
  await run(copy, primary)
  assert.ok(existsSync(join(place, 'main/standby.signal')))
  const standby = await startPostgres({ programs, standbyOf: { ...primary, data: join(place, 'main') } })
  t.after(() => standby.remove())
  appendFileSync(join(primary.data, 'postgresql.conf'), `${setting}\n`)
  await queryOnce(primary.url, 'SELECT pg_reload_conf()')
  const states = () => queryOnce(primary.url, 'SELECT sync_state FROM pg_stat_replication')
  await until(async () => (await states())[0]?.['sync_state'] === 'sync', 'the standby is synchronous', 30_000)

  const address = await openGate(Number(portOf(primary)))
  t.after(() => address.close())
  const [, exportKey = '', exportMaster = '', exportHost = '', start = '', ...more] = commands('Run several nodes')
  assert.deepEqual(more, [])
  const key = randomBytes(24).toString('hex')
  const port = await freePort()
  const settings = [
    nameDatabase.replace('db-address:5432', `127.0.0.1:${address.port}`),
    exportKey.replace('…', key),
    exportMaster.replace('…', randomBytes(32).toString('base64')),
    exportHost,
    `export POSTHORN_PORT=${port}`,
  ].join('\n')
  const url = `http://127.0.0.1:${port}`
  const folder = copyOfProject(t)
  const alone = background(t, folder, `${settings}\n${start}`)
  await until(() => answers(`${url}/readyz`), 'the node answers', 30_000)
  await alone.stop('SIGTERM')
  const together = commands('Several processes on one port')
  assert.equal(together.length, 2)
  const adminPort = await freePort()
  for (const [index, line] of together.entries()) {
    const own = String(index === 0 ? adminPort : await freePort())
    background(t, folder, `${settings}\n${line.replace(/408[12]/, own)}`)
    await until(() => answers(`http://127.0.0.1:${own}/metrics`), `${line} serves`, 30_000)
  }
  assert.ok(await answers(`${url}/healthz`))

  const client = createOperatorClient(`http://127.0.0.1:${adminPort}`, key)
  t.after(() => client.close())
  await client.createTenant({ id: 'acme', dialect: 'standard' })
  await primary.kill()
  await run(promote, standby)
  address.lead(Number(portOf(standby)))
  const event = { tenant: 'acme', type: 'order.paid', data: {}, id: 'evt_1' }
  await until(async () => (await client.postEvent(event)).status === 202, 'events are accepted again', 60_000)
})
