import type { ApiKey } from '../domain/api-key.ts'
import { type ApiKeyId, randomText, type TenantId } from '../domain/ids.ts'
import { type FieldError, failure, invalidField, type Result, success } from '../domain/problem.ts'
import type { Principal } from '../domain/principal.ts'
import type { Page, PageRequest } from '../contracts/page.ts'
import { keyChange } from '../domain/audited-changes.ts'
import { choiceFault } from './choice-fault.ts'
import { type Context, dialectOf } from './context.ts'
import { hashApiKey } from './key-cache.ts'
import { apiKeyOf } from '../vault/row-seals.ts'

/** API keys, newest first, including revoked keys; `tenant` null: of all tenants. */
export async function listApiKeys(context: Context, page: PageRequest, tenant: TenantId | null): Promise<Page<ApiKey>> {
  const { rows, next } = await context.store.listKeys(page, tenant)
  return { rows: rows.map(apiKeyOf), next }
}

export interface ApiKeyInput {
  readonly tenants: readonly string[]
  readonly scopes?: readonly string[]
  readonly role?: string
  readonly name?: string | null
}

/** Creates an API key. Only the result holds the text of the key: the database stores its hash. */
export async function createApiKey(
  context: Context,
  principal: Principal,
  input: ApiKeyInput,
): Promise<Result<{ readonly apiKey: ApiKey; readonly text: string }>> {
  const ids = [...new Set(input.tenants)] as TenantId[]
  const tenants = await Promise.all(ids.map((id) => context.tenantCache.load(id)))
  const unknown = ids.find((_id, index) => tenants[index] === null)
  if (unknown !== undefined) {
    return invalidField(`tenants.${input.tenants.indexOf(unknown)}`, 'choice', `is not known: ${unknown}`)
  }
  const [first] = tenants
  if (!first || tenants.some((tenant) => tenant?.dialect !== first.dialect)) {
    return invalidField('tenants', 'choice', 'must be tenants of one dialect')
  }
  const dialect = dialectOf(context, first.tenant)
  const faults: FieldError[] = []
  if (ids.length > dialect.tenantsPerKeyMax) {
    const message = `must name at most ${dialect.tenantsPerKeyMax}: that is what a key of ${dialect.name} speaks for`
    faults.push({ field: 'tenants', rule: 'length', message })
  }
  const scopes = input.scopes ?? dialect.defaultScopes ?? dialect.scopes
  const isClosed = dialect.scopesAreAll === true || dialect.scopes.length === 0
  const wrong = isClosed ? scopes.findIndex((scope) => !dialect.scopes.includes(scope)) : -1
  if (wrong !== -1) faults.push(choiceFault(`scopes.${wrong}`, dialect.scopes))
  const role = input.role ?? dialect.roles[0] ?? null
  if (role !== null && !dialect.roles.includes(role)) faults.push(choiceFault('role', dialect.roles))
  if (faults.length > 0) return failure({ kind: 'invalid', where: 'body', fields: faults })

  const text = dialect.newApiKey(context.randomBytes)
  const apiKey: ApiKey = {
    id: `key_${randomText(context.randomBytes, 20)}` as ApiKeyId,
    dialect: dialect.name,
    tenants: ids,
    scopes: [...new Set(scopes)],
    role,
    name: input.name ?? null,
    hint: text.slice(-4),
    createdAt: context.clock.now(),
    revokedAt: null,
  }
  const audit = context.auditTrail.recordOf(principal, {
    action: 'key.create',
    object: apiKey.id,
    tenant: ids.length === 1 ? first.tenant.id : null,
    change: keyChange(null, apiKey),
  })
  const kept = dialect.signsWithApiKeys ? text : null
  const written = await context.writer.createKey(apiKey, hashApiKey(text), kept, audit)
  if (written === 'written') return success({ apiKey, text })
  return invalidField('tenants', 'choice', 'must be tenants that exist')
}

/** Revokes an API key: requests with it are refused from the response on. */
export async function revokeApiKey(context: Context, principal: Principal, id: ApiKeyId): Promise<Result<null>> {
  const audit = context.auditTrail.recordOf(principal, { action: 'key.revoke', object: id, tenant: null })
  return (await context.writer.revokeKey(id, audit)) === 'written'
    ? success(null)
    : failure({ kind: 'notFound', what: 'key', id })
}
