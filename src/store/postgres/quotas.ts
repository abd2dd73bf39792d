// What all nodes together have used of request quotas: one row per caller and quota, one statement per share.

import { hash } from 'node:crypto'
import { limits } from '../../domain/limits.ts'
import type { QuotaGrant, QuotaRequest, QuotaStore } from '../../contracts/quota-store.ts'
import type { Database, Session } from './database.ts'

export function quotaRole(db: Database): QuotaStore {
  return {
    async takeQuota({ who, limit, at, requests, periodMs, wanted }: QuotaRequest): Promise<QuotaGrant> {
      // Time never goes back in a row, whatever the nodes' clocks say. The clock that is ahead opens the next window
      // for all: one that is behind goes on counting in it, and neither opens its own again nor refills a bucket twice.
      // No window ever lets more pass; a node whose clock is wrong by an hour makes its callers wait for so long.
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

/** One bounded step of removing rows that are as good as none. Gives the rows removed. */
export function pruneQuotas(session: Session, now: number, rowsMax: number): Promise<number> {
  // Asked twice: a row that was found may have been taken up again before it is locked.
  return session.run(
    `DELETE FROM quotas WHERE expires_at < $1 AND ctid = ANY(ARRAY(
       SELECT ctid FROM quotas WHERE expires_at < $1 LIMIT $2))`,
    now - limits.quotaKeptMs,
    rowsMax,
  )
}
