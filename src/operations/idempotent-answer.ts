// Idempotency keys: the response to a change (its answer) is stored in the transaction of the change. A client that
// repeats the request, for example after a broken connection, gets the stored response, and nothing is changed again.

import type { ApiKeyId, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { StoredAnswer } from '../contracts/account-store.ts'
import { VaultError } from '../vault/vault.ts'
import type { Context } from './context.ts'

/** How the API responds to a change. `render` is called before the change is stored. */
export interface IdempotentAnswer<Value> {
  readonly apiKey: ApiKeyId
  readonly idempotencyKey: string
  /** Method and path of the request. */
  readonly route: string
  render(value: Value): { readonly status: number; readonly body: string }
}

/** Code of a conflict: another request with the same Idempotency-Key was first. */
export const idempotencyKeyTaken = 'idempotency_key_taken'

/** The answer to store with a change, its body sealed; null: the request has no Idempotency-Key. */
export function sealAnswer<Value>(
  context: Context,
  tenant: TenantId,
  answer: IdempotentAnswer<Value> | null,
  value: Value,
): StoredAnswer | null {
  if (answer === null) return null
  const { apiKey, idempotencyKey, route } = answer
  const { status, body } = answer.render(value)
  const sealedBody = context.seals.plain.seal(body, contextOf(apiKey, idempotencyKey))
  const expiresAt = context.clock.now() + limits.idempotencyMs
  return { apiKey, tenant, idempotencyKey, route, status, sealedBody, expiresAt }
}

/** The stored answer of an earlier request with this key, and its route (method and path); null: there is none to use. */
export async function findAnswer(
  context: Context,
  apiKey: ApiKeyId,
  idempotencyKey: string,
): Promise<{ readonly route: string; readonly status: number; readonly body: string } | null> {
  const answer = await context.store.findAnswer(apiKey, idempotencyKey, context.clock.now())
  if (answer === null) return null
  try {
    const body = context.seals.plain.open(answer.sealedBody, contextOf(apiKey, idempotencyKey))
    return { route: answer.route, status: answer.status, body }
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    context.observer.unproved(`answer stored for ${apiKey}`)
    return null
  }
}

function contextOf(apiKey: ApiKeyId, idempotencyKey: string): string {
  return `answer|${apiKey}|${idempotencyKey}`
}
