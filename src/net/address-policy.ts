// Decides which addresses a delivery may reach. It denies by default: an address that is not known to be public unicast
// is refused. A range that is assigned a meaning later stays closed until a change here opens it.
//
// The networks that an operator opens are still checked against `never`: link-local and cloud metadata addresses give
// out the machine's own credentials, and no delivery needs to reach them.

import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Decides whether deliveries may reach an address. */
export interface AddressPolicy {
  /** Why an address (a plain literal, without brackets) is refused, as a noun: `a private address`. Null: it is allowed. */
  refuses(address: string): string | null
}

/** The networks that an operator opens, and the addresses that are closed in addition. */
export interface AddressPolicyOptions {
  /** CIDR ranges that are allowed although the policy refuses them; none by default. */
  readonly allowNetworks: readonly string[]
  /** Returns this machine's current addresses. They are refused, even public ones; none by default. */
  readonly ownAddresses?: () => readonly string[]
}

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Network = [Address, number]
type Rule = readonly [name: string, network: Network]

const refused4 = rules({
  'an address of this network': ['0.0.0.0/8'],
  'a private address': ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
  'an address of carrier-grade NAT': ['100.64.0.0/10'],
  'a loopback address': ['127.0.0.0/8'],
  'a link-local address': ['169.254.0.0/16'],
  'an address of cloud metadata': ['168.63.129.16/32'],
  'an address for protocols': ['192.0.0.0/24'],
  'an address for documentation': ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'],
  'an address of AS112': ['192.31.196.0/24', '192.175.48.0/24'],
  'an address of AMT': ['192.52.193.0/24'],
  'an address of 6to4 relays': ['192.88.99.0/24'],
  'an address for benchmarks': ['198.18.0.0/15'],
  'a multicast address': ['224.0.0.0/4'],
  'the broadcast address': ['255.255.255.255/32'],
  'a reserved address': ['240.0.0.0/4'],
})

// An address outside 2000::/3 is refused even if no range here contains it.
const refused6 = rules({
  'the unspecified address': ['::/128'],
  'a loopback address': ['::1/128'],
  'an IPv4-mapped address': ['::ffff:0:0/96'],
  'an IPv4-compatible address': ['::/96'],
  'an IPv4-translated address': ['::ffff:0:0:0/96'],
  'an address of NAT64': ['64:ff9b::/96', '64:ff9b:1::/48'],
  'a unique local address': ['fc00::/7'],
  'a link-local address': ['fe80::/10'],
  'a site-local address': ['fec0::/10'],
  'a multicast address': ['ff00::/8'],
  'an address of Teredo': ['2001::/32'],
  'an address for protocols': ['2001::/23'],
  'an address for documentation': ['2001:db8::/32', '3fff::/20'],
  'an address of 6to4': ['2002::/16'],
  'an address of AS112': ['2620:4f:8000::/48'],
})
const publicUnicast6 = network('2000::/3')

const never4 = rules({
  'a link-local address': ['169.254.0.0/16'],
  'an address of cloud metadata': ['100.100.100.200/32', '168.63.129.16/32', '192.0.0.192/32'],
})
const never6 = rules({
  'a link-local address': ['fe80::/10'],
  // AWS, Google Cloud, Oracle Cloud, Scaleway, Akamai (Linode), Alibaba Cloud.
  'an address of cloud metadata': [
    'fd00:ec2::/32',
    'fd20:ce::254/128',
    'fd00:c1::a9fe:a9fe/128',
    'fd00:42::42/128',
    'fd00:a9fe:a9fe::1/128',
    'fd00:100::100:200/128',
  ],
})

/**
 * The policy of the egress guard.
 *
 * @throws Error that contains the text of a malformed CIDR range
 */
