// The customer's side of a run under load: four endpoints of one tenant of Allo's dialect. Their receiver records every
// arrival. It succeeds, answers slowly, or fails the first attempts.

import { hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import type { Arrival } from './history.ts'
import type { OperatorClient } from './operator-client.ts'
import { postedTypes } from './post-book.ts'
import { type Behaviour, type ReceivedRequest, startReceiver } from './receiver.ts'

export interface TimedArrival extends Arrival {
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface Bookkeeper {
  readonly arrivals: readonly TimedArrival[]
  /** The event types that each endpoint subscribes to, by path. */
  readonly subscriptions: ReadonlyMap<string, ReadonlySet<string>>
  /** Whether an event arrives at any endpoint within two seconds. */
  hasArrived(number: number): Promise<boolean>
  /** Creates the tenant and its endpoints. */
  register(client: OperatorClient, tenant: string): Promise<void>
  close(): Promise<void>
}

const signatureSampleEvery = 10
const arrivalMsMax = 2_000

const subscriptions: Bookkeeper['subscriptions'] = new Map([
  ['/received', new Set(['call.received'])],
  ['/calls', new Set(['call.received', 'call.completed'])],
  ['/messages', new Set(['sms.received'])],
  ['/all', new Set<string>(postedTypes)],
])

export interface BookkeeperOptions {
  /** How long the answer to an event takes, in ms; default: 30 ms for one event in 25. */
  readonly delayOf?: (path: string, number: number) => number
  /** Whether an endpoint hangs now; default: no endpoint hangs. */
  readonly hangs?: (path: string) => boolean
}

export async function startBookkeeper(options: BookkeeperOptions = {}): Promise<Bookkeeper> {
  const { delayOf = sometimes30ms, hangs = () => false } = options
  const arrivals: TimedArrival[] = []
  const secrets = new Map<string, string>()
  const failures = new Map<string, number>()

  const behave = (request: ReceivedRequest): Behaviour => {
    const number = numberIn(request.body)
    const failuresWanted = number % 50 === 7 ? 2 : number % 10 === 3 ? 1 : 0
    const key = `${request.path} ${number}`
    const failed = failures.get(key) ?? 0
    const hang = hangs(request.path)
    const status = hang ? 0 : failed < failuresWanted ? 500 : 200
    if (status === 500) failures.set(key, failed + 1)
    arrivals.push({
      endpoint: request.path,
      number,
      webhookId: String(request.headers['webhook-id']),
      bodyHash: hash('sha256', request.body),
      status,
      signatureValid: arrivals.length % signatureSampleEvery === 0 ? isSigned(request, secrets) : null,
      at: request.receivedAt,
    })
    if (hang) return { hang }
    const delayMs = delayOf(request.path, number)
    return delayMs === 0 ? { status } : { status, delayMs }
  }

  const receiver = await startReceiver({ keep: false, behave })
  return {
    arrivals,
    subscriptions,
    async register(client, tenant) {
      await client.createTenant({ id: tenant, dialect: 'allo' })
      const { key } = await client.createKey({ tenants: [tenant] })
      for (const [path, types] of subscriptions) {
        const endpoint = await client.createAlloEndpoint(key, { url: `${receiver.url}${path}`, topics: [...types] })
        secrets.set(path, endpoint.signing_secret)
      }
    },
    async hasArrived(number) {
      const giveUpAt = Date.now() + arrivalMsMax
      while (arrivals.findLast((arrival) => arrival.number === number) === undefined) {
        if (Date.now() > giveUpAt) return false
        await sleep(10)
      }
      return true
    },
    close: () => receiver.close(),
  }
}

/** Some answers take a moment, so that a crash interrupts requests in flight. */
function sometimes30ms(_path: string, number: number): number {
  return number % 25 === 1 ? 30 : 0
}

export function numberIn(body: Buffer): number {
  const { data } = JSON.parse(body.toString()) as { data: { number: number } }
  return data.number
}

function isSigned(request: ReceivedRequest, secrets: ReadonlyMap<string, string>): boolean {
  return isSignedWith(secrets.get(request.path) ?? '', request)
}

/** Verifies the signature with the library of Standard Webhooks, not with our code. */
export function isSignedWith(secret: string, { body, headers }: ReceivedRequest): boolean {
  try {
    new Webhook(secret).verify(
      body,
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    )
    return true
  } catch {
    return false
  }
}
