// Request quotas that all nodes use together: one row for each caller and quota, one statement for each share.

import { hash } from 'node:crypto'
import { limits } from '../../domain/limits.ts'
import type { QuotaGrant, QuotaRequest, QuotaStore } from '../../contracts/quota-store.ts'
import type { Database, Session } from './database.ts'

export function quotaRole(db: Database): QuotaStore {
  return {
    async takeQuota({ who, limit, at, requests, periodMs, wanted }: QuotaRequest): Promise<QuotaGrant> {
      // The time in a row never goes back, however the clocks of the nodes differ. The node whose clock is ahead opens
      // the next window for all nodes. A node whose clock is behind counts in that window: it neither opens an earlier
      // window again nor refills a bucket twice. So no window ever lets more requests pass. A node whose clock is wrong
      // by an hour makes its callers wait for an hour.
      const row = await db.get<QuotaGrant>(
        `INSERT INTO quotas AS q (who, at, used, granted, expires_at)
         VALUES ($1, $2, least($6::float8, $3::float8), least($6::float8, $3::float8),
           $2::bigint + ceil($3::float8 * $5::float8 / $4::float8)::bigint)
         ON CONFLICT (who) DO UPDATE SET (at, used, granted, expires_at) = (
           SELECT greatest(q.at, excluded.at), level.used + share.granted, share.granted,
             greatest(q.expires_at, excluded.expires_at)
           FROM (SELECT greatest(0, q.used - greatest(0, excluded.at - q.at) * $4::float8 / $5::float8) AS used) level,
             LATERAL (SELECT greatest(0, least($6::float8, floor($3::float8 - level.used))) AS granted) share)
         RETURNING at, used, granted`,
        hash('sha256', who, 'buffer'),
        at,
        limit,
        requests,
        periodMs,
        wanted,
      )
      return row as QuotaGrant
    },
  }
}

/** One bounded step of removing rows that have expired and no longer count. Returns the number of rows removed. */
export function pruneQuotas(session: Session, now: number, rowsMax: number): Promise<number> {
  // The condition is checked twice: a row may have been used again between the search and the lock.
  return session.run(
    `DELETE FROM quotas WHERE expires_at < $1 AND ctid = ANY(ARRAY(
       SELECT ctid FROM quotas WHERE expires_at < $1 LIMIT $2))`,
    now - limits.quotaKeptMs,
    rowsMax,
  )
}
