// How the names of receivers are resolved: by c-ares, and not by `dns.lookup`.
//
// `dns.lookup` is the system's getaddrinfo on libuv's four threads, of which slow lookups get two: a few names whose
// name servers stay silent would keep everybody's waiting for tens of seconds. c-ares needs no threads, and its lookups
// have a bound. What getaddrinfo knows besides is in `machine-names.ts`.

import { promises as dns } from 'node:dns'
import type { LookupAddress } from 'node:dns'
import { type Search, parseHosts, parseSearch, readSystemFile } from './machine-names.ts'
import { ownAddresses } from './own-addresses.ts'
import { coded } from './socket-error.ts'

/** Resolves a name to all of its addresses, as `dns.lookup` with `all` does. */
export type Lookup = (
  hostname: string,
  options: { readonly all: true },
  callback: (error: Error | null, addresses: LookupAddress[]) => void,
) => void

/** What a test may replace. */
export interface LookupOptions {
  /** Gives whom to ask; one that asks the servers of the system by default. */
  readonly createResolver?: () => dns.Resolver
  /** The text of /etc/hosts; read once by default. */
  readonly hosts?: string
  /** The text of /etc/resolv.conf, for the search list only; read once by default. */
  readonly resolvConf?: string
  /** This machine's own addresses; those of its interfaces by default. */
  readonly ownAddresses?: () => readonly string[]
}

/** How long one name server has for one answer, and how often each is asked. */
const tryMs = 2000
const tries = 2

/** There is no such name, or it has no address of that kind; any other failure may pass. */
const unknownCodes: readonly unknown[] = ['ENOTFOUND', 'ENODATA', 'EBADNAME']

/**
 * A lookup that fails with getaddrinfo's codes: ENOTFOUND where there is no address, EAI_AGAIN where nobody told. Who
 * asks for a name that is being looked up shares its answer.
 */
export function createLookup(options: LookupOptions = {}): Lookup {
  const createResolver = options.createResolver ?? systemResolver
  const hosts = parseHosts(options.hosts ?? readSystemFile('/etc/hosts'))
  const search = parseSearch(options.resolvConf ?? readSystemFile('/etc/resolv.conf'))
  const own = options.ownAddresses ?? ownAddresses()
  /** No more than attempts in flight, and those whose deadline came within the last tries. */
  const underWay = new Map<string, Promise<LookupAddress[]>>()

  async function resolve(hostname: string): Promise<LookupAddress[]> {
    const known = hosts.get(hostname.replace(/\.$/, ''))
    if (known !== undefined) return inOrder(known)
    for (const name of completed(hostname, search)) {
      const found = await ask(createResolver(), name).catch(() => null)
      if (found !== null) return inOrder(found)
    }
    return inOrder(await ask(createResolver(), hostname))
  }

  /** As getaddrinfo has it (RFC 6724, 6): IPv6 first where this machine has a global address of it, else IPv4. */
  function inOrder(addresses: readonly LookupAddress[]): LookupAddress[] {
    const first = own().some((address) => /^[23][0-9a-f]{3}:/.test(address)) ? 6 : 4
    return [
      ...addresses.filter(({ family }) => family === first),
      ...addresses.filter(({ family }) => family !== first),
    ]
  }

  return (hostname, _options, callback) => {
    let answer = underWay.get(hostname)
    if (answer === undefined) {
      answer = resolve(hostname).finally(() => underWay.delete(hostname))
      underWay.set(hostname, answer)
    }
    // On a stack of its own: what the callback throws is not the promise's.
    answer.then(
      (addresses) => process.nextTick(callback, null, addresses),
      (error: Error) => process.nextTick(callback, error, []),
    )
  }
}

/**
 * One for each lookup: a channel of c-ares remembers how fast and how well its servers answered, and would have less
 * patience with one name because of others. It takes some 15 µs, and whatever /etc/resolv.conf says now.
 */
function systemResolver(): dns.Resolver {
  return new dns.Resolver({ timeout: tryMs, maxTimeout: tryMs, tries })
}

/** @throws Error with the code ENOTFOUND or EAI_AGAIN: neither kind of address was had */
async function ask(resolver: dns.Resolver, name: string): Promise<LookupAddress[]> {
  const [ipv4, ipv6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  const addresses = [...withFamily(ipv4, 4), ...withFamily(ipv6, 6)]
  if (addresses.length > 0) return addresses
  throw coded(isUnknown(ipv4) && isUnknown(ipv6) ? 'ENOTFOUND' : 'EAI_AGAIN')
}

function withFamily(result: PromiseSettledResult<string[]>, family: 4 | 6): LookupAddress[] {
  return result.status === 'fulfilled' ? result.value.map((address) => ({ address, family })) : []
}

function isUnknown(result: PromiseSettledResult<string[]>): boolean {
  return result.status === 'fulfilled' || unknownCodes.includes((result.reason as NodeJS.ErrnoException).code)
}

/** What is asked for before the name itself. A dot at the end says that the name is whole. */
function completed(hostname: string, { domains, dotsMin }: Search): string[] {
  const isWhole = hostname.endsWith('.') || hostname.split('.').length > dotsMin
  return isWhole ? [] : domains.map((domain) => `${hostname}.${domain}`)
}
