// POSTHORN_REUSE_PORT: several processes on one port.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './support/server-process.ts'
import { runFolder, serve, type ServeRun } from './support/serve-run.ts'
import { testDatabase } from './support/test-database.ts'

const operatorKey = `operator-${randomBytes(16).toString('hex')}`

/** Starts processes with the same settings, one after the other. */
async function start(t: TestContext, count: number): Promise<{ url: string; processes: readonly ServeRun[] }> {
  const database = await testDatabase()
  t.after(() => database.drop())
  const folder = await runFolder(t)
  const settings = {
    POSTHORN_REUSE_PORT: 'on',
    POSTHORN_PORT: String(await freePort()),
    POSTHORN_DATABASE: database.url,
    POSTHORN_OPERATOR_KEY: operatorKey,
    POSTHORN_MASTER_KEY: randomBytes(32).toString('base64'),
  }
  const processes: ServeRun[] = []
  for (let started = 0; started < count; started++) {
    const process = serve(t, folder, settings)
    processes.push(process)
    await process.serving()
    // The metric with the time of the start tells processes apart, by the second.
    await sleep(1100)
  }
  return { url: `http://127.0.0.1:${settings.POSTHORN_PORT}`, processes }
}

/** Sends a request on a new connection. */
async function ask(url: string, body?: object): Promise<{ status: number; text: string }> {
  const headers = { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' }
  const asked = request(url, { method: body === undefined ? 'GET' : 'POST', headers, agent: false })
  asked.end(body && JSON.stringify(body))
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return { status: answer.statusCode ?? 0, text: (await answer.toArray()).join('') }
}

suite('POSTHORN_REUSE_PORT', { skip: process.platform === 'linux' ? false : 'needs Linux', timeout: 60_000 }, () => {
  test('lets two processes serve one port, and no connection is refused when one of them stops', async (t) => {
    const { url, processes } = await start(t, 2)
    assert.equal((await ask(`${url}/v1/tenants`, { id: 'acme', dialect: 'standard' })).status, 201)
    const starts = new Set<string>()
    for (let asked = 0; asked < 40; asked++) {
      const { text } = await ask(`${url}/metrics`)
      starts.add(/^process_start_time_seconds (\d+)$/m.exec(text)?.[1] ?? '')
    }
    assert.equal(starts.size, 2)

    const results = new Map<number | string, number>()
    const [first] = processes
    const post = async (): Promise<void> => {
      const result = await ask(`${url}/v1/events`, { tenant: 'acme', type: 'a', data: {} }).then(
        ({ status }) => status,
        (error: NodeJS.ErrnoException) => error.code ?? 'error',
      )
      results.set(result, 1 + (results.get(result) ?? 0))
    }
    const posting = Array.from({ length: 4 }, async () => {
      for (let posted = 0; posted < 200; posted++) await post()
    })
    await sleep(100)
    first?.child.kill('SIGTERM')
    assert.equal(await first?.exited(), 0)
    await Promise.all(posting)
    const counts = JSON.stringify([...results])
    assert.equal(results.get('ECONNREFUSED'), undefined, counts)
    // A request on a connection of the process that stops is refused. Linux resets a connection that it had not taken.
    assert.ok((results.get(202) ?? 0) > 760, counts)
    assert.deepEqual(
      [...results.keys()].filter((key) => ![202, 503, 'ECONNRESET'].includes(key)),
      [],
      counts,
    )
  })

  test('is refused on SQLite with one line, and so is an address of another machine', async (t) => {
    const folder = await runFolder(t)
    const refused = serve(t, folder, { POSTHORN_REUSE_PORT: 'on' })
    assert.equal(await refused.exited(), 2)
    assert.equal(
      refused.stderr(),
      'posthorn: POSTHORN_REUSE_PORT on needs PostgreSQL: an SQLite file serves one process\n',
    )
    const bad = serve(t, folder, {
      POSTHORN_REUSE_PORT: 'on',
      POSTHORN_HOST: '192.0.2.1',
      POSTHORN_DATABASE: 'postgres://127.0.0.1:1/none',
      POSTHORN_OPERATOR_KEY: operatorKey,
      POSTHORN_MASTER_KEY: randomBytes(32).toString('base64'),
    })
    assert.equal(await bad.exited(), 1)
    assert.match(bad.stderr(), /^posthorn: cannot listen on POSTHORN_HOST 192\.0\.2\.1, .*\n$/)
  })
})
