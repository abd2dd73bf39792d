// Waits for the egress proxy. While it is away or refuses Posthorn, deliveries stay in memory and nothing is recorded. Each
// endpoint has its own wait, because a proxy may fail for one target only: no customer can delay another one.

import { LRUCache } from 'lru-cache'
import type { EndpointKey } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'

interface Wait {
  readonly ms: number
  /** By `Clock.elapsed`. */
  readonly until: number
}

export class ProxyWaits {
  readonly #waits = new LRUCache<EndpointKey, Wait>({ max: limits.waitingEndpointsMax })

  /** How long the deliveries of an endpoint still wait, ms; 0: they may be sent. `now` is `Clock.elapsed`. */
  left(endpoint: EndpointKey, now: number): number {
    if (this.#waits.size === 0) return 0
    return Math.max(0, (this.#waits.get(endpoint)?.until ?? 0) - now)
  }

  /** The proxy failed for a delivery of the endpoint. Returns how long its deliveries wait, ms. */
  failed(endpoint: EndpointKey, now: number): number {
    // Several deliveries of an endpoint may fail at once.
    const left = this.left(endpoint, now)
    if (left > 0) return left
    const before = this.#waits.get(endpoint)?.ms ?? 0
    const ms = Math.min(Math.max(limits.proxyAgainMs, before * 2), limits.proxyAgainMsMax)
    this.#waits.set(endpoint, { ms, until: now + ms })
    return ms
  }

  /** A delivery of the endpoint was sent. */
  ended(endpoint: EndpointKey): void {
    if (this.#waits.size > 0) this.#waits.delete(endpoint)
  }
}
