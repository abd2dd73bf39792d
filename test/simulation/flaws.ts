// Defects that are planted on purpose to test the checks: a simulation that never finds a defect proves nothing.

import type { Database } from '../../src/store/sqlite/database.ts'
import type { ClaimRequest } from '../../src/contracts/lease-store.ts'
import type { CommitBatch } from '../../src/contracts/commit-store.ts'
import type { Incarnation } from '../../src/domain/ids.ts'
import { hour } from '../../src/domain/time.ts'
import type { Roles } from './roles.ts'

export const flaws = [
  'loses commits',
  'stores half of an event',
  'lets nodes record deliveries that they do not hold',
  'lets two nodes claim one delivery',
  'lets nodes claim deliveries before they are due',
  'never releases the deliveries of dead nodes',
  'answers before every node knows of the change',
  'answers commits before they take effect',
] as const

export type Flaw = (typeof flaws)[number]

/** The database with a flaw. */
export function withFlaw(db: Database, roles: Roles, flaw: Flaw): Roles {
  const broken = { ...roles }
  switch (flaw) {
    case 'loses commits':
      broken.commit = (batch) =>
        batch.events.length > 0 && batch.events.length % 3 === 0
          ? {
              events: batch.events.map(() => ({ kind: 'stored' })),
              fenced: [],
              remoteHealth: [],
              disabled: [],
              told: false,
            }
          : roles.commit(batch)
      return broken
    case 'stores half of an event':
      broken.commit = (batch) => roles.commit({ ...batch, events: batch.events.map(halved) })
      return broken
    case 'lets nodes record deliveries that they do not hold':
      broken.commit = (batch) => {
        for (const { delivery } of batch.moves) hold(batch.node, delivery)
        db.run('INSERT OR IGNORE INTO nodes VALUES (?, 0, 0)', batch.node)
        return roles.commit(batch)
      }
      return broken
    case 'lets two nodes claim one delivery':
      broken.claim = (node: Incarnation, now: number, requests: readonly ClaimRequest[]) => {
        db.run('UPDATE deliveries SET node = NULL WHERE status = 0 AND node <> ?', node)
        return roles.claim(node, now, requests)
      }
      return broken
    case 'lets nodes claim deliveries before they are due':
      broken.dueEndpoints = (now, most) => roles.dueEndpoints(now + hour, most)
      broken.claim = (node, now, requests) => roles.claim(node, now + hour, requests)
      return broken
    case 'never releases the deliveries of dead nodes':
      broken.join = (now) => {
        db.run('INSERT INTO nodes (started_at, heartbeat_at) VALUES (?, ?)', now, now)
        return db.get<{ last: Incarnation }>('SELECT max(incarnation) AS last FROM nodes')?.last as Incarnation
      }
      broken.takeOver = () => []
      return broken
    // Planted in link.ts.
    case 'answers before every node knows of the change':
    case 'answers commits before they take effect':
      return roles
  }

  function hold(node: Incarnation, delivery: string): void {
    db.run('UPDATE deliveries SET node = ? WHERE id = ?', node, delivery)
  }
}

function halved(event: CommitBatch['events'][number]): CommitBatch['events'][number] {
  return event.deliveries.length < 2 ? event : { ...event, deliveries: event.deliveries.slice(1) }
}
