// The egress guard. Every connection of a delivery passes through it, and no code may open a connection around it.
//
// A name is resolved once per connection. Refused addresses of the result are left out, and the socket is pinned to the
// others. A name that resolves differently a moment later (DNS rebinding) therefore gains nothing. The peer's address is
// checked once more before the caller gets the socket, in case the earlier check is wrong.
//
// An egress proxy is told a checked address, never the name, unless the operator leaves names to it.

import type { LookupAddress } from 'node:dns'
import { isIP, type Socket } from 'node:net'
import type { AddressPolicy } from './address-policy.ts'
import { BlockedError, type Connect } from './connect.ts'
import type { EgressProxy } from './egress-proxy.ts'
import { type Lookup, createLookup } from './lookup.ts'
import { type Opened, race } from './race.ts'
import { coded } from './socket-error.ts'
import { openTcp } from './tcp.ts'
import { createTlsConnect } from './tls.ts'

/** An early check of URLs, and the one way to open a connection. */
export interface Guard {
  /**
   * Why a URL is refused for an endpoint, as far as this is known without DNS: `10.0.0.5 is a private address`. Null: there
   * is no reason.
   */
  refusesUrl(url: URL): string | null
  /** Connects to an allowed address of the target, with verified TLS of version 1.2 or later. */
  readonly connect: Connect
}

/** The parts that a test may replace, and what the operator adds. */
export interface GuardOptions {
  /** The resolver; the one of `createLookup` by default. */
  readonly lookup?: Lookup
  /** Certificates of authorities that are trusted besides the usual ones, PEM. */
  readonly authorities?: readonly string[]
  /** The proxy through which connections are opened; default: none. */
  readonly proxy?: EgressProxy | null
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
  const lookup = checkedLookup(policy, options.lookup ?? createLookup())
  const secure = createTlsConnect(options.authorities ?? [])
  const proxy = options.proxy ?? null

  const connect: Connect = (target, done, onRead, began = () => {}) => {
    const { port, isTls } = target
    const host = withoutDot(target.hostname)
    const plainOnRead = isTls ? undefined : onRead
    const isDirect = proxy === null || proxy.excepts(host)
    let cancel = (): void => {}
    let isCancelled = false
    const finish: typeof done = (error, socket) => {
      if (!isCancelled) done(error, socket)
      else socket?.destroy()
    }
    const opened: Opened = (error, socket) => {
      if (socket === null) finish(error, null)
      else if (isTls) {
        began('tls')
        cancel = secure(target, socket, finish, onRead)
      } else finish(null, socket)
    }
    const open = (addresses: readonly LookupAddress[]): void => {
      began('connect')
      const openOne = (address: LookupAddress, openedOne: Opened): (() => void) =>
        isDirect || proxy.excepts(address.address)
          ? openTcp(address, port, checkedPeer(policy, openedOne), plainOnRead)
          : proxy.open(address.address, port, openedOne, plainOnRead)
      cancel = race(addresses, openOne, opened)
    }
    const isName = isIP(host) === 0
    const leavesName = !isDirect && proxy.resolves && isName
    const refusal = refusesPort(String(port)) ?? (leavesName ? refusesHost(policy, host) : null)
    if (refusal !== null) process.nextTick(finish, new BlockedError(refusal), null)
    else if (leavesName) {
      began('connect')
      cancel = proxy.open(host, port, opened, plainOnRead)
    } else {
      if (isName) began('name')
      lookup(target.hostname, (error, addresses) => {
        if (isCancelled) return
        if (error !== null) finish(error, null)
        else open(addresses)
      })
    }
    return () => {
      isCancelled = true
      cancel()
    }
  }

  return { refusesUrl: (url) => refusesUrl(policy, url), connect }
}

function refusesUrl(policy: AddressPolicy, url: URL): string | null {
  return refusesPort(url.port) ?? refusesHost(policy, withoutDot(url.hostname.replace(/^\[(.*)\]$/, '$1')))
}

/** Why a host, without a dot at its end, is refused as far as this is known without DNS. */
function refusesHost(policy: AddressPolicy, host: string): string | null {
  if (isIP(host) !== 0) return refusesAddress(policy, host)
  if (!hostPattern.test(host)) return 'the host is not a valid host name'
  if (host === 'localhost' || host.endsWith('.localhost')) return refusesAddress(policy, '127.0.0.1', host)
  return localSuffixes.some((suffix) => host.endsWith(suffix)) ? `${host} is a name of a local network` : null
}

function refusesPort(port: string): string | null {
  return Number(port) > wellKnownPortMax || webPorts.includes(port)
    ? null
    : `port ${port} is neither 80, 443 nor above ${wellKnownPortMax}`
}

function refusesAddress(policy: AddressPolicy, address: string, shown = address): string | null {
  const refused = policy.refuses(address)
  return refused === null ? null : `${shown} is ${refused}`
}

/** Resolves a name to its allowed addresses. Calls back with an error, or with at least one address. */
function checkedLookup(
  policy: AddressPolicy,
  lookup: Lookup,
): (hostname: string, callback: (error: Error | null, addresses: readonly LookupAddress[]) => void) => void {
  return (hostname, callback) => {
    const check = (error: Error | null, addresses: readonly LookupAddress[]): void => {
      if (error !== null) return callback(error, [])
      const refusals = addresses.map(({ address }) => refusesAddress(policy, address))
      const allowed = addresses.filter((_address, index) => refusals[index] === null)
      const refusal = refusals.find((reason) => reason !== null)
      if (allowed.length > 0) callback(null, allowed)
      else if (refusal === undefined) callback(coded('ENOTFOUND'), [])
      else callback(new BlockedError(refusal), [])
    }
    const family = isIP(hostname)
    if (family === 0) lookup(hostname, { all: true }, check)
    else process.nextTick(check, null, [{ address: hostname, family }])
  }
}

/** Passes on only a socket whose peer is allowed. */
function checkedPeer(policy: AddressPolicy, opened: Opened): Opened {
  return (error, socket) => {
    const failure = socket === null ? error : refusesPeer(policy, socket)
    if (failure === null) return opened(null, socket)
    socket?.destroy()
    opened(failure, null)
  }
}

function refusesPeer(policy: AddressPolicy, socket: Socket): Error | null {
  const { remoteAddress } = socket
  if (remoteAddress === undefined) return coded('ECONNRESET')
  const refusal = refusesAddress(policy, remoteAddress)
  return refusal === null ? null : new BlockedError(refusal)
}

/** A host without the dot at its end, which in DNS says that the name is complete. */
export function withoutDot(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host
}
