// Where a request comes from, and the URL under which its caller reaches this service. Proxies report both in headers,
// but any caller can send these headers, so they are believed only from proxies that the operator trusts. Host is
// written by the caller too, so that no link is made from it.

import type { IncomingMessage } from 'node:http'
import { isIP, type Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import ipaddr from 'ipaddr.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** The address of the caller, behind trusted proxies. */
    readonly clientAddress: string
    /** The URL under which callers reach this front, without a slash at its end. */
    readonly publicUrl: string
  }
}

export interface Origins {
  /** Whether a proxy at the address is believed. The address is a valid one. */
  readonly isTrusted: (address: string) => boolean
  /** The public URLs by name of the front; `''`: of all other fronts. */
  readonly publicUrls: ReadonlyMap<string, string>
}

/** The words of a proxy about the request that it received. Null: nothing, or nothing usable. */
interface Hop {
  readonly address: string | null
  readonly protocol: string | null
  readonly host: string | null
}

export function addClientAddress(app: FastifyInstance, origins: Origins): void {
  app.decorateRequest('clientAddress', {
    getter(this: FastifyRequest) {
      return clientOf(this.raw, origins).address
    },
  })
}

export function addPublicUrl(scope: FastifyInstance, origins: Origins, front: string): void {
  const fixed = origins.publicUrls.get(front) ?? origins.publicUrls.get('')
  scope.decorateRequest('publicUrl', {
    getter(this: FastifyRequest) {
      return fixed ?? urlSeenBy(clientOf(this.raw, origins).said, this.raw)
    },
  })
}

/** Whether the peer of a connection is believed. To parse an address takes longer than the lookup of an endpoint. */
const trustedPeers = new WeakMap<Socket, boolean>()

/** The caller's address, and the words of the outermost trusted proxy about the caller's request. */
function clientOf({ socket, headers }: IncomingMessage, { isTrusted }: Origins): { address: string; said: Hop | null } {
  let address = socket.remoteAddress ?? ''
  let said: Hop | null = null
  let isPeerTrusted = trustedPeers.get(socket)
  if (isPeerTrusted === undefined) {
    isPeerTrusted = isIP(address) !== 0 && isTrusted(address)
    trustedPeers.set(socket, isPeerTrusted)
  }
  if (!isPeerTrusted) return { address, said }
  for (const hop of hopsOf(headers).toReversed()) {
    said = hop
    if (hop.address === null) break
    address = hop.address
    if (!isTrusted(address)) break
  }
  return { address, said }
}

function urlSeenBy(said: Hop | null, { socket, headers }: IncomingMessage): string {
  const host = said === null ? undefined : (said.host ?? headers.host)
  if (host !== undefined && /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host)) {
    return `${said?.protocol === 'https' ? 'https' : 'http'}://${host}`
  }
  const local = ipaddr.process(socket.localAddress ?? '127.0.0.1').toString()
  // A request that came without a connection has no port (library/fetch.ts).
  const port = socket.localPort === undefined ? '' : `:${socket.localPort}`
  return `http://${local.includes(':') ? `[${local}]` : local}${port}`
}

/**
 * The hops of a request, the caller first. A proxy that writes one kind of header passes on what the caller wrote in the
 * other kind, so that neither is believed if a request has both.
 */
function hopsOf(headers: IncomingMessage['headers']): Hop[] {
  const { forwarded } = headers
  const addresses = textOf(headers['x-forwarded-for'])
  const protocol = lastOf(textOf(headers['x-forwarded-proto']))
  const host = lastOf(textOf(headers['x-forwarded-host']))
  const hasOthers = addresses !== '' || protocol !== null || host !== null
  if (forwarded !== undefined) return hasOthers ? [] : forwardedHops(forwarded)
  return hasOthers ? addresses.split(',').map((text) => ({ address: addressIn(text), protocol, host })) : []
}

/** The elements of `Forwarded` (RFC 7239). */
function forwardedHops(text: string): Hop[] {
  const elements = text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? []
  return elements.map((element) => {
    const pairs = element.matchAll(/(?:^|;)\s*(\w+)=(?:"([^"\\]*)"|([^;\s"]*))/g)
    const fields = new Map(
      Array.from(pairs, ([, name = '', quoted, plain]) => [name.toLowerCase(), quoted ?? plain ?? '']),
    )
    return {
      address: addressIn(fields.get('for') ?? ''),
      protocol: fields.get('proto')?.toLowerCase() ?? null,
      host: fields.get('host') ?? null,
    }
  })
}

/** An address that may have a port. */
function addressIn(text: string): string | null {
  const trimmed = text.trim()
  const address = /^\[(.+)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed
  return isIP(address) === 0 ? null : address
}

function textOf(header: string | string[] | undefined): string {
  return Array.isArray(header) ? header.join(',') : (header ?? '')
}

function lastOf(list: string): string | null {
  return list === '' ? null : (list.split(',').at(-1)?.trim().toLowerCase() ?? null)
}
