import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openGate } from '../../test/support/gate.ts'
import {
  basic,
  certificate,
  guardThrough,
  okReceiver,
  realProxy,
  reasonNotSent,
  senderThrough,
} from '../../test/support/net-proxies.ts'
import { answers, httpReceiver, listen, post } from '../../test/support/net-receivers.ts'
import { limits } from '../domain/limits.ts'
import { createGuardedFetch } from './guarded-fetch.ts'

const delivered = { kind: 'delivered', status: 200 }

suite('through a real proxy', () => {
  test('http:// targets get their deliveries, and CONNECT names the checked address', async (t) => {
    const proxy = await realProxy(t, { password: 'pass word' })
    const receiver = await okReceiver(t)
    const sender = senderThrough(t, { port: proxy.port, authorization: basic('ada:pass word') })
    for (let count = 0; count < 3; count++) {
      const { outcome, response } = await post(sender, `http://name.test:${receiver.port}/`)
      assert.deepEqual([outcome, response], [delivered, 'ok'])
    }
    assert.deepEqual(proxy.targets, [`127.0.0.1:${receiver.port}`], 'the tunnel is used again')
    assert.equal(receiver.connections(), 1)
  })

  test('TLS runs end to end', { skip: certificate === null && 'openssl is not on the PATH' }, async (t) => {
    const proxy = await realProxy(t)
    const server = createServer({ ...certificate }, (request, response) =>
      request.resume().on('end', () => response.end('secret')),
    )
    const { port } = await listen(t, server, '127.0.0.1')
    const sender = senderThrough(t, { port: proxy.port })
    for (let count = 0; count < 2; count++) {
      const { outcome, response } = await post(sender, `https://good.test:${port}/`)
      assert.deepEqual([outcome, response], [delivered, 'secret'])
    }
    const wrong = await post(sender, `https://other.test:${port}/`)
    assert.deepEqual(wrong.outcome, {
      kind: 'unreachable',
      error: 'certificate problem (ERR_TLS_CERT_ALTNAME_INVALID)',
    })
    assert.deepEqual(proxy.targets, [`127.0.0.1:${port}`, `127.0.0.1:${port}`])
  })

  test('a wrong password keeps the delivery back, and is in no error', async (t) => {
    const proxy = await realProxy(t, { password: 'right' })
    const receiver = await okReceiver(t)
    const sender = senderThrough(t, { port: proxy.port, authorization: basic('ada:wrong') })
    assert.equal(await reasonNotSent(sender, `http://name.test:${receiver.port}/`), 'HTTP 407')
    assert.equal(receiver.connections(), 0)
  })

  test('a target that cannot be reached is an outcome', async (t) => {
    const proxy = await realProxy(t)
    const receiver = await okReceiver(t)
    const sender = senderThrough(t, { port: proxy.port })
    // This proxy closes the connection. As long as it has not been seen to work, it may do that for every target.
    assert.equal(await reasonNotSent(sender, 'http://name.test:1024/'), 'connection closed')
    await post(sender, `http://name.test:${receiver.port}/`)
    const { outcome } = await post(sender, 'http://name.test:1024/')
    const error = 'the egress proxy could not connect (it closed the connection)'
    assert.deepEqual(outcome, { kind: 'unreachable', error })
  })

  test('the allowed addresses are tried in turn, and refused ones never', async (t) => {
    const proxy = await realProxy(t)
    const receiver = await okReceiver(t)
    const lookup = answers(['10.0.0.1', '127.0.0.9', '127.0.0.1'])
    const { outcome } = await post(senderThrough(t, { port: proxy.port, lookup }), `http://name.test:${receiver.port}/`)
    assert.deepEqual(outcome, delivered)
    assert.deepEqual(proxy.targets, [`127.0.0.9:${receiver.port}`, `127.0.0.1:${receiver.port}`])
  })

  test('a name with refused addresses only is not asked for', async (t) => {
    const proxy = await realProxy(t)
    const sender = senderThrough(t, { port: proxy.port, allowNetworks: [] })
    for (const url of ['http://name.test:8080/', 'http://169.254.169.254/', 'http://127.0.0.1:25/'])
      assert.equal((await post(sender, url)).outcome.kind, 'blocked', url)
    assert.deepEqual(proxy.targets, [])
  })

  test('names are left to a proxy that resolves; addresses and local names are still refused', async (t) => {
    const receiver = await okReceiver(t)
    const proxy = await realProxy(t, { address: '127.0.0.1' })
    const lookup = answers(['10.0.0.1'])
    const sender = senderThrough(t, { port: proxy.port, resolves: true, lookup, allowNetworks: [] })
    const { outcome } = await post(sender, `http://name.test.:${receiver.port}/`)
    assert.deepEqual(outcome, delivered)
    assert.deepEqual(proxy.targets, [`name.test:${receiver.port}`])
    for (const host of ['127.0.0.1', '[::1]', 'localhost', 'a.localhost', 'metadata.google.internal', 'nas.local.'])
      assert.equal((await post(sender, `http://${host}:${receiver.port}/`)).outcome.kind, 'blocked', host)
    assert.equal(proxy.targets.length, 1)
    assert.equal(lookup.calls, 0)
  })

  test('exceptions are reached directly, and are checked all the same', async (t) => {
    const proxy = await realProxy(t)
    const receiver = await okReceiver(t)
    const url = (host: string): string => `http://${host}:${receiver.port}/`
    const byName = senderThrough(t, { port: proxy.port, except: ['Name.test', '.suffix.test'] })
    for (const host of ['name.test', 'name.test.', 'a.suffix.test'])
      assert.deepEqual((await post(byName, url(host))).outcome, delivered)
    assert.deepEqual(proxy.targets, [])
    for (const host of ['a.name.test', 'suffix.test', 'xsuffix.test']) await post(byName, url(host))
    assert.equal(proxy.targets.length, 3)

    const byRange = senderThrough(t, { port: proxy.port, except: ['127.0.0.0/30', 'fd00::/8'] })
    for (const host of ['other.test', '127.0.0.1'])
      assert.deepEqual((await post(byRange, url(host))).outcome, delivered)
    assert.equal(proxy.targets.length, 3)
    const strict = senderThrough(t, { port: proxy.port, except: ['127.0.0.0/8'], allowNetworks: [] })
    assert.equal((await post(strict, url('name.test'))).outcome.kind, 'blocked')
  })

  test('a request on a kept tunnel that closes without a byte is sent again', async (t) => {
    const proxy = await realProxy(t)
    const receiver = await httpReceiver(t, (request, response) => {
      request.resume().on('end', () => response.end('ok'))
      response.on('finish', () => setImmediate(() => request.socket.end()))
    })
    const sender = senderThrough(t, { port: proxy.port })
    for (let count = 0; count < 200; count++) {
      const { outcome } = await post(sender, `http://name.test:${receiver.port}/`)
      assert.deepEqual(outcome, delivered)
    }
  })

  test("Posthorn's own requests take the same way", async (t) => {
    const proxy = await realProxy(t)
    const receiver = await okReceiver(t)
    const fetch = createGuardedFetch(guardThrough({ port: proxy.port }))
    const response = await fetch(`http://name.test:${receiver.port}/`, { signal: AbortSignal.timeout(5000) })
    assert.equal(await response.text(), 'ok')
    assert.deepEqual(proxy.targets, [`127.0.0.1:${receiver.port}`])
  })

  test('a proxy that comes back is used again; meanwhile few connections try it', async (t) => {
    const proxy = await realProxy(t)
    const gate = await openGate(proxy.port)
    t.after(() => gate.close())
    const receiver = await okReceiver(t)
    const url = `http://name.test:${receiver.port}/`
    const sender = senderThrough(t, { port: gate.port })
    await gate.set('refusing')
    assert.equal(await reasonNotSent(sender, url), 'connection refused')
    await gate.set('open')
    const reasons = await Promise.all(Array.from({ length: 50 }, () => reasonNotSent(sender, url)))
    assert.deepEqual(new Set(reasons), new Set(['connection refused']))
    assert.deepEqual(proxy.targets, [])
    await sleep(limits.proxyAgainMs)
    assert.deepEqual((await post(sender, url)).outcome, delivered)
    assert.deepEqual((await post(sender, url)).outcome, delivered)
  })
})

test('malformed exceptions are named', () => {
  for (const entry of ['10.0.0.1', '10.0.0.0/40', '*.test', 'http://x', 'a b', 'a..b', '.'])
    assert.throws(
      () => guardThrough({ port: 1, except: [entry] }),
      (error: Error) => error.message.startsWith(`${entry} is not a `),
      entry,
    )
})
