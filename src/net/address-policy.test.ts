import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createAddressPolicy } from './address-policy.ts'

const strict = createAddressPolicy({ allowNetworks: [] })

// First and last address of every refused range, then those that hide an IPv4 address.
const refused = `
  0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 100.100.100.200 127.0.0.0 127.0.0.1
  127.255.255.255 169.254.0.0 169.254.169.254 169.254.255.255 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.255
  192.0.2.0 192.0.2.255 192.31.196.0 192.31.196.255 192.52.193.0 192.52.193.255 192.88.99.0 192.88.99.255
  192.168.0.0 192.168.255.255 192.175.48.0 192.175.48.255 198.18.0.0 198.19.255.255 198.51.100.0 198.51.100.255
  203.0.113.0 203.0.113.255 224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.254 255.255.255.255 168.63.129.16
  :: ::1 ::2 1::1 100:: 100:0:0:1::1 1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 4000:: 5f00::1 fc00:: fd00:ec2::254
  fd20:ce::254 fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff fe00:: fe80::1 fe80::1%lo febf::1 fec0::1 feff::1 ff00:: ff02::1
  2001:: 2001::1 2001:2::1 2001:10::1 2001:20::1 2001:30::1 2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff 2001:db8::
  2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 2002:: 2002:7f00:1:: 2620:4f:8000:: 2620:4f:8000:ffff:ffff:ffff:ffff:ffff
  3fff:: 3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff
  ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:8.8.8.8 ::127.0.0.1 ::7f00:1 ::808:808 ::ffff:0:127.0.0.1 ::ffff:0:808:808
  64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::808:808 2002:808:808::1 2001:0:808:808:0:0:80ff:fffe
`.match(/\S+/g)

const allowed = `
  1.0.0.0 1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255
  169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.31.195.255 192.31.197.0 192.52.192.255
  192.52.194.0 192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0 192.175.47.255 192.175.49.0 198.17.255.255
  198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255 168.63.129.15 168.63.129.17
  2000:: 2001:200:: 2001:4860:4860::8888 2001:db7:: 2001:db9:: 2003:: 2606:4700::1111 2620:4f:7fff:: 2620:4f:8001::
  2a00:1450:4001::1 3ffe:: 3fff:1000:: 3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
`.match(/\S+/g)

void test('refuses every range that is not public unicast, from its first to its last address', () => {
  for (const address of refused ?? []) assert.notEqual(strict.refuses(address), null, address)
})

void test('allows public addresses, up to the edges of the refused ranges', () => {
  for (const address of allowed ?? []) assert.equal(strict.refuses(address), null, address)
})

void test('refuses what a socket would never report as an address', () => {
  for (const text of ['', 'localhost', '127.1', '2130706433', '0x7f.0.0.1', '08.8.8.8', '[::1]', '8.8.8.8 ', '8.8.8'])
    assert.equal(strict.refuses(text), 'not an IP address', text)
})

void test('refuses every form that hides an IPv4 address, whatever the address', () => {
  const byte = fc.integer({ min: 0, max: 255 })
  fc.assert(
    fc.property(byte, byte, byte, byte, (a, b, c, d) => {
      const dotted = `${a}.${b}.${c}.${d}`
      const words = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
      const forms = [`::ffff:${dotted}`, `::${dotted}`, `::ffff:0:${words}`, `64:ff9b::${words}`, `2002:${words}::1`]
      for (const form of forms) assert.notEqual(strict.refuses(form), null, form)
    }),
  )
})

void test('opens the networks that the operator allows, and their mapped form', () => {
  const policy = createAddressPolicy({ allowNetworks: ['127.0.0.0/8', ' 10.1.0.0/16 ', 'fd12::/16'] })
  for (const address of ['127.0.0.1', '127.9.9.9', '::ffff:127.0.0.1', '::ffff:7f00:1', '10.1.2.3', 'fd12::5'])
    assert.equal(policy.refuses(address), null, address)
  for (const address of [
    '10.2.0.0',
    '::1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '::ffff:10.2.0.1',
    'fd13::',
  ])
    assert.notEqual(policy.refuses(address), null, address)
})

void test('never opens link-local and cloud metadata addresses, not even hidden ones', () => {
  const policy = createAddressPolicy({
    allowNetworks: ['0.0.0.0/0', '::/0', '169.254.169.254/32', 'fe80::/10', 'fd00:ec2::254/128', '168.63.129.16/32'],
  })
  const never = `169.254.0.1 169.254.169.254 100.100.100.200 168.63.129.16 fe80::1 febf::1 fd00:ec2::254 fd20:ce::254
    ::ffff:169.254.169.254 ::a9fe:a9fe ::ffff:0:a9fe:a9fe 64:ff9b::a9fe:a9fe 64:ff9b:1:a9fe:a9:fe00:: 2002:a9fe:a9fe::1
    64:ff9b:1::a9fe:a9fe 2001:0:a9fe:a9fe:: 2001:0:808:808:0:0:5601:5601 ::ffff:100.100.100.200 2002:a83f:8110::`
  for (const address of never.match(/\S+/g) ?? []) assert.notEqual(policy.refuses(address), null, address)
  for (const address of ['127.0.0.1', '10.0.0.1', '::1', 'fd00::1', '100.100.100.201', '2002:7f00:1::'])
    assert.equal(policy.refuses(address), null, address)
})

void test('names the text of a malformed range', () => {
  const malformed = [
    '',
    'x',
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0/8',
    '010.0.0.0/8',
    '::/129',
    '10.0.0.0/8/8',
  ]
  for (const text of [...malformed, 'fe80::1%lo/64', '10.0.0.0/8x', '10.0.0.0/'])
    assert.throws(() => createAddressPolicy({ allowNetworks: [text] }), { message: `not a CIDR range: ${text}` })
})
