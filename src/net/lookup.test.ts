import assert from 'node:assert/strict'
import { type LookupAddress, promises as dns } from 'node:dns'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { httpReceiver, loopbackSender, post } from '../../test/support/net-receivers.ts'
import { type Lookup, type LookupOptions, createLookup } from './lookup.ts'

/** The addresses of each name. For `failing` the server reports a failure. Other names do not exist. */
type Zone = Readonly<Record<string, readonly string[] | 'failing'>>

const noFiles = { hosts: '', resolvConf: '', ownAddresses: () => [] }

/** Starts a name server on loopback that ignores queries for `*.silent.test`, and IPv6 queries for `*.v4.test`. Returns its lookup and its queries. */
async function nameServer(t: TestContext, zone: Zone, options: LookupOptions = noFiles) {
  const asked: string[] = []
  const server = createSocket('udp4')
  server.on('message', (query, from) => {
    const { name, type, end } = questionOf(query)
    asked.push(`${name} ${type === 1 ? 'A' : 'AAAA'}`)
    if (name.endsWith('.silent.test') || (name.endsWith('.v4.test') && type === 28)) return
    const entry = zone[name]
    const wanted = Array.isArray(entry) ? entry.filter((address) => address.includes(':') === (type === 28)) : []
    const head = Buffer.from(query.subarray(0, 12))
    // A response, with recursion; code 2: the server failed, 3: no such name. It has the question and the answers only.
    head.writeUInt16BE(0x8180 + (entry === undefined ? 3 : entry === 'failing' ? 2 : 0), 2)
    head.writeUInt16BE(wanted.length, 6)
    head.writeUInt32BE(0, 8)
    const answers = wanted.map((address) => recordOf(address, type))
    server.send(Buffer.concat([head, query.subarray(12, end), ...answers]), from.port, from.address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const lookup = createLookup({
    ...noFiles,
    ...options,
    createResolver() {
      const resolver = new dns.Resolver({ timeout: 500, tries: 1 })
      resolver.setServers([`127.0.0.1:${server.address().port}`])
      return resolver
    },
  })
  return { lookup, asked }
}

function questionOf(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 }
}

/** A record for the name of the question, class IN, with 1 s to live. */
function recordOf(address: string, type: number): Buffer {
  // The IPv6 addresses of the tests are not abbreviated.
  const bytes = type === 1 ? address.split('.').map(Number) : [...Buffer.from(address.replaceAll(':', ''), 'hex')]
  return Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 1, 0, bytes.length, ...bytes])
}

async function ask(lookup: Lookup, name: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    lookup(name, { all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) return reject(error)
      resolve(addresses.map(({ address }) => address))
    })
  })
}

const ipv6 = '2606:4700:0000:0000:0000:0000:0000:1111'

void test('a name server that ignores IPv6 queries costs 50 ms', async (t) => {
  const { lookup } = await nameServer(t, { 'a.v4.test': ['8.8.8.8'] })
  const startedAt = performance.now()
  assert.deepEqual(await ask(lookup, 'a.v4.test'), ['8.8.8.8'])
  const tookMs = performance.now() - startedAt
  assert.ok(tookMs < 250, `took ${tookMs} ms`)
})

void test('names whose name server does not answer delay no other name', async (t) => {
  const receiver = await httpReceiver(t, (request, response) => void request.resume().on('end', () => response.end()))
  const { lookup, asked } = await nameServer(t, { 'good.test': ['127.0.0.1'] })
  const sender = loopbackSender(t, lookup)
  const silent = Array.from({ length: 40 }, (_, index) => post(sender, `http://h${index}.silent.test:8080/`))
  while (new Set(asked).size < 80) await sleep(5)
  const startedAt = performance.now()
  const good = await post(sender, `http://good.test:${receiver.port}/`)
  const tookMs = performance.now() - startedAt
  assert.deepEqual(good.outcome, { kind: 'delivered', status: 200 })
  assert.ok(tookMs < 300, `took ${tookMs} ms`)
  for (const { outcome } of await Promise.all(silent))
    assert.deepEqual(outcome, { kind: 'unreachable', error: 'name lookup failed' })
})

