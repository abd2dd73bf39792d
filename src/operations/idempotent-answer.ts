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
  /** SHA-256 of method, path and body of the request, hex. */
  readonly digest: string
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
  const { apiKey, idempotencyKey, route, digest } = answer
  const { status, body } = answer.render(value)
  const { plain } = context.seals
  const sealedBody = plain.seal(body, contextOf('answer', apiKey, idempotencyKey))
  const sealedDigest = plain.seal(digest, contextOf('request', apiKey, idempotencyKey))
  const expiresAt = context.clock.now() + limits.idempotencyMs
  return { apiKey, tenant, idempotencyKey, route, status, sealedBody, sealedDigest, expiresAt }
}

export interface FoundAnswer {
  /** Method and path of the request that it belongs to. */
  readonly route: string
  /** The digest of that request; null: an older version stored the answer. */
  readonly digest: string | null
  readonly status: number
  readonly body: string
}

/** The stored answer of an earlier request with this key; null: there is none to use. */
export async function findAnswer(
  context: Context,
  apiKey: ApiKeyId,
  idempotencyKey: string,
): Promise<FoundAnswer | null> {
  const answer = await context.store.findAnswer(apiKey, idempotencyKey, context.clock.now())
  if (answer === null) return null
  try {
    const { plain } = context.seals
    const { route, status, sealedBody, sealedDigest } = answer
    const body = plain.open(sealedBody, contextOf('answer', apiKey, idempotencyKey))
    const digest = sealedDigest && plain.open(sealedDigest, contextOf('request', apiKey, idempotencyKey))
    return { route, digest, status, body }
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    context.observer.unproved(`answer stored for ${apiKey}`)
    return null
  }
}

function contextOf(part: 'answer' | 'request', apiKey: ApiKeyId, idempotencyKey: string): string {
  return `${part}|${apiKey}|${idempotencyKey}`
}
