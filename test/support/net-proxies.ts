// For the tests of src/net: senders whose connections lead through a proxy.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createAddressPolicy } from '../../src/net/address-policy.ts'
import { createEgressProxy, type EgressProxyOptions } from '../../src/net/egress-proxy.ts'
import { createGuard, type Guard } from '../../src/net/guard.ts'
import type { Lookup } from '../../src/net/lookup.ts'
import { createSender, type HttpSender } from '../../src/net/sender.ts'
import { makeCertificate } from './certificate.ts'
import { type HttpProxy, type HttpProxyOptions, startHttpProxy } from './http-proxy.ts'
import { answers, httpReceiver, type Receiver, tryPost } from './net-receivers.ts'

export const certificate = makeCertificate()
const loopback = answers(['127.0.0.1'])
/** The value of Proxy-Authorization. */
export const basic = (user: string): string => `Basic ${Buffer.from(user).toString('base64')}`

export interface Way extends Partial<EgressProxyOptions> {
  readonly port: number
  readonly allowNetworks?: readonly string[]
  readonly proxyLookup?: Lookup
}

/** A guard whose connections lead through the proxy on a port of 127.0.0.1. Every name has the address 127.0.0.1. */
export function guardThrough({
  allowNetworks = ['127.0.0.0/8'],
  lookup = loopback,
  proxyLookup = loopback,
  ...proxy
}: Way): Guard {
  const defaults = { hostname: '127.0.0.1', authorization: null, resolves: false, except: [] }
  return createGuard(createAddressPolicy({ allowNetworks }), {
    lookup,
    authorities: [certificate?.cert ?? ''],
    proxy: createEgressProxy({ ...defaults, ...proxy, lookup: proxyLookup }),
  })
}

export function senderThrough(t: TestContext, way: Way): HttpSender {
  const sender = createSender({ guard: guardThrough(way) })
  t.after(() => sender.destroy())
  return sender
}

export async function realProxy(t: TestContext, options?: HttpProxyOptions): Promise<HttpProxy> {
  const proxy = await startHttpProxy(options)
  t.after(() => proxy.close())
  return proxy
}

export function okReceiver(t: TestContext): Promise<Receiver> {
  return httpReceiver(t, (request, response) => void request.resume().on('end', () => response.end('ok')))
}

/** Posts, and returns the reason why nothing was sent. */
export async function reasonNotSent(sender: HttpSender, url: string): Promise<string> {
  const result = await tryPost(sender, url)
  assert.ok('notSent' in result, JSON.stringify(result))
  return result.notSent
}
