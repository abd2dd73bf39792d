// Writes a change of a tenant, a key or an endpoint and its envelope in one transaction: both or neither.

import { limits } from '../../domain/limits.ts'
import type { StoredAnswer, WriteEnvelope, WriteResult } from '../../contracts/account-store.ts'
import { Abort } from '../abort.ts'
import { addAudit } from './audit.ts'
import type { Database } from './database.ts'
import { labelOf } from './labels.ts'
import { nextVersion } from './versions.ts'

/** @param change throws `Abort` to write nothing */
export function write(db: Database, envelope: WriteEnvelope | undefined, change: () => void): WriteResult {
  const { answer = null, audit = [], reloads = [] } = envelope ?? {}
  try {
    // The former secrets, headers and URL of an endpoint may be long, and are on pages of their own then.
    return db.overwriting(() => {
      if (answer !== null && !storeAnswer(db, answer)) throw new Abort('taken')
      change()
      for (const tenant of reloads) nextVersion(db, tenant)
      addAudit(db, audit)
      return 'written'
    })
  } catch (error) {
    if (error instanceof Abort) return error.result
    throw error
  }
}

/** False: another answer has this idempotency key. */
function storeAnswer(db: Database, answer: StoredAnswer): boolean {
  const expiredBefore = answer.expiresAt - limits.idempotencyMs
  db.run(
    'DELETE FROM idempotent_answers WHERE api_key = ? AND idempotency_key = ? AND expires_at <= ?',
    answer.apiKey,
    answer.idempotencyKey,
    expiredBefore,
  )
  const inserted = db.run(
    `INSERT INTO idempotent_answers VALUES (?, ?, ?, ?, ?, ?, ${labelOf('?')}, ?) ON CONFLICT DO NOTHING`,
    answer.apiKey,
    answer.idempotencyKey,
    answer.route,
    answer.status,
    answer.sealedBody,
    answer.expiresAt,
    answer.tenant,
    answer.sealedDigest,
  )
  return inserted === 1
}
