// Nodes, a receiver, and callers that publish in their own transactions on PostgreSQL.

import type { TestContext } from 'node:test'
import pg from 'pg'
import { type Nodes, startNodes } from './nodes.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import { testDatabase } from './test-database.ts'

export interface Site {
  readonly nodes: Nodes
  readonly receiver: Receiver
  /** The schema of the nodes. */
  readonly schema: string
  /** The address of the server, with the superuser. */
  readonly serverUrl: string
  /** A caller of the superuser. */
  readonly caller: pg.Client
  /** Publishes an event in the caller's transaction. */
  publish(tenant: string, number: number, type?: string): Promise<void>
  /** Connects to the server, with another role if the address names one. */
  connect(url?: string): Promise<pg.Client>
  /** The numbers of the events that arrived, in the order of their arrival. */
  arrived(): number[]
}

/** Nodes with the tenant `acme`, whose endpoint wants every event. */
export async function startSite(t: TestContext, nodeCount: number): Promise<Site> {
  // Ends what exists, the last one first, also if a later step fails.
  const ends = new AsyncDisposableStack()
  t.after(() => ends.disposeAsync())
  const database = await testDatabase()
  ends.defer(() => database.drop())
  const { searchParams } = new URL(database.url)
  const schema = searchParams.get('schema') ?? ''
  const serverUrl = database.url.split('?')[0] ?? ''
  const receiver = await startReceiver()
  ends.defer(() => receiver.close())
  const nodes = await startNodes(nodeCount, database.url)
  ends.defer(() => nodes.close())
  const connect = async (url = serverUrl): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url })
    ends.defer(() => client.end())
    await client.connect()
    return client
  }
  const caller = await connect()
  const site: Site = {
    nodes,
    receiver,
    schema,
    serverUrl,
    caller,
    connect,
    async publish(tenant, number, type = 'call.received') {
      await caller.query(`SELECT ${schema}.posthorn_publish($1, $2, $3)`, [tenant, type, { number }])
    },
    arrived: () => receiver.requests.map(({ body }) => numberIn(body.toString())),
  }
  await addTenant(site, 'acme')
  return site
}

export async function addTenant({ nodes, receiver }: Site, id: string): Promise<void> {
  const { client } = nodes.at(0)
  await client.createTenant({ id, dialect: 'standard' })
  await client.createEndpoint(id, { url: `${receiver.url}/${id}`, eventTypes: ['*'] })
}

function numberIn(body: string): number {
  return Number(/"number":\s*(\d+)/.exec(body)?.[1])
}

export async function count({ caller, schema }: Site, table: string, condition = 'true'): Promise<number> {
  const { rows } = await caller.query<{ count: string }>(`SELECT count(*) FROM ${schema}.${table} WHERE ${condition}`)
  return Number(rows[0]?.count)
}
