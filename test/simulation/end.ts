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
    `SELECT e.id, t.id AS tenant, e.deliveries, count(d.id) AS kept
     FROM events e JOIN tenants t ON t.label = e.tenant LEFT JOIN deliveries d ON d.event = e.seq GROUP BY e.seq`,
  )
  // Their tenants have deleted an endpoint with its history.
  const shortened = new Set(
    db.all<{ tenant: string }>(`SELECT tenant FROM erasures WHERE erases = 'endpoint'`).map(({ tenant }) => tenant),
  )
  for (const { id, tenant, deliveries, kept } of rows) {
    // Replays may have added some, to other endpoints.
    if (kept < deliveries && !shortened.has(tenant))
      ledger.violated(`${id} was stored with ${kept} of its ${deliveries} deliveries`)
  }
  const stored = new Map(rows.map((row) => [`${row.tenant} ${row.id}`, row]))
  const tenants = new Set(db.all<{ id: string }>('SELECT id FROM tenants').map(({ id }) => id))
  for (const [number, posted] of posts.all) {
    // The event of a deleted tenant is erased.
    if (!tenants.has(posted.tenant)) continue
    checkPosted(world, number, posts.endOf(posted), posted, stored.get(`${posted.tenant} ${posted.id}`))
  }
  const left = db.get<{ tenant: string }>(
    `SELECT tenant FROM (SELECT tenant FROM events UNION SELECT tenant FROM endpoints)
     WHERE tenant NOT IN (SELECT label FROM tenants)`,
  )
  if (left !== undefined) ledger.violated(`rows of ${left.tenant} are left after its erasure`)
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
