// Resolves the names of receivers with c-ares, not with `dns.lookup`.
//
// `dns.lookup` runs the system's getaddrinfo on libuv's four threads, and slow lookups get only two of them. A few
// names whose name servers do not answer would delay all other lookups for tens of seconds. c-ares needs no threads,
// and its lookups have a time limit. `machine-names.ts` implements the parts of getaddrinfo that c-ares lacks.

import { promises as dns } from 'node:dns'
import type { LookupAddress } from 'node:dns'
import { limits } from '../domain/limits.ts'
import { type Search, parseHosts, parseSearch, readSystemFile } from './machine-names.ts'
import { ownAddresses } from './own-addresses.ts'
import { coded } from './socket-error.ts'

/** Resolves a name to all of its addresses, as `dns.lookup` with `all` does. */
export type Lookup = (
  hostname: string,
  options: { readonly all: true },
  callback: (error: Error | null, addresses: LookupAddress[]) => void,
) => void

/** The parts that a test may replace. */
export interface LookupOptions {
  /** Creates the resolver of one lookup; by default it asks the name servers of the system. */
  readonly createResolver?: () => dns.Resolver
  /** The text of /etc/hosts; by default the file is read once. */
  readonly hosts?: string
  /** The text of /etc/resolv.conf, for the search list only; by default the file is read once. */
  readonly resolvConf?: string
  /** This machine's own addresses; by default the addresses of its interfaces. */
  readonly ownAddresses?: () => readonly string[]
}

/** The time that a name server has for one answer, and how often each name server is asked. */
const tryMs = 2000
const tries = 2

/** The name does not exist, or it has no address of that kind. Any other failure may be temporary. */
const unknownCodes: readonly unknown[] = ['ENOTFOUND', 'ENODATA', 'EBADNAME']

/**
 * A lookup that fails with getaddrinfo's codes: ENOTFOUND if the name has no address, EAI_AGAIN if this is not known
 * because a query failed. Concurrent lookups of one name share one result.
 */
export function createLookup(options: LookupOptions = {}): Lookup {
  const createResolver = options.createResolver ?? systemResolver
  const hosts = parseHosts(options.hosts ?? readSystemFile('/etc/hosts'))
  const search = parseSearch(options.resolvConf ?? readSystemFile('/etc/resolv.conf'))
  const own = options.ownAddresses ?? ownAddresses()
  /**
   * By name. There are at most as many as attempts in flight, plus those of attempts whose deadline passed while the
   * name servers still had time to answer.
   */
  const inFlight = new Map<string, Promise<LookupAddress[]>>()

  async function resolve(hostname: string): Promise<LookupAddress[]> {
    const known = hosts.get(hostname.replace(/\.$/, ''))
    if (known !== undefined) return inOrder(known)
    for (const name of completed(hostname, search)) {
      const found = await ask(createResolver(), name).catch(() => null)
      if (found !== null) return inOrder(found)
    }
    return inOrder(await ask(createResolver(), hostname))
  }

  /** The order of getaddrinfo (RFC 6724, 6): IPv6 first if this machine has a global IPv6 address, else IPv4 first. */
  function inOrder(addresses: readonly LookupAddress[]): LookupAddress[] {
    const first = own().some((address) => /^[23][0-9a-f]{3}:/.test(address)) ? 6 : 4
    return [
      ...addresses.filter(({ family }) => family === first),
      ...addresses.filter(({ family }) => family !== first),
    ]
  }

  return (hostname, _options, callback) => {
    let answer = inFlight.get(hostname)
    if (answer === undefined) {
      answer = resolve(hostname).finally(() => inFlight.delete(hostname))
      inFlight.set(hostname, answer)
    }
    // The callback runs on a stack of its own, so that an exception of it does not reject the promise.
    answer.then(
      (addresses) => process.nextTick(callback, null, addresses),
      (error: Error) => process.nextTick(callback, error, []),
    )
  }
}

/**
 * A new resolver for each lookup. A channel of c-ares keeps how fast and how reliably its servers answered, and would
 * wait for a shorter time for one name because of other names. Creating a resolver takes some 15 µs and reads the
 * current /etc/resolv.conf.
 */
function systemResolver(): dns.Resolver {
  return new dns.Resolver({ timeout: tryMs, maxTimeout: tryMs, tries })
}

/** @throws Error with the code ENOTFOUND or EAI_AGAIN if there is no address of either kind */
async function ask(resolver: dns.Resolver, name: string): Promise<LookupAddress[]> {
  const [asked4, asked6] = [settled(resolver.resolve4(name)), settled(resolver.resolve6(name))]
  const ipv4 = await asked4
  // Some name servers do not answer for IPv6 at all.
  const ipv6 = withFamily(ipv4, 4).length === 0 ? await asked6 : await within(asked6, limits.ipv6AnswerMs)
  const addresses = [...withFamily(ipv4, 4), ...withFamily(ipv6, 6)]
  if (addresses.length > 0) return addresses
  throw coded(isUnknown(ipv4) && isUnknown(ipv6) ? 'ENOTFOUND' : 'EAI_AGAIN')
}

async function settled(query: Promise<string[]>): Promise<PromiseSettledResult<string[]>> {
  const [result] = await Promise.allSettled([query])
  return result
}

/** The result, or an empty one if it takes longer. */
async function within(
  query: Promise<PromiseSettledResult<string[]>>,
  timeoutMs: number,
): Promise<PromiseSettledResult<string[]>> {
  const { promise: tooLate, resolve } = Promise.withResolvers<PromiseSettledResult<string[]>>()
  const timer = setTimeout(resolve, timeoutMs, { status: 'fulfilled', value: [] })
  try {
    return await Promise.race([query, tooLate])
  } finally {
    clearTimeout(timer)
  }
}

function withFamily(result: PromiseSettledResult<string[]>, family: 4 | 6): LookupAddress[] {
  return result.status === 'fulfilled' ? result.value.map((address) => ({ address, family })) : []
}

function isUnknown(result: PromiseSettledResult<string[]>): boolean {
  return result.status === 'fulfilled' || unknownCodes.includes((result.reason as NodeJS.ErrnoException).code)
}

/** The names to look up before the name itself. A dot at the end means that the name is complete. */
function completed(hostname: string, { domains, dotsMin }: Search): string[] {
  const isComplete = hostname.endsWith('.') || hostname.split('.').length > dotsMin
  return isComplete ? [] : domains.map((domain) => `${hostname}.${domain}`)
}
