// Posts events to several nodes in turn, as a load balancer does. A node that does not answer is skipped for a while,
// and a post that could not be sent to it is sent to the next node. A post whose connection broke is repeated only if
// its event has its own id.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Node, Nodes } from './nodes.ts'
import type { NumberedEvent, PostBook, PostEnd } from './post-book.ts'

export interface BalancedLoad {
  /** Nodes that may fail now, by place. Failed posts to all other nodes are added to `failures`. */
  impaired: ReadonlySet<number>
  readonly failures: readonly string[]
  /** Posts one event to this node. Returns the event, or null if the node did not accept it. */
  probe(node: Node): Promise<NumberedEvent | null>
  /** Posts many events to one node at once. */
  burst(node: Node, count: number): Promise<void>
  stop(): Promise<void>
}

const loops = 6
const pauseMs = 25
/** How long a failed node is skipped. Longer than a post may take, so that only one post at a time tries the node. */
const restMs = 1_000
const triesMax = 6

export function startBalancedLoad(nodes: Nodes, book: PostBook): BalancedLoad {
  const failures: string[] = []
  const restingUntil = new Map<Node, number>()
  let turn = 0
  const stopping = new AbortController()

  const pick = (): Node | undefined => {
    for (let tries = 0; tries < nodes.all.length; tries++) {
      const node = nodes.all[turn++ % nodes.all.length]
      const until = node === undefined ? undefined : restingUntil.get(node)
      if (node === undefined || (until !== undefined && until > Date.now())) continue
      if (until !== undefined) restingUntil.set(node, Date.now() + restMs)
      return node
    }
  }

  const postTo = async (node: Node, event: NumberedEvent): Promise<PostEnd> => {
    const { impaired } = load
    const end = await book.post(node.client, [event], true)
    if (end === 'broken' || end === 'unsent') restingUntil.set(node, Date.now() + restMs)
    else restingUntil.delete(node)
    // A post that began or ended while the node was impaired may have failed because of it.
    const expected = impaired.has(node.place) || load.impaired.has(node.place) || nodes.all[node.place] !== node
    if (end !== 'accepted' && !expected) failures.push(`node ${node.place}: event ${event.data.number} ${end}`)
    return end
  }

  const post = async (event: NumberedEvent): Promise<void> => {
    for (let tries = 0; tries < triesMax; tries++) {
      const node = pick()
      const end = node === undefined ? 'unsent' : await postTo(node, event)
      if (end === 'accepted' || end === 'unknown' || (end === 'broken' && event.id === undefined)) return
      if (node === undefined || end === 'refused') await sleep(50)
      if (end === 'refused') return
    }
  }

  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await post(book.nextEvent())
      await sleep(pauseMs)
    }
  }

  const running: Promise<unknown>[] = []
  const load: BalancedLoad = {
    impaired: new Set(),
    failures,
    async probe(node) {
      const event = book.nextEvent()
      return (await postTo(node, event)) === 'accepted' ? event : null
    },
    async burst(node, count) {
      const events = Array.from({ length: count }, () => book.nextEvent())
      await book.post(node.client, events, false)
    },
    async stop() {
      stopping.abort()
      await Promise.all(running)
    },
  }
  running.push(...Array.from({ length: loops }, loop))
  return load
}
