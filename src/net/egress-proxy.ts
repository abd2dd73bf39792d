// The egress proxy: connections to targets lead through tunnels that it opens.
//
// A proxy that is away or refuses Posthorn must not count against an endpoint, and an endpoint that fails must not count
// against the proxy. The behaviour of the proxy decides:
//
// | The proxy                                         | The delivery                                          |
// | ------------------------------------------------- | ----------------------------------------------------- |
// | cannot be connected to, or does not react         | waits, and so do all others for a moment              |
// | answers 407 with Proxy-Authenticate, 401 or 429   | waits                                                 |
// | answers something that is no HTTP                 | waits                                                 |
// | answers 5xx other than 501                        | fails: the target cannot be reached                   |
// | answers anything else that is not 2xx             | is blocked if a tunnel was opened lately; else waits  |
// | closes the connection without an answer           | fails if a tunnel was opened lately and the proxy     |
// |                                                   | still answers; else waits                             |
//
// A tunnel that was opened lately, for any target, shows that the proxy serves us.
//
// squid, tinyproxy, smokescreen and Envoy answer 5xx for a target that cannot be reached. squid and tinyproxy answer 403
// both for a target and for a client that they do not allow. smokescreen answers 407 without Proxy-Authenticate for a
// target that it does not allow. tinyproxy answers 401 to a wrong password. proxy-chain closes the connection if a target cannot be reached.

import type { LookupAddress } from 'node:dns'
import { isIP, type Socket } from 'node:net'
import { domainToASCII } from 'node:url'
import { limits } from '../domain/limits.ts'
import { networkTest } from './address-policy.ts'
import { BlockedError, type OnRead, ProxyUnavailable } from './connect.ts'
import type { Lookup } from './lookup.ts'
import { type Opened, race } from './race.ts'
import { coded, describeSocketError, proxyStatus } from './socket-error.ts'
import { openTcp } from './tcp.ts'
import { askForTunnel, type TunnelAnswer } from './tunnel.ts'

const noAnswer = 'it does not answer'

/** A proxy, as the operator describes it. */
export interface EgressProxyOptions {
  /** A name, or an address without brackets. */
  readonly hostname: string
  readonly port: number
  /** The value of Proxy-Authorization; null: none is sent. */
  readonly authorization: string | null
  /** Whether the proxy resolves names. */
  readonly resolves: boolean
  /** Targets that are reached directly: host names, suffixes that begin with a dot, CIDR ranges. */
  readonly except: readonly string[]
  readonly lookup: Lookup
}

export interface EgressProxy {
  /** Whether the proxy gets names instead of checked addresses. */
  readonly resolves: boolean
  /** Whether a host, a name without a dot at its end or an address, is reached without the proxy. */
  excepts(host: string): boolean
  /**
   * Opens a tunnel to a name or an address; `opened` is never called synchronously.
   *
   * @returns cancels: `opened` is not called any more
   */
  open(host: string, port: number, opened: Opened, onRead?: OnRead): () => void
}

/** @throws Error that contains the text of a malformed exception */
export function createEgressProxy(options: EgressProxyOptions): EgressProxy {
  return new ConnectProxy(options)
}

class ConnectProxy implements EgressProxy {
  readonly resolves: boolean
  readonly excepts: (host: string) => boolean
  readonly #options: EgressProxyOptions
  /** Why no tunnel can be opened to any target; null: the proxy answers, as far as is known. */
  #failure: ProxyUnavailable | null = null
  /** When the proxy is tried again although there is a failure. */
  #tryAgainAt = 0
  /** When the proxy last sent a byte, and when it last opened a tunnel. */
  #reactedAt = Number.NEGATIVE_INFINITY
  #openedAt = Number.NEGATIVE_INFINITY

  constructor(options: EgressProxyOptions) {
    this.#options = options
    this.resolves = options.resolves
    this.excepts = exceptionTest(options.except)
  }

