// The egress guard. Every connection of a delivery passes through it, and no code may open a connection around it.
//
// A name is resolved once per connection, every address of the result is checked, and the socket is pinned to that
// result. A name that resolves differently a moment later (DNS rebinding) therefore gains nothing. Literal addresses
// are checked separately, because the socket never calls `lookup` for them. The peer's address is checked once more
// before the caller gets the socket, in case the earlier checks are wrong.

import { isIP } from 'node:net'
import type { LookupFunction, Socket } from 'node:net'
import { buildConnector } from 'undici'
import type { AddressPolicy } from './address-policy.ts'
import { type Lookup, createLookup } from './lookup.ts'
import { coded } from './socket-error.ts'

/** The guard's refusal. Customers may see the message, but not `reason`: it may contain a private name's address. */
export class BlockedError extends Error {
  readonly code = 'BLOCKED'
  readonly reason: string

  constructor(reason: string) {
    super('blocked: not a public address')
    this.name = 'BlockedError'
    this.reason = reason
  }
}

/** An undici connector that also returns the connecting socket, so that it can be destroyed; null if it is refused. */
export type GuardedConnector = (options: buildConnector.Options, callback: buildConnector.Callback) => Socket | null

/** An early check of URLs, and a connector that checks every connection. */
export interface Guard {
  /** Why a URL is refused for an endpoint, as far as this is known without DNS; null if there is no reason. */
  refusesUrl(url: URL): string | null
  /** Connects, with verified TLS of version 1.2 or later. Fails with `BlockedError` or the socket's error. */
  readonly connector: GuardedConnector
}

/** The parts that a test may replace. */
export interface GuardOptions {
  /** The resolver; the one of `createLookup` by default. */
  readonly lookup?: Lookup
}

const localSuffixes = ['.local', '.internal', '.home.arpa']

/**
 * Up to this port only the web's own ports are allowed. The other ports belong to other protocols, and servers of some
 * of these protocols accept an HTTP request as input.
 */
const wellKnownPortMax = 1023
const webPorts: readonly string[] = ['', '80', '443']

/** The limits of DNS names (RFC 1035, 2.3.4): at most 253 characters, in labels of 1 to 63. */
const hostPattern = /^(?!.{254})[^.]{1,63}(\.[^.]{1,63})*$/

/** Creates the guard that enforces a policy. */
export function createGuard(policy: AddressPolicy, options: GuardOptions = {}): Guard {
  const connect = buildConnector({
    allowH2: false,
    // Set explicitly, because otherwise NODE_TLS_REJECT_UNAUTHORIZED would decide.
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    // The sender's deadline covers connecting too, and destroys the socket.
    timeout: 0,
    lookup: checkedLookup(policy, options.lookup ?? createLookup()),
  }) as GuardedConnector

  function connector(to: buildConnector.Options, callback: buildConnector.Callback): Socket | null {
    const refusal = refusesPort(to.port) ?? (isIP(to.hostname) === 0 ? null : policy.refuses(to.hostname))
    if (refusal !== null) {
      process.nextTick(callback, new BlockedError(refusal), null)
      return null
    }
    return connect(withServerName(to), (error, socket) => {
      if (error !== null) return callback(error, null)
      const wrongPeer = refusesPeer(policy, socket)
      if (wrongPeer === null) return callback(null, socket)
      socket.destroy()
      callback(wrongPeer, null)
    })
  }

  return { refusesUrl: (url) => refusesUrl(policy, url), connector }
}

function refusesUrl(policy: AddressPolicy, url: URL): string | null {
  const host = withoutDot(url.hostname.replace(/^\[(.*)\]$/, '$1'))
  const wrongPort = refusesPort(url.port)
  if (wrongPort !== null) return wrongPort
  if (isIP(host) !== 0) return policy.refuses(host)
  if (!hostPattern.test(host)) return 'not a host name'
  if (host === 'localhost' || host.endsWith('.localhost')) return policy.refuses('127.0.0.1')
  return localSuffixes.some((suffix) => host.endsWith(suffix)) ? 'local name' : null
}

function refusesPort(port: string): string | null {
  return Number(port) > wellKnownPortMax || webPorts.includes(port) ? null : `port ${port}`
}

function checkedLookup(policy: AddressPolicy, lookup: Lookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { all: true }, (error, addresses) => {
      if (error !== null) return callback(error, [])
      const [first] = addresses
      if (first === undefined) return callback(coded('ENOTFOUND'), [])
      // One refused address blocks the name: no honest name has both public and private addresses.
      for (const { address } of addresses) {
        const refusal = policy.refuses(address)
        if (refusal !== null) return callback(new BlockedError(`${refusal}: ${address}`), [])
      }
      if (options.all === true) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}

function refusesPeer(policy: AddressPolicy, socket: Socket): Error | null {
  const { remoteAddress } = socket
  if (remoteAddress === undefined) return coded('ECONNRESET')
  const refusal = policy.refuses(remoteAddress)
  return refusal === null ? null : new BlockedError(`${refusal}: ${remoteAddress}`)
}

/** SNI and certificates have no trailing dot (RFC 6066, 3). In DNS the dot means: do not try search domains. */
function withServerName(to: buildConnector.Options): buildConnector.Options {
  return to.hostname.endsWith('.') ? { ...to, servername: withoutDot(to.hostname) } : to
}

function withoutDot(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host
}
