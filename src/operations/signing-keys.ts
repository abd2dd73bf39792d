// The key pairs of the installation, by dialect.

import { limits } from '../domain/limits.ts'
import type { Principal } from '../domain/principal.ts'
import { failure, invalidField, type Result, success } from '../domain/problem.ts'
import type { PublishedPair } from '../vault/installation-keys.ts'
import type { Context } from './context.ts'

/** The key pairs of a dialect that receivers may need, the newest first. `signs`: new deliveries are signed with it. */
export type SigningKey = PublishedPair & { readonly signs: boolean }

export function listSigningKeys(context: Context, dialect: string): Result<readonly SigningKey[]> {
  if (!context.dialects.has(dialect)) {
    return failure({ kind: 'notFound', what: 'dialect', id: dialect })
  }
  const now = context.clock.now()
  const pairs = context.installationKeys.published(dialect, now)
  const signing = pairs.find(({ signsAt }) => signsAt <= now)
  return success(pairs.map((pair) => ({ ...pair, signs: pair === signing })))
}

export interface KeyRotation {
  /** How long the new pair is published before it signs; default: `limits.installationKeyLeadMsDefault`. */
  readonly leadMs?: number
  /** How long the other pairs stay published after that; default: `limits.installationKeyOverlapMsDefault`. */
  readonly overlapMs?: number
}

/** Adds a key pair, which signs later. Returns all that are published. */
export async function rotateSigningKey(
  context: Context,
  principal: Principal,
  dialect: string,
  { leadMs = limits.installationKeyLeadMsDefault, overlapMs = limits.installationKeyOverlapMsDefault }: KeyRotation,
): Promise<Result<readonly SigningKey[]>> {
  const before = listSigningKeys(context, dialect)
  if (!before.ok) return before
  if (before.value.length === 0) {
    const detail = `${dialect} signs without a key of the installation`
    return failure({ kind: 'conflict', code: 'no_key_to_rotate', detail })
  }
  for (const [field, ms, msMax] of [
    ['leadSeconds', leadMs, limits.installationKeyLeadMsMax],
    ['overlapSeconds', overlapMs, limits.installationKeyOverlapMsMax],
  ] as const) {
    if (ms < 0 || ms > msMax) return invalidField(field, 'range', `must be 0 to ${msMax / 1000}`)
  }
  if (before.value.length >= limits.installationKeysMax) return failure(tooManyKeys)
  const now = context.clock.now()
  // Recorded first: a rotation without a record would be worse than a record of one that failed.
  const audited = { action: 'signing_key.rotate', object: dialect, tenant: null } as const
  await context.writer.recordAudit(context.auditTrail.recordOf(principal, audited))
  if (await context.installationKeys.rotate(dialect, now, now + leadMs, overlapMs)) {
    return listSigningKeys(context, dialect)
  }
  return failure(tooManyKeys)
}

const tooManyKeys = {
  kind: 'conflict',
  code: 'too_many_keys',
  detail: `${limits.installationKeysMax} keys of the dialect are published already`,
} as const
