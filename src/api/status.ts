// The state of the installation: its nodes, its backlog, its database.

import { Type } from 'typebox'
import { success } from '../domain/problem.ts'
import type { NodeFacts, NodeRow } from '../contracts/lease-store.ts'
import type { Store } from '../contracts/store.ts'
import { type AnyRoute, route } from '../http/route.ts'
import { Nullable, time, Time } from './shapes.ts'

export interface StatusSources {
  readonly store: Pick<Store, 'shared' | 'listNodes' | 'countWaiting' | 'storedBytes'>
  readonly engine: { readonly queued: number; readonly inFlight: number }
  /** Those of this node. */
  readonly facts: NodeFacts
  readonly database: 'sqlite' | 'postgres'
  readonly retention: { readonly historyDays: number; readonly auditDays: number }
}

const Count = Type.Integer({ minimum: 0 })

export const StatusSchema = Type.Object({
  version: Type.String({ description: 'The version of the node that answers.' }),
  nodes: Type.Array(
    Type.Object({
      id: Type.String({ description: 'Another one after each start.' }),
      startedAt: Time,
      version: Nullable(Type.String({ description: 'Null: an older Posthorn that does not say it.' })),
      role: Nullable(Type.Enum(['all', 'api', 'worker'])),
      isLive: Type.Boolean(),
      heartbeatAt: Nullable(Time),
    }),
    { description: 'Newest first, at most 100. On PostgreSQL, nodes that have stopped are listed for a day.' },
  ),
  waiting: Type.Integer({ minimum: 0, description: 'Pending deliveries that no node holds.' }),
  queued: Type.Integer({ minimum: 0, description: 'Deliveries in the memory of the node that answers.' }),
  inFlight: Type.Integer({ minimum: 0, description: 'Attempts under way on the node that answers.' }),
  database: Type.Object({ kind: Type.Enum(['sqlite', 'postgres']), bytes: Count }),
  retention: Type.Object(
    { historyDays: Type.Number(), auditDays: Type.Number() },
    { description: 'Days after which events with their deliveries, and audit records, are removed.' },
  ),
})

export function statusRoute({ store, engine, facts, database, retention }: StatusSources): AnyRoute {
  return route({
    method: 'GET',
    path: '/v1/status',
    operationId: 'getStatus',
    summary: 'Nodes, waiting deliveries, size of the database, retention',
    tag: 'Live',
    access: 'read',
    answers: { 200: StatusSchema },
    async handle() {
      const [nodes, waiting, bytes] = await Promise.all([store.listNodes(), store.countWaiting(), store.storedBytes()])
      const { queued, inFlight } = engine
      const storage = { kind: database, bytes }
      // On a database that is not shared, the only node is this one.
      const shapes = nodes.map((node) => nodeShape(store.shared ? node : { ...node, facts }))
      const { version } = facts
      const body = { version, nodes: shapes, waiting, queued, inFlight, database: storage, retention }
      return success({ status: 200, body })
    },
  })
}

function nodeShape({ incarnation, startedAt, facts, isLive, heartbeatAt }: NodeRow): object {
  return {
    id: String(incarnation),
    startedAt: time(startedAt),
    version: facts?.version ?? null,
    role: facts?.role ?? null,
    isLive,
    heartbeatAt: heartbeatAt === null ? null : time(heartbeatAt),
  }
}
