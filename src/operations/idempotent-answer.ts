// Idempotency keys: the answer to a change is written in the change's own transaction, so that a client that repeats
// its request, after whatever happened, gets the first answer and no second change.

import type { ApiKeyId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { StoredAnswer } from '../contracts/account-store.ts'
import type { Context } from './context.ts'

/** How the API that was called would answer a change; `render` is called before the change is stored. */
export interface IdempotentAnswer<Value> {
  readonly apiKey: ApiKeyId
  readonly idempotencyKey: string
  /** Method and path of the request. */
  readonly route: string
  render(value: Value): { readonly status: number; readonly body: string }
}

/** The code of the conflict that tells that another request with the same Idempotency-Key was first. */
export const idempotencyKeyTaken = 'idempotency_key_taken'

export function sealAnswer<Value>(
  context: Context,
  answer: IdempotentAnswer<Value> | null,
  value: Value,
): StoredAnswer | null {
  if (answer === null) return null
  const { apiKey, idempotencyKey, route } = answer
  const { status, body } = answer.render(value)
  const sealedBody = context.vault.seal(body, contextOf(apiKey, idempotencyKey))
  return { apiKey, idempotencyKey, route, status, sealedBody, expiresAt: context.clock.now() + limits.idempotencyMs }
}

/** What was answered before under this key, and for which route. */
export async function findAnswer(
  context: Context,
  apiKey: ApiKeyId,
  idempotencyKey: string,
): Promise<{ readonly route: string; readonly status: number; readonly body: string } | null> {
  const answer = await context.store.findAnswer(apiKey, idempotencyKey, context.clock.now())
  if (answer === null) return null
  const body = context.vault.open(answer.sealedBody, contextOf(apiKey, idempotencyKey))
  return { route: answer.route, status: answer.status, body }
}

function contextOf(apiKey: ApiKeyId, idempotencyKey: string): string {
  return `answer|${apiKey}|${idempotencyKey}`
}
