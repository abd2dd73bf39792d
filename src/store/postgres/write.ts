// Writes a change of a tenant, a key or an endpoint and its envelope in one transaction: both or neither.

import { limits } from '../../domain/limits.ts'
import type { StoredAnswer, WriteEnvelope, WriteResult } from '../../contracts/account-store.ts'
import { Abort } from '../abort.ts'
import { addAudit } from './audit.ts'
import type { Changes, ChangeSession } from './changes.ts'
import type { Session } from './database.ts'
import { labelOf } from './labels.ts'

/** @param action throws `Abort` to write nothing */
export async function write(
  changes: Changes,
  envelope: WriteEnvelope | undefined,
  action: (change: ChangeSession) => Promise<void>,
): Promise<WriteResult> {
  const { answer = null, audit = [], reloads = [] } = envelope ?? {}
  try {
    return await changes.make<WriteResult>(async (change) => {
      if (answer !== null && !(await storeAnswer(change.session, answer))) throw new Abort('taken')
      await action(change)
      for (const tenant of reloads) await change.tenantChanged(tenant)
      await addAudit(change.session, audit)
      return 'written'
    })
  } catch (error) {
    if (error instanceof Abort) return error.result
    throw error
  }
}

/** False: another answer has this idempotency key. */
async function storeAnswer(session: Session, answer: StoredAnswer): Promise<boolean> {
  const expiredBefore = answer.expiresAt - limits.idempotencyMs
  await session.run(
    'DELETE FROM idempotent_answers WHERE api_key = $1 AND idempotency_key = $2 AND expires_at <= $3',
    answer.apiKey,
    answer.idempotencyKey,
    expiredBefore,
  )
  const inserted = await session.run(
    `INSERT INTO idempotent_answers (api_key, idempotency_key, route, status, sealed_body, expires_at, tenant,
       sealed_digest)
     VALUES ($1, $2, $3, $4, $5, $6, ${labelOf('$7')}, $8) ON CONFLICT DO NOTHING`,
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
