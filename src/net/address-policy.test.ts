import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import egress from '../../test/vectors/egress.json' with { type: 'json' }
import { createAddressPolicy } from './address-policy.ts'
import { ownAddresses } from './own-addresses.ts'

const strict = createAddressPolicy({ allowNetworks: [] })

void test('refuses every range that is not public unicast, from its first to its last address', () => {
  const refused = Object.values(egress.addresses.refused).flat()
  for (const address of [...refused, 'fe80::1%lo']) assert.notEqual(strict.refuses(address), null, address)
})

void test('allows public addresses, up to the edges of the refused ranges', () => {
  for (const address of egress.addresses.allowed) assert.equal(strict.refuses(address), null, address)
})

void test('refuses texts that a socket never reports as an address', () => {
  for (const text of ['', 'localhost', '127.1', '2130706433', '0x7f.0.0.1', '08.8.8.8', '[::1]', '8.8.8.8 ', '8.8.8'])
    assert.equal(strict.refuses(text), 'not an IP address', text)
})

void test('refuses every form that hides an IPv4 address, for any address', () => {
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

void test('never opens link-local and cloud metadata addresses, not even if they are hidden in another form', () => {
  const policy = createAddressPolicy({
    allowNetworks: ['0.0.0.0/0', '::/0', '169.254.169.254/32', 'fe80::/10', 'fd00::/8', '168.63.129.16/32'],
  })
  for (const address of egress.addresses.neverOpened) assert.notEqual(policy.refuses(address), null, address)
  for (const address of ['127.0.0.1', '10.0.0.1', '::1', 'fd00::1', '100.100.100.201', '2002:7f00:1::'])
    assert.equal(policy.refuses(address), null, address)
})

void test('an opened IPv6 range opens no IPv4 address that is hidden in it', () => {
  for (const range of ['::/0', '64:ff9b::/96', '2002::/16', '::ffff:0:0/96']) {
    const policy = createAddressPolicy({ allowNetworks: [range] })
    for (const words of ['7f00:1', 'a00:1', 'c0a8:101'])
      for (const address of [`64:ff9b::${words}`, `2002:${words}::1`, `::ffff:${words}`, `::${words}`])
        assert.notEqual(policy.refuses(address), null, `${address} in ${range}`)
  }
  const nat64 = createAddressPolicy({ allowNetworks: ['64:ff9b::/96'] })
  assert.equal(nat64.refuses('64:ff9b::808:808'), null, 'a public IPv4 address behind NAT64')
  assert.equal(createAddressPolicy({ allowNetworks: ['::1/128'] }).refuses('::1'), null)
})

void test("refuses this machine's current addresses, unless the operator allows them", () => {
  let own = ['8.8.8.8', '2606:4700:0:0::1111']
  const policy = createAddressPolicy({ allowNetworks: [], ownAddresses: () => own })
  for (const address of own) assert.equal(policy.refuses(address), 'an address of this machine')
  assert.equal(policy.refuses('8.8.4.4'), null)
  const opened = createAddressPolicy({ allowNetworks: ['8.8.8.0/24'], ownAddresses: () => own })
  assert.equal(opened.refuses('8.8.8.8'), null)
  own = ['8.8.4.4']
  assert.deepEqual(
    ['8.8.8.8', '8.8.4.4'].map((address) => policy.refuses(address) === null),
    [true, false],
  )
})

void test("finds this machine's own addresses", () => {
  const read = ownAddresses()
  assert.ok(read().some((address) => address === '127.0.0.1' || address === '::1'))
  assert.equal(read(), read(), 'the interfaces are not read each time')
})

void test('the error of a malformed range contains its text', () => {
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
    assert.throws(() => createAddressPolicy({ allowNetworks: [text] }), {
      message: `${text} is not a CIDR range such as 10.0.0.0/8`,
    })
})
