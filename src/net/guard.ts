// The egress guard: every connection of a delivery passes here, and none may be opened around it.
//
// A name is resolved once per connection, every address of the answer is checked, and the socket is pinned to that
// answer, so a name that resolves differently a moment later (rebinding) gains nothing. Literal addresses are
// checked apart, because the socket never asks `lookup` about them. The peer's address is checked once more before
// the socket is handed over, in case all of that is wrong.

import { isIP } from 'node:net'
import type { LookupFunction, Socket } from 'node:net'
import { buildConnector } from 'undici'
import type { AddressPolicy } from './address-policy.ts'
import { type Lookup, createLookup } from './lookup.ts'
import { coded } from './socket-error.ts'

/** The guard's refusal. The message suits outsiders; `reason` may tell what a private name resolves to. */
export class BlockedError extends Error {
  readonly code = 'BLOCKED'
  readonly reason: string

  constructor(reason: string) {
    super('blocked: not a public address')
    this.name = 'BlockedError'
    this.reason = reason
  }
}

/** An undici connector that also returns the socket under way, so that it can be given up; null where it is refused. */
export type GuardedConnector = (options: buildConnector.Options, callback: buildConnector.Callback) => Socket | null

/** The early check of a URL and the guarded way to connect. */
export interface Guard {
  /** Why a URL cannot be an endpoint's, as far as it can be told without DNS; null where nothing speaks against it. */
  refusesUrl(url: URL): string | null
  /** Connects, with TLS verified and at least 1.2, or fails with `BlockedError` or the socket's error. */
  readonly connector: GuardedConnector
}

/** What a test may replace. */
export interface GuardOptions {
  /** The resolver; `createLookup`'s by default. */
  readonly lookup?: Lookup
}

const localSuffixes = ['.local', '.internal', '.home.arpa']

/** Of the ports below 1024 only the web's own: the others are other protocols', and some of them read an HTTP request. */
const wellKnownPortMax = 1023
const webPorts: readonly string[] = ['', '80', '443']

/** As DNS has it (RFC 1035, 2.3.4): at most 253 characters, in labels of 1 to 63. */
const hostPattern = /^(?!.{254})[^.]{1,63}(\.[^.]{1,63})*$/

/** The guard of one policy. */
export function createGuard(policy: AddressPolicy, options: GuardOptions = {}): Guard {
  const connect = buildConnector({
    allowH2: false,
    // Stated, because NODE_TLS_REJECT_UNAUTHORIZED would otherwise decide.
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    // The sender's deadline covers the connection too, and gives the socket up.
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
      // One refused address spoils the answer: no honest name mixes public and private ones.
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

/** SNI and certificates know no trailing dot (RFC 6066, 3), while for DNS it means: do not try search domains. */
function withServerName(to: buildConnector.Options): buildConnector.Options {
  return to.hostname.endsWith('.') ? { ...to, servername: withoutDot(to.hostname) } : to
}

function withoutDot(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host
}
