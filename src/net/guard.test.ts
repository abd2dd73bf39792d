import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import egress from '../../test/vectors/egress.json' with { type: 'json' }
import { createAddressPolicy } from './address-policy.ts'
import {
  answers,
  eventually,
  httpReceiver,
  listen,
  loopbackSender,
  post,
  slowToConnect,
  tcpReceiver,
} from '../../test/support/net-receivers.ts'
import { BlockedError } from './connect.ts'
import { createGuard } from './guard.ts'

const strict = createGuard(createAddressPolicy({ allowNetworks: [] }))
const local = createGuard(createAddressPolicy({ allowNetworks: ['127.0.0.0/8'] }))

const { addresses, urls } = egress
const refusedAddresses = Object.values(addresses.refused).flat()
const loopbackHosts = urls.refused['this machine'].map((url) => new URL(url)).filter((url) => url.port === '')

void test('refuses odd spellings of a refused address', () => {
  const groups = ['this machine', 'metadata services', 'a private network', 'IPv4 within IPv6'] as const
  for (const group of groups)
    for (const url of urls.refused[group]) assert.notEqual(strict.refusesUrl(new URL(url)), null, url)
  for (const url of ['http:127.0.0.1', 'http:/127.0.0.1/', 'http:\\\\127.0.0.1\\x', 'http://user:pass@127.0.0.1/'])
    assert.notEqual(strict.refusesUrl(new URL(url)), null, url)
})

void test('refuses local names, and localhost only if loopback is not allowed', () => {
  const localhosts = ['localhost', 'LOCALHOST', 'localhost.', 'a.b.localhost', 'a.localhost.']
  const others = ['printer.local', 'metadata.google.internal', 'x.internal.', 'nas.home.arpa']
  for (const host of [...localhosts, ...others])
    assert.notEqual(strict.refusesUrl(new URL(`http://${host}:8080/`)), null, host)
  for (const host of localhosts) assert.equal(local.refusesUrl(new URL(`http://${host}`)), null, host)
  for (const host of others) assert.notEqual(local.refusesUrl(new URL(`http://${host}`)), null, host)
})

void test('the reason for a refusal is a sentence that names the refused part of the URL', () => {
  for (const [url, reason] of Object.entries({
    'https://10.0.0.5/hooks': '10.0.0.5 is a private address',
    'https://127.1/': '127.0.0.1 is a loopback address',
    'https://169.254.169.254/': '169.254.169.254 is a link-local address',
    'https://240.0.0.1/': '240.0.0.1 is a reserved address',
    'https://[fd00::1]/': 'fd00::1 is a unique local address',
    'https://[4000::1]/': '4000::1 is a reserved address',
    'https://[::ffff:10.0.0.5]/': '::ffff:a00:5 is a private address',
    'https://localhost./': 'localhost is a loopback address',
    'https://printer.local/': 'printer.local is a name of a local network',
    'https://a..example/': 'the host is not a valid host name',
    'https://example.com:22/': 'port 22 is neither 80, 443 nor above 1023',
  }))
    assert.equal(strict.refusesUrl(new URL(url)), reason)
})

void test('accepts public names and addresses', () => {
  for (const url of urls.accepted) assert.equal(strict.refusesUrl(new URL(url)), null, url)
  for (const address of addresses.allowed) assert.equal(strict.refusesUrl(urlOf(address)), null, address)
  for (const host of ['127.0.0.1', '127.1', '2130706433', '[::ffff:7f00:1]'])
    assert.equal(local.refusesUrl(new URL(`http://${host}/`)), null, host)
})

void test('connects to no refused literal address in any spelling', async (t) => {
  const canary = await tcpReceiver(t, () => {})
  const lookup = answers(['127.0.0.1'])
  const sender = loopbackSender(t, lookup, [])
  const hosts = loopbackHosts.map(({ hostname }) => hostname).filter((host) => !/[a-z]$/.test(host.replace(/\.$/, '')))
  for (const host of [...hosts, ...refusedAddresses.map((address) => urlOf(address).hostname)]) {
    const { outcome, response } = await post(sender, `http://${host}:${canary.port}/`)
    assert.deepEqual(outcome, { kind: 'blocked', error: 'blocked: not a public address' }, host)
    assert.equal(response, null)
  }
  assert.equal(canary.connections(), 0)
  assert.equal(lookup.calls, 0)
})

void test('connects to no well-known port of another protocol', async (t) => {
  const sender = loopbackSender(t)
  for (const port of [1, 22, 25, 1023]) {
    const { outcome } = await post(sender, `http://127.0.0.1:${port}/`)
    assert.equal(outcome.kind, 'blocked', String(port))
  }
})

void test('connects to no name that resolves to a refused address', async (t) => {
  for (const address of refusedAddresses) {
    const { outcome } = await post(loopbackSender(t, answers([address]), []), 'http://name.test:8080/')
    assert.equal(outcome.kind, 'blocked', address)
  }
})