export function createAddressPolicy(options: AddressPolicyOptions): AddressPolicy {
  const allowed = options.allowNetworks.map(parseNetwork)
  const allowed4 = allowed.filter(([address]) => address.kind() === 'ipv4')
  const allowed6 = allowed.filter(([address]) => address.kind() === 'ipv6')
  const isOwn = ownAddressTest(options.ownAddresses ?? (() => []))

  function refuses4(address: ipaddr.IPv4): string | null {
    const never = nameOf(never4, address)
    if (never !== null) return never
    if (isIn(allowed4, address)) return null
    return nameOf(refused4, address) ?? (isOwn(address) ? 'an address of this machine' : null)
  }

  function refuses6(address: ipaddr.IPv6): string | null {
    const never = nameOf(never6, address)
    if (never !== null) return never
    // An opened IPv6 range opens no IPv4 address that the network may translate the IPv6 address to.
    for (const hidden of hiddenIPv4(address)) {
      const refusal = refuses4(hidden)
      if (refusal !== null) return refusal
    }
    if (isIn(allowed6, address)) return null
    // A socket of both families reports an IPv4 peer in this form, so it counts as the plain IPv4 address.
    if (address.isIPv4MappedAddress() && isIn(allowed4, address.toIPv4Address())) return null
    const name = nameOf(refused6, address) ?? (address.match(publicUnicast6) ? null : 'a reserved address')
    return name ?? (isOwn(address) ? 'an address of this machine' : null)
  }

  return {
    refuses(address) {
      // ipaddr.js also accepts octal, hexadecimal and short spellings. A socket never reports them.
      if (isIP(address) === 0) return 'not an IP address'
      // ipaddr.js reads this deprecated form as the IPv4-mapped form, which may be allowed.
      if (/^::\d+\./.test(address)) return 'an IPv4-compatible address'
      const parsed = ipaddr.parse(address)
      return isIPv6(parsed) ? refuses6(parsed) : refuses4(parsed)
    },
  }
}

/** Tests whether an address is in one of the CIDR ranges. @throws Error that contains the text of a malformed range */
export function networkTest(ranges: readonly string[]): (address: string) => boolean {
  const networks = ranges.map(parseNetwork)
  if (networks.length === 0) return () => false
  return (address) => {
    const parsed = ipaddr.process(address)
    return networks.some((range) => range[0].kind() === parsed.kind() && parsed.match(range))
  }
}

/**
 * Tests whether an address is this machine's own. A delivery to this machine could reach services that trust local
 * callers, or Posthorn itself, again and again.
 */
function ownAddressTest(ownAddresses: () => readonly string[]): (address: Address) => boolean {
  let read: readonly string[] = []
  let own = new Set<string>()
  return (address) => {
    const now = ownAddresses()
    if (now !== read) {
      read = now
      own = new Set(now.map((text) => ipaddr.parse(text).toNormalizedString()))
    }
    return own.has(address.toNormalizedString())
  }
}

/** The IPv4 addresses that the network may translate the IPv6 address to. */
function hiddenIPv4(address: ipaddr.IPv6): ipaddr.IPv4[] {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, , g = 0, h = 0] = address.parts
  const last = fromWords(g, h)
  if (a === 0x2002) return [fromWords(b, c)]
  if (a === 0x2001 && b === 0) return [fromWords(c, d), fromWords(g ^ 0xffff, h ^ 0xffff)]
  // Local NAT64 prefixes place the IPv4 address after 48 or after 96 bits (RFC 6052, 2.2).
  if (a === 0x64 && b === 0xff9b && c === 1)
    return [last, fromWords(d, ((e & 0xff) << 8) | ((address.parts[5] ?? 0) >> 8))]
  if (a === 0x64 && b === 0xff9b) return [last]
  // `::` and `::1` are addresses of their own.
  const isOwnKind = e === 0 && address.parts[5] === 0 && g === 0 && h <= 1
  return a === 0 && b === 0 && c === 0 && d === 0 && !isOwnKind ? [last] : []
}

function fromWords(high: number, low: number): ipaddr.IPv4 {
  return new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff])
}

function nameOf(list: readonly Rule[], address: Address): string | null {
  for (const [name, range] of list) if (address.match(range)) return name
  return null
}

function isIn(list: readonly Network[], address: Address): boolean {
  for (const range of list) if (address.match(range)) return true
  return false
}

function isIPv6(address: Address): address is ipaddr.IPv6 {
  return address.kind() === 'ipv6'
}

function rules(ranges: Readonly<Record<string, readonly string[]>>): Rule[] {
  return Object.entries(ranges).flatMap(([name, list]) => list.map((text): Rule => [name, network(text)]))
}

function network(text: string): Network {
  return ipaddr.parseCIDR(text)
}

function parseNetwork(text: string): Network {
  const trimmed = text.trim()
  const [address = '', prefix = '', ...rest] = trimmed.split('/')
  const family = isIP(address)
  const bitsMax = family === 4 ? 32 : 128
  const wellFormed = family !== 0 && !address.includes('%') && /^\d{1,3}$/.test(prefix) && rest.length === 0
  if (!wellFormed || Number(prefix) > bitsMax) throw new Error(`${text} is not a CIDR range such as 10.0.0.0/8`)
  return network(trimmed)
}
