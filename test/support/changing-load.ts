// Customers of the `standard` dialect under load on several nodes, with one tenant per kind of change. The receiver
// stores requests by path, to show which requests still arrive after the answer to a change.

import { setTimeout as sleep } from 'node:timers/promises'
import { expectStatus } from './operator-client.ts'
import type { Node, Nodes } from './nodes.ts'
import { type ReceivedRequest, startReceiver } from './receiver.ts'

export interface ChangingLoad {
  /** The URL of the receiver. */
  readonly url: string
  readonly posted: number
  /** Answers to posts that are not 202. */
  readonly refused: readonly string[]
  arrivedAt(path: string): readonly ReceivedRequest[]
  /** Creates a tenant, and posts events for it to all nodes in turn until `close`. */
  startTenant(tenant: string): Promise<void>
  untilArrived(path: string, count: number, since?: number): Promise<void>
  close(): Promise<void>
}

const loopsPerTenant = 3
const pauseMs = 15
const arrivalMsMax = 10_000

export async function startChangingLoad(nodes: Nodes): Promise<ChangingLoad> {
  const byPath = new Map<string, ReceivedRequest[]>()
  const receiver = await startReceiver({
    keep: false,
    behave(request) {
      const requests = byPath.get(request.path)
      if (requests === undefined) byPath.set(request.path, [request])
      else requests.push(request)
      return {}
    },
  })
  const refused: string[] = []
  const loops: Promise<void>[] = []
  let posted = 0
  const stopping = new AbortController()

  const loop = async (tenant: string): Promise<void> => {
    while (!stopping.signal.aborted) {
      const node = nodes.at(posted++ % nodes.all.length)
      const answer = await node.client.postEvent({ tenant, type: 'a', data: {} })
      if (answer.status !== 202) refused.push(`${answer.status} ${JSON.stringify(answer.body)}`)
      await sleep(pauseMs)
    }
  }

  const arrivedAt = (path: string): readonly ReceivedRequest[] => byPath.get(path) ?? []
  return {
    url: receiver.url,
    get posted() {
      return posted
    },
    refused,
    arrivedAt,
    async startTenant(tenant) {
      await nodes.at(0).client.createTenant({ id: tenant, dialect: 'standard' })
      for (let i = 0; i < loopsPerTenant; i++) loops.push(loop(tenant))
    },
    async untilArrived(path, count, since = 0) {
      const giveUpAt = Date.now() + arrivalMsMax
      while (arrivedAt(path).filter(({ receivedAt }) => receivedAt >= since).length < count) {
        if (Date.now() > giveUpAt) throw new Error(`fewer than ${count} requests came to ${path}`)
        await sleep(5)
      }
    },
    async close() {
      stopping.abort()
      await Promise.allSettled(loops)
      await receiver.close()
    },
  }
}

export interface Answered {
  readonly body: unknown
  /** When the caller had the answer, in milliseconds since 1970. */
  readonly at: number
}

/** Changes an endpoint through one node. */
export async function change(
  { client }: Pick<Node, 'client'>,
  method: 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<Answered> {
  const answer = await client.call(method, path, body)
  const at = Date.now()
  return { body: expectStatus(answer, method === 'DELETE' ? 204 : 200), at }
}