void test('connects to no name that has refused addresses only', async (t) => {
  const canary = await tcpReceiver(t, () => {})
  const lists = [['127.0.0.1'], ['10.0.0.1', '127.0.0.1'], ['64:ff9b::7f00:1', '::1'], ['::ffff:7f00:1']]
  for (const list of lists) {
    const { outcome } = await post(loopbackSender(t, answers(list), []), `http://name.test:${canary.port}/`)
    assert.equal(outcome.kind, 'blocked', list.join())
  }
  assert.equal(canary.connections(), 0)
})

void test('leaves out the refused addresses of a name, at any position', async (t) => {
  const receiver = createServer((request, response) => void request.resume().on('end', () => response.end('ok')))
  const { port } = await listen(t, receiver, '127.0.0.2').catch(() => ({ port: 0 }))
  if (port === 0) return t.skip('127.0.0.2 is not an address of this machine')
  const canary = await listen(t, createServer(), '127.0.0.1', port)
  // An IPv4-only host behind DNS64, and a host with a unique local address.
  const lists = [
    ['127.0.0.1', '127.0.0.2'],
    ['127.0.0.2', '127.0.0.1'],
    ['64:ff9b::7f00:2', '127.0.0.2'],
    ['fd00::1', '127.0.0.2'],
  ]
  for (const list of lists) {
    const sender = loopbackSender(t, answers(list), ['127.0.0.2/32'])
    const { outcome } = await post(sender, `http://name.test:${port}/`)
    assert.deepEqual(outcome, { kind: 'delivered', status: 200 }, list.join())
  }
  assert.equal(canary.connections(), 0)
})

void test('a name that resolves differently the second time gains nothing', async (t) => {
  const receiver = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { connection: 'close' }).end('ok'))
  })
  const { port } = await listen(t, receiver, '127.0.0.2').catch(() => ({ port: 0 }))
  if (port === 0) return t.skip('127.0.0.2 is not an address of this machine')
  const canary = await listen(t, createServer(), '127.0.0.1', port)
  const lookup = answers(['127.0.0.2'], ['127.0.0.1'])
  const sender = loopbackSender(t, lookup, ['127.0.0.2/32'])

  const first = await post(sender, `http://rebind.test:${port}/`)
  assert.deepEqual(first, { outcome: { kind: 'delivered', status: 200 }, response: 'ok' })
  assert.equal(lookup.calls, 1, 'one connection resolves once')
  const second = await post(sender, `http://rebind.test:${port}/`)
  assert.equal(second.outcome.kind, 'blocked')
  assert.equal(canary.connections(), 0)
})

void test('returns no socket whose peer is refused, and writes nothing to it', async (t) => {
  let received = 0
  const receiver = await tcpReceiver(t, (socket) => socket.on('data', (chunk) => (received += chunk.length)))
  let checks = 0
  const guard = createGuard(
    { refuses: () => (++checks === 1 ? null : 'a moved address') },
    { lookup: answers(['127.0.0.1']) },
  )
  const to = { origin: 'http://name.test', isTls: false, hostname: 'name.test', port: receiver.port }
  const error = await new Promise<Error | null>((resolve) => void guard.connect(to, resolve))
  assert.ok(error instanceof BlockedError)
  assert.equal(error.code, 'BLOCKED')
  assert.equal(error.reason, '127.0.0.1 is a moved address')
  await eventually(() => receiver.connections() === 1 && receiver.open.size === 0)
  assert.equal(received, 0)
})

void test('connects to an allowed name by trying all of its addresses', async (t) => {
  const receiver = await httpReceiver(t, (request, response) => void request.resume().on('end', () => response.end()))
  const sender = loopbackSender(t, answers(['127.0.0.9', '127.0.0.1']))
  const { outcome } = await post(sender, `http://name.test.:${receiver.port}/`)
  assert.deepEqual(outcome, { kind: 'delivered', status: 200 })
})

void test('a connection that is cancelled is closed, and reports nothing', async (t) => {
  const receiver = await tcpReceiver(t, (socket) => socket.resume())
  const to = { origin: 'x', isTls: true, hostname: '127.0.0.1', port: receiver.port }
  let reports = 0
  const cancel = local.connect(to, () => (reports += 1))
  await eventually(() => receiver.connections() === 1)
  cancel()
  await eventually(() => receiver.open.size === 0)
  assert.equal(reports, 0)
})

void test('a good address that is slow to connect is not lost to a second one that refuses', async (t) => {
  const port = await slowToConnect(t)
  // Nothing listens on 127.0.0.3.
  const sender = loopbackSender(t, answers(['127.0.0.1', '127.0.0.3']))
  const startedAt = performance.now()
  const { outcome } = await post(sender, `http://name.test:${port}/`)
  assert.deepEqual(outcome, { kind: 'delivered', status: 200 })
  assert.ok(performance.now() - startedAt > 700, 'the receiver was slow to connect')
})

function urlOf(address: string): URL {
  return new URL(`https://${address.includes(':') ? `[${address}]` : address}/`)
}
