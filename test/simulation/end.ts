// Checks the database at the end of a run, when no delivery is pending.

import type { PostEnd, Posted, Posts } from './posts.ts'
import type { World } from './world.ts'

interface EventRow {
  readonly id: string
  readonly tenant: string
  readonly deliveries: number
  readonly kept: number
}

export function checkEnd(world: World, posts: Posts): void {
  const { db, ledger } = world
  const rows = db.all<EventRow>(
    `SELECT e.id, e.tenant, e.deliveries, count(d.id) AS kept FROM events e LEFT JOIN deliveries d ON d.event = e.seq
     GROUP BY e.seq`,
  )
  for (const { id, deliveries, kept } of rows) {
    if (deliveries !== kept) ledger.violated(`${id} was stored with ${kept} of its ${deliveries} deliveries`)
  }
  const stored = new Map(rows.map((row) => [`${row.tenant} ${row.id}`, row]))
  for (const [number, posted] of posts.all) {
    checkPosted(world, number, posts.endOf(posted), posted, stored.get(`${posted.tenant} ${posted.id}`))
  }
  const silent = db.get<{ id: string }>('SELECT id FROM deliveries WHERE status >= 2 AND reason IS NULL')
  if (silent !== undefined) ledger.violated(`${silent.id} ended without a reason`)
}

function checkPosted(
  { ledger }: World,
  number: number,
  end: PostEnd,
  { count }: Posted,
  row: EventRow | undefined,
): void {
  if (end === 'ok' && row === undefined) ledger.violated(`event ${number} was accepted, but is not stored`)
  if (end === 'ok' && row !== undefined && row.deliveries !== count) {
    ledger.violated(`event ${number} was accepted with ${count} deliveries, but has ${row.deliveries}`)
  }
  if (end === 'fail' && row !== undefined) ledger.violated(`event ${number} was refused, but is stored`)
}
