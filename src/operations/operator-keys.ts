import { type OperatorKeyId, randomText } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { OperatorKey, OperatorRole } from '../domain/operator-key.ts'
import type { Principal } from '../domain/principal.ts'
import { failure, invalidField, type Result, success } from '../domain/problem.ts'
import type { StoredOperatorKey } from '../contracts/account-store.ts'
import { operatorKeyChange } from '../domain/audited-changes.ts'
import type { Context } from './context.ts'
import { hashApiKey, operatorKeyPrefix } from './key-cache.ts'

/** The operator keys that were created through the API, newest first. A row that no seal proves is left out. */
export async function listOperatorKeys(context: Context): Promise<readonly StoredOperatorKey[]> {
  const keys = await context.store.listOperatorKeys()
  return keys.filter((key) => context.seals.provesOperatorKey(key))
}

export async function getOperatorKey(context: Context, id: OperatorKeyId): Promise<Result<StoredOperatorKey>> {
  const key = (await listOperatorKeys(context)).find((one) => one.id === id)
  return key === undefined ? failure({ kind: 'notFound', what: 'operator key', id }) : success(key)
}

/** Creates an operator key. Only the result holds the text of the key: the database stores its hash. */
export async function createOperatorKey(
  context: Context,
  principal: Principal,
  input: { readonly name: string; readonly role: OperatorRole; readonly expiresAt: number | null },
): Promise<Result<{ readonly operatorKey: OperatorKey; readonly text: string }>> {
  const now = context.clock.now()
  if (input.expiresAt !== null && input.expiresAt <= now) {
    return invalidField('expiresAt', 'range', 'must be in the future')
  }
  if ((await context.store.listOperatorKeys()).length >= limits.operatorKeysMax) {
    const detail = `there are at most ${limits.operatorKeysMax} operator keys: delete those that are not used any more`
    return failure({ kind: 'conflict', code: 'too_many_operator_keys', detail })
  }
  const text = operatorKeyPrefix + randomText(context.randomBytes, 40)
  const operatorKey: OperatorKey = {
    id: `opk_${randomText(context.randomBytes, 20)}` as OperatorKeyId,
    ...input,
    hint: text.slice(-4),
    createdAt: now,
  }
  const change = operatorKeyChange(null, operatorKey)
  const audited = { action: 'operator_key.create', object: operatorKey.id, tenant: null, change } as const
  await context.writer.createOperatorKey(operatorKey, hashApiKey(text), context.auditTrail.recordOf(principal, audited))
  return success({ operatorKey, text })
}

/** Changes the given fields. `expiresAt` in the past ends the key at once. */
export async function changeOperatorKey(
  context: Context,
  principal: Principal,
  id: OperatorKeyId,
  change: Partial<Pick<OperatorKey, 'name' | 'expiresAt'>>,
): Promise<Result<OperatorKey>> {
  const before = await getOperatorKey(context, id)
  if (!before.ok) return before
  const after = { ...before.value, ...change }
  const audit = context.auditTrail.recordOf(principal, {
    action: 'operator_key.change',
    object: id,
    tenant: null,
    change: operatorKeyChange(before.value, after),
  })
  if ((await context.writer.updateOperatorKey(after, before.value.seal, audit)) === 'written') return success(after)
  const detail = 'the operator key was changed by another request'
  return failure({ kind: 'conflict', code: 'changed_meanwhile', detail })
}

/** Deletes an operator key: requests with it are refused from the response on. */
export async function deleteOperatorKey(
  context: Context,
  principal: Principal,
  id: OperatorKeyId,
): Promise<Result<null>> {
  const audit = context.auditTrail.recordOf(principal, { action: 'operator_key.delete', object: id, tenant: null })
  return (await context.writer.deleteOperatorKey(id, audit)) === 'written'
    ? success(null)
    : failure({ kind: 'notFound', what: 'operator key', id })
}
