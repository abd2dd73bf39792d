// A running server whose deliveries leave through a proxy, which is real: it is away, comes, is away again, refuses.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from './support/api-rig.ts'
import { openGate } from './support/gate.ts'
import { startHttpProxy } from './support/http-proxy.ts'
import { createOperatorClient, expectStatus } from './support/operator-client.ts'
import { startReceiver } from './support/receiver.ts'
import { createInstallation, startServer } from './support/server-process.ts'

const tenant = 'acme'
const password = 'planted-password'

test(
  'deliveries wait for a proxy that is away, through kill -9, and arrive in one attempt',
  { timeout: 90_000 },
  async (t) => {
    const installation = await createInstallation()
    const receiver = await startReceiver()
    const direct = await startReceiver()
    const proxy = await startHttpProxy({ password })
    const gate = await openGate(proxy.port)
    await gate.set('refusing')
    const file = join(installation.folder, 'proxy')
    const env = {
      POSTHORN_EGRESS_PROXY_FILE: file,
      POSTHORN_EGRESS_PROXY_EXCEPT: 'localhost',
      POSTHORN_LOG_LEVEL: 'info',
    }
    const setPassword = (text: string): void => writeFileSync(file, `http://ada:${text}@127.0.0.1:${gate.port}\n`)
    setPassword(password)
    let server = await startServer(installation, env)
    let client = createOperatorClient(server.url, installation.operatorKey)
    t.after(async () => {
      await client.close()
      await server.kill('SIGKILL')
      await Promise.all([receiver.close(), direct.close(), proxy.close(), gate.close(), installation.remove()])
    })
    const restart = async (end: () => Promise<void>): Promise<void> => {
      await client.close()
      await end()
      assert.ok(!server.output().includes(password), 'the password is in the log')
      server = await startServer(installation, env)
      client = createOperatorClient(server.url, installation.operatorKey)
    }
    const post = async (): Promise<void> => {
      expectStatus(await client.postEvent({ tenant, type: 'a', data: {} }), 202)
    }
    const rows = async (): Promise<Row[]> => {
      const list = await client.call('GET', `/v1/deliveries?tenant=${tenant}&endpoint=${proxied.id}`)
      return (list.body as { data: Row[] }).data
    }
    const health = async (): Promise<unknown> => {
      const shown = await client.call('GET', `/v1/tenants/${tenant}/endpoints/${proxied.id}`)
      return (shown.body as { health: { status: string } }).health.status
    }

    await client.createTenant({ id: tenant, dialect: 'standard' })
    const proxied = await client.createEndpoint(tenant, { url: `${receiver.url}/a`, eventTypes: ['a'] })
    const other = direct.url.replace('127.0.0.1', 'localhost')
    await client.createEndpoint(tenant, { url: `${other}/a`, eventTypes: ['a'] })
    for (let count = 0; count < 3; count++) await post()
    await direct.untilReceived(3)
    assert.match(server.output(), /connection refused.*deliveries wait for the egress proxy/)
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    assert.match(metrics, /^posthorn_proxy_failures_total [1-9]/m)
    assert.match(metrics, /^posthorn_attempts_in_flight 0$/m)

    await restart(() => server.kill('SIGKILL'))
    await sleep(500)
    assert.deepEqual(
      (await rows()).map(({ status, attempts }) => `${status} ${attempts}`),
      Array(3).fill('pending 0'),
    )
    assert.equal(await health(), 'healthy')
    await gate.set('open')
    await receiver.untilReceived(3)
    await until(async () => (await rows()).every(({ status }) => status === 'delivered'), 'all are delivered')
    assert.deepEqual(
      (await rows()).map(({ attempts }) => attempts),
      [1, 1, 1],
    )
    assert.equal(receiver.requests.length, 3)
    assert.deepEqual(new Set(proxy.targets), new Set([`127.0.0.1:${receiver.port}`]))

    setPassword('wrong')
    await restart(() => server.stop())
    await post()
    await until(() => server.output().includes('HTTP 407'), 'the log says why deliveries wait')
    assert.deepEqual((await rows()).map(({ status }) => status).toSorted(), [
      'delivered',
      'delivered',
      'delivered',
      'pending',
    ])
    assert.equal(await health(), 'healthy')
    setPassword(password)
    await restart(() => server.stop())
    await receiver.untilReceived(4)
    assert.ok(!server.output().includes(password), 'the password is in the log')
  },
)

interface Row {
  readonly status: string
  readonly attempts: number
}