void test('an attempt records the lookup error that getaddrinfo would report', async (t) => {
  const { lookup } = await nameServer(t, { 'empty.test': [], 'broken.test': 'failing' })
  const sender = loopbackSender(t, lookup)
  const cases = [
    { name: 'unknown.test', error: 'name not found' },
    { name: 'empty.test', error: 'name not found' },
    { name: `${'a'.repeat(64)}.test`, error: 'name not found' },
    { name: 'broken.test', error: 'name lookup failed' },
  ]
  for (const { name, error } of cases)
    assert.deepEqual((await post(sender, `http://${name}:8080/`)).outcome, { kind: 'unreachable', error }, name)
})

void test('returns IPv4 and IPv6 addresses, ordered by the addresses of this machine', async (t) => {
  const zone = { 'both.test': [ipv6, '8.8.8.8', '8.8.4.4'], 'four.test': ['8.8.8.8'], 'six.test': [ipv6] }
  const { lookup } = await nameServer(t, zone)
  assert.deepEqual(await ask(lookup, 'both.test'), ['8.8.8.8', '8.8.4.4', '2606:4700::1111'])
  assert.deepEqual(await ask(lookup, 'four.test'), ['8.8.8.8'])
  assert.deepEqual(await ask(lookup, 'six.test'), ['2606:4700::1111'])
  for (const { own, first } of [
    { own: '2001:db8::1', first: '2606:4700::1111' },
    { own: 'fe80::1', first: '8.8.8.8' },
    { own: 'fd00::1', first: '8.8.8.8' },
    { own: '203.0.113.1', first: '8.8.8.8' },
  ]) {
    const other = await nameServer(t, zone, { ownAddresses: () => [own] })
    assert.equal((await ask(other.lookup, 'both.test'))[0], first, own)
  }
})

void test('concurrent lookups of a name share one query, and a later lookup sends a new query', async (t) => {
  const { lookup, asked } = await nameServer(t, { 'good.test': ['8.8.8.8'] })
  await Promise.all(Array.from({ length: 10 }, () => ask(lookup, 'good.test')))
  assert.deepEqual(asked.toSorted(), ['good.test A', 'good.test AAAA'])
  await ask(lookup, 'good.test')
  assert.equal(asked.length, 4)
  await assert.rejects(Promise.all([ask(lookup, 'unknown.test'), ask(lookup, 'unknown.test')]))
  await assert.rejects(ask(lookup, 'unknown.test'))
  assert.equal(asked.length, 8)
})

void test('resolves the names in /etc/hosts, and always resolves localhost', async (t) => {
  const hosts = `# 9.9.9.9 comment.test
    10.0.0.1\thost.docker.internal  Alias.test # more
    ::1 localhost
    127.0.0.1 localhost
    fe80::1%lo0 localhost
    not-an-address bad.test
  `
  const { lookup, asked } = await nameServer(t, {}, { hosts })
  assert.deepEqual(await ask(lookup, 'host.docker.internal'), ['10.0.0.1'])
  assert.deepEqual(await ask(lookup, 'alias.test.'), ['10.0.0.1'])
  assert.deepEqual(await ask(lookup, 'localhost'), ['127.0.0.1', '::1'])
  assert.deepEqual(asked, [])
  for (const name of ['comment.test', 'bad.test', 'more']) await assert.rejects(ask(lookup, name), name)
  const { lookup: without } = await nameServer(t, {})
  assert.deepEqual(await ask(without, 'localhost'), ['127.0.0.1'])
})

void test('completes short names with the search list of resolv.conf', async (t) => {
  const zone = { receiver: ['8.8.8.8'], 'hook.ns.svc.test': ['8.8.4.4'], 'a.b.test': ['8.8.8.8'] }
  const resolvConf = 'search old.test\nnameserver 127.0.0.1\nsearch other.test svc.test\noptions ndots:2 timeout:1\n'
  const { lookup, asked } = await nameServer(t, zone, { resolvConf })
  assert.deepEqual(await ask(lookup, 'hook.ns'), ['8.8.4.4'])
  assert.deepEqual(await ask(lookup, 'receiver'), ['8.8.8.8'])
  asked.length = 0
  assert.deepEqual(await ask(lookup, 'a.b.test'), ['8.8.8.8'])
  await assert.rejects(ask(lookup, 'hook.ns.'))
  assert.deepEqual(asked.toSorted(), ['a.b.test A', 'a.b.test AAAA', 'hook.ns A', 'hook.ns AAAA'])
})