  open(host: string, port: number, opened: Opened, onRead?: OnRead): () => void {
    const now = performance.now()
    let isOver = false
    let cancel = (): void => {}
    const finish: Opened = (error, socket) => {
      if (isOver) return
      isOver = true
      opened(error, socket)
    }
    if (this.#failure !== null && now < this.#tryAgainAt) process.nextTick(finish, this.#failure, null)
    else {
      // Until it is known whether the proxy is back, few connections try it, so that few attempts wait for it.
      this.#tryAgainAt = now + limits.proxyAgainMs
      cancel = this.#connect((error, socket) => {
        if (socket === null) finish(error, null)
        else cancel = this.#ask(socket, host, port, finish, onRead)
      })
    }
    return () => {
      isOver = true
      cancel()
    }
  }

  /** Connects to the proxy itself, in `limits.proxyAnswerMs`. */
  #connect(opened: Opened): () => void {
    const { hostname, port, lookup } = this.#options
    let isOver = false
    let cancelRace = (): void => {}
    const cancel = (): void => {
      isOver = true
      clearTimeout(timer)
      cancelRace()
    }
    const fail = (reason: string): void => {
      cancel()
      opened(this.#away(reason), null)
    }
    const timer = setTimeout(fail, limits.proxyAnswerMs, noAnswer)
    const connected: Opened = (error, socket) => {
      if (socket === null) return fail(describeSocketError(error ?? coded('ENOTFOUND')))
      clearTimeout(timer)
      opened(null, socket)
    }
    const start = (addresses: readonly LookupAddress[]): void => {
      cancelRace = race(addresses, (address, openedOne) => openTcp(address, port, openedOne), connected)
    }
    const family = isIP(hostname)
    if (family !== 0) start([{ address: hostname, family }])
    else {
      lookup(hostname, { all: true }, (error, addresses) => {
        if (isOver) return
        if (error === null && addresses.length > 0) start(addresses)
        else connected(error, null)
      })
    }
    return cancel
  }

  /** Asks for the tunnel. A proxy may be slow because the target is, so the only limit is the attempt's own deadline. */
  #ask(socket: Socket, host: string, port: number, opened: Opened, onRead?: OnRead): () => void {
    const { authorization } = this.#options
    const target = `${host.includes(':') ? `[${host}]` : host}:${port}`
    const credentials = authorization === null ? '' : `proxy-authorization: ${authorization}\r\n`
    const request = `CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n${credentials}\r\n`
    let cancelProbe = (): void => {}
    const fail = (error: Error): void => {
      cancel()
      opened(error, null)
    }
    const checkSilence = (): void => {
      const leftMs = this.#reactedAt + limits.proxyAnswerMs - performance.now()
      if (leftMs > 0) timer = setTimeout(checkSilence, leftMs)
      else cancelProbe = this.#probe((failure) => (failure === null ? checkSilence() : fail(failure)))
    }
    let timer = setTimeout(checkSilence, limits.proxyAnswerMs)
    const cancel = (): void => {
      clearTimeout(timer)
      cancelProbe()
      socket.on('error', () => {}).destroy()
    }
    askForTunnel(socket, request, this.#reacted, (answer) => {
      clearTimeout(timer)
      cancelProbe()
      if (answer.kind === 'closed' && this.#isTrusted()) {
        cancelProbe = this.#probe((failure, hasAnswered) => {
          fail(hasAnswered ? coded('PROXY_CLOSED') : (failure ?? new ProxyUnavailable(answer.error)))
        })
        return
      }
      const refusal = this.#judge(answer)
      if (refusal !== null) return fail(refusal)
      this.#openedAt = performance.now()
      opened(null, socket)
      if (onRead !== undefined) socket.on('data', onRead).resume()
    })
    return cancel
  }

  readonly #reacted = (): void => {
    this.#reactedAt = performance.now()
    this.#failure = null
  }

  /**
   * Finds out whether the proxy lives: it is asked something for which it connects nowhere.
   *
   * @param done `failure` is null if it reacts; `hasAnswered` is false if it only closes the connection
   * @returns cancels
   */
  #probe(done: (failure: ProxyUnavailable | null, hasAnswered: boolean) => void): () => void {
    let cancel = this.#connect((error, socket) => {
      if (socket === null) return done(error, false)
      const finish = (failure: ProxyUnavailable | null, hasAnswered = false): void => {
        cancel()
        done(failure, hasAnswered)
      }
      const timer = setTimeout(() => finish(this.#away(noAnswer)), limits.proxyAnswerMs)
      cancel = () => {
        clearTimeout(timer)
        socket
          .removeAllListeners()
          .on('error', () => {})
          .destroy()
      }
      const reacted = (bytes?: unknown): void => {
        this.#reacted()
        finish(null, Buffer.isBuffer(bytes))
      }
      socket.once('data', reacted).once('error', reacted).once('end', reacted)
      socket.write('GET / HTTP/1.0\r\n\r\n')
    })
    return () => cancel()
  }

  /** Whether the proxy opened a tunnel lately: then a refusal concerns the target. */
  #isTrusted(): boolean {
    return performance.now() - this.#openedAt < limits.proxyTrustMs
  }

  /** For a moment, no tunnel can be opened to any target. */
  #away(reason: string): ProxyUnavailable {
    this.#failure = new ProxyUnavailable(reason)
    this.#tryAgainAt = performance.now() + limits.proxyAgainMs
    return this.#failure
  }

  /** The table at the top. Null: the tunnel is open. */
  #judge(answer: TunnelAnswer): Error | null {
    if (answer.kind !== 'answered') return new ProxyUnavailable(answer.error)
    const { status, head } = answer
    if (status < 300) return null
    const text = `HTTP ${status}`
    const asksForPassword = status === 401 || (status === 407 && head.count('proxy-authenticate') > 0)
    if (asksForPassword || status === 429) return new ProxyUnavailable(text)
    if (status >= 500 && status !== 501) return coded(`${proxyStatus}${status}`)
    if (!this.#isTrusted()) return new ProxyUnavailable(text)
    return new BlockedError(text, `blocked: the egress proxy refuses the target (${text})`)
  }
}

/** @throws Error */
function exceptionTest(list: readonly string[]): (host: string) => boolean {
  const isRange = (entry: string): boolean => entry.includes('/') || isIP(entry) !== 0
  const isInRange = networkTest(list.filter(isRange))
  const names = list
    .filter((entry) => !isRange(entry))
    .map((entry) => {
      const name = domainToASCII(entry)
      if (!/^\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(name))
        throw new Error(
          `${entry} is not a host name, a suffix such as .example.com, or a CIDR range such as 10.0.0.0/8`,
        )
      return name
    })
  const hosts = new Set(names)
  const suffixes = names.filter((name) => name.startsWith('.'))
  return (host) =>
    isIP(host) === 0 ? hosts.has(host) || suffixes.some((suffix) => host.endsWith(suffix)) : isInRange(host)
}
