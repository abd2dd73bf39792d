// Several nodes on one PostgreSQL: real processes, each with its own client.

import { createOperatorClient, type OperatorClient } from './operator-client.ts'
import { createInstallation, type Installation, type ServerProcess, startServer } from './server-process.ts'

export interface Node {
  /** Its index among the nodes, from 0. After a restart another process has this place. */
  readonly place: number
  readonly server: ServerProcess
  readonly client: OperatorClient
}

export interface Nodes {
  /** The nodes, by place. */
  readonly all: readonly Node[]
  readonly installation: Installation
  at(place: number): Node
  /** Starts another process in a place. The previous process must have ended. */
  replace(place: number): Promise<Node>
  /** Starts one more node. */
  add(env?: Readonly<Record<string, string>>): Promise<Node>
  close(): Promise<void>
}

/** The timeout of requests, in ms. It is short, because some tests pause a node. */
const requestMsMax = 5_000

export async function startNodes(
  count: number,
  databaseUrl: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Nodes> {
  const installation = await createInstallation()
  const all: Node[] = []
  const settings = { POSTHORN_DATABASE: databaseUrl, POSTHORN_RATE_LIMITS: 'off', ...env }

  const start = async (place: number, more: Readonly<Record<string, string>> = {}): Promise<Node> => {
    const server = await startServer(installation, { ...settings, ...more })
    const client = createOperatorClient(server.url, installation.operatorKey, 64, requestMsMax)
    return { place, server, client }
  }

  const nodes: Nodes = {
    all,
    installation,
    at(place) {
      const node = all[place]
      if (node === undefined) throw new Error(`there is no node ${place}`)
      return node
    },
    async replace(place) {
      const before = nodes.at(place)
      const node = await start(place)
      all[place] = node
      await before.client.close()
      return node
    },
    async add(more) {
      const node = await start(all.length, more)
      all.push(node)
      return node
    },
    async close() {
      await Promise.all(all.map(({ client }) => client.close()))
      await Promise.all(all.map(({ server }) => server.kill('SIGKILL')))
      await installation.remove()
    },
  }
  try {
    const started = await Promise.allSettled(Array.from({ length: count }, (_, place) => start(place)))
    for (const result of started) if (result.status === 'fulfilled') all.push(result.value)
    for (const result of started) if (result.status === 'rejected') throw result.reason
    return nodes
  } catch (error) {
    await nodes.close()
    throw error
  }
}
