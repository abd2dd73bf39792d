import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
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
  tcpReceiver,
} from '../../test/support/net-receivers.ts'
import { BlockedError, createGuard } from './guard.ts'

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

void test('connects to no name with a refused address at any position among its addresses', async (t) => {
  const canary = await tcpReceiver(t, () => {})
  const lists = [
    ['127.0.0.1'],
    ['8.8.8.8', '127.0.0.1'],
    ['127.0.0.1', '8.8.8.8'],
    ['2606:4700::1111', '::1'],
    ['::ffff:7f00:1'],
  ]
  for (const list of lists) {
    const { outcome } = await post(loopbackSender(t, answers(list), []), `http://name.test:${canary.port}/`)
    assert.equal(outcome.kind, 'blocked', list.join())
  }
  assert.equal(canary.connections(), 0)
})

void test('a name that resolves differently the second time gains nothing', async (t) => {
  const receiver = createServer((request, response) => void request.resume().on('end', () => response.end('ok')))
  receiver.keepAliveTimeout = 0
  const { port } = await listen(t, receiver, '127.0.0.2').catch(() => ({ port: 0 }))
  if (port === 0) return t.skip('127.0.0.2 is not an address of this machine')
  const canary = await listen(t, createServer(), '127.0.0.1', port)
  const lookup = answers(['127.0.0.2'], ['127.0.0.1'])
  const sender = loopbackSender(t, lookup, ['127.0.0.2/32'])

  const headers = { connection: 'close' }
  const first = await post(sender, `http://rebind.test:${port}/`, { headers })
  assert.deepEqual(first, { outcome: { kind: 'delivered', status: 200 }, response: 'ok' })
  assert.equal(lookup.calls, 1, 'one connection resolves once')
  const second = await post(sender, `http://rebind.test:${port}/`, { headers })
  assert.equal(second.outcome.kind, 'blocked')
  assert.equal(canary.connections(), 0)
})

void test('returns no socket whose peer is refused, and writes nothing to it', async (t) => {
  let received = 0
  const receiver = await tcpReceiver(t, (socket) => socket.on('data', (chunk) => (received += chunk.length)))
  let checks = 0
  const guard = createGuard({ refuses: () => (++checks === 1 ? null : 'moved') }, { lookup: answers(['127.0.0.1']) })
  const to = { hostname: 'name.test', host: 'name.test', protocol: 'http:', port: String(receiver.port) }
  const error = await new Promise<Error | null>((resolve) => {
    guard.connector(to, (...[failure]) => resolve(failure))
  })
  assert.ok(error instanceof BlockedError)
  assert.equal(error.code, 'BLOCKED')
  assert.equal(error.reason, 'moved: 127.0.0.1')
  await eventually(() => receiver.connections() === 1 && receiver.open.size === 0)
  assert.equal(received, 0)
})

void test('connects to an allowed name by trying all of its addresses', async (t) => {
  const receiver = await httpReceiver(t, (request, response) => void request.resume().on('end', () => response.end()))
  const sender = loopbackSender(t, answers(['127.0.0.9', '127.0.0.1']))
  const { outcome } = await post(sender, `http://name.test.:${receiver.port}/`)
  assert.deepEqual(outcome, { kind: 'delivered', status: 200 })
})

void test('returns the connecting socket, so that it can be destroyed', async (t) => {
  const receiver = await tcpReceiver(t, () => {})
  const to = { hostname: '127.0.0.1', protocol: 'http:', port: String(receiver.port) }
  const socket: Socket | null = local.connector(to, () => {})
  assert.ok(socket !== null)
  await once(socket, 'connect')
  socket.destroy()
  await once(socket, 'close')
})

function urlOf(address: string): URL {
  return new URL(`https://${address.includes(':') ? `[${address}]` : address}/`)
}
