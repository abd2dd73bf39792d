import type { ApiKey } from '../domain/api-key.ts'
import { type ApiKeyId, randomText, type TenantId } from '../domain/ids.ts'
import { type FieldError, failure, invalidField, type Result, success } from '../domain/problem.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { Page, PageRequest } from '../contracts/store.ts'
import type { Dialect } from '../contracts/dialect.ts'
import type { Context } from './context.ts'
import { hashApiKey } from './key-ring.ts'

export async function createTenant(
  context: Context,
  input: {
    readonly id?: string
    readonly dialect: string
    readonly name?: string | null
    readonly settings?: Readonly<Record<string, string>>
  },
): Promise<Result<Tenant>> {
  const dialect = context.dialects.get(input.dialect)
  if (dialect === undefined) {
    return invalidField('dialect', 'choice', `must be one of: ${[...context.dialects.keys()].join(', ')}`)
  }
  if (input.id !== undefined && !dialect.tenantIdPattern.test(input.id)) {
    return invalidField('id', 'format', `must match ${dialect.tenantIdPattern.source}`)
  }
  const faults = settingFaults(dialect, input.settings ?? {})
  if (faults.length > 0) return failure({ kind: 'invalid', where: 'body', fields: faults })
  const tenant: Tenant = {
    id: (input.id ?? dialect.newTenantId(context.randomBytes)) as TenantId,
    dialect: dialect.name,
    name: input.name ?? null,
    settings: input.settings ?? {},
    createdAt: context.clock.now(),
  }
  const created = await context.store.createTenant(tenant)
  if (!created)
    return failure({ kind: 'conflict', code: 'tenant_exists', detail: `tenant ${tenant.id} exists already` })
  context.directory.drop(tenant.id)
  return success(tenant)
}

/** Changes the fields that are given; settings are replaced as a whole. */
export async function changeTenant(
  context: Context,
  id: TenantId,
  change: { readonly name?: string | null; readonly settings?: Readonly<Record<string, string>> },
): Promise<Result<Tenant>> {
  const before = await context.directory.load(id)
  if (before === null) return failure({ kind: 'notFound', what: 'tenant', id })
  const faults = settingFaults(before.dialect, change.settings ?? {})
  if (faults.length > 0) return failure({ kind: 'invalid', where: 'body', fields: faults })
  const { name = before.tenant.name, settings = before.tenant.settings } = change
  const changed = await context.store.updateTenant(id, { name, settings })
  context.directory.drop(id)
  return changed ? success({ ...before.tenant, name, settings }) : failure({ kind: 'notFound', what: 'tenant', id })
}

function settingFaults(dialect: Dialect, settings: Readonly<Record<string, string>>): FieldError[] {
  return Object.entries(settings).flatMap(([name, value]): FieldError[] => {
    const choices = Object.hasOwn(dialect.tenantSettings, name) ? dialect.tenantSettings[name] : undefined
    if (choices === undefined) {
      return [{ field: `settings.${name}`, rule: 'unknown', message: `is not a setting of ${dialect.name}` }]
    }
    return choices.includes(value) ? [] : [choiceFault(`settings.${name}`, choices)]
  })
}

/** Takes the tenant's keys, endpoints and pending deliveries with it, at once. */
export async function deleteTenant(context: Context, id: TenantId): Promise<Result<null>> {
  const view = await context.directory.load(id)
  const deleted = await context.store.deleteTenant(id, context.clock.now())
  context.keys.drop()
  context.directory.drop(id)
  for (const { endpoint } of view?.endpoints ?? []) {
    context.engine.endpointChanged(id, { endpoint: endpoint.key, deleted: true })
  }
  return deleted ? success(null) : failure({ kind: 'notFound', what: 'tenant', id })
}

/** Newest first. */
export function listTenants(context: Context, page: PageRequest, dialect: string | null): Promise<Page<Tenant>> {
  return context.store.listTenants(page, dialect)
}

/** Newest first, revoked ones included. */
export function listApiKeys(context: Context, page: PageRequest, tenant: TenantId | null): Promise<Page<ApiKey>> {
  return context.store.listKeys(page, tenant)
}

export interface ApiKeyInput {
  readonly tenants: readonly string[]
  readonly scopes?: readonly string[]
  readonly role?: string
  readonly name?: string | null
}

/** The new key's text is in the result and nowhere else: only its hash is kept. */
export async function createApiKey(
  context: Context,
  input: ApiKeyInput,
): Promise<Result<{ readonly apiKey: ApiKey; readonly text: string }>> {
  const ids = [...new Set(input.tenants)] as TenantId[]
  const views = await Promise.all(ids.map((id) => context.directory.load(id)))
  const unknown = ids.find((_id, index) => views[index] === null)
  if (unknown !== undefined) {
    return invalidField(`tenants.${input.tenants.indexOf(unknown)}`, 'choice', `there is no tenant ${unknown}`)
  }
  const dialect = views[0]?.dialect
  if (dialect === undefined || views.some((view) => view?.dialect !== dialect)) {
    return invalidField('tenants', 'choice', 'must be tenants of one dialect')
  }
  const faults: FieldError[] = []
  if (ids.length > dialect.tenantsPerKeyMax) {
    const message = `must name at most ${dialect.tenantsPerKeyMax}: that is what a key of ${dialect.name} speaks for`
    faults.push({ field: 'tenants', rule: 'length', message })
  }
  const scopes = input.scopes ?? dialect.scopes
  for (const [index, scope] of scopes.entries()) {
    if (!dialect.scopes.includes(scope)) faults.push(choiceFault(`scopes.${index}`, dialect.scopes))
  }
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
  await context.store.createKey(apiKey, hashApiKey(text))
  return success({ apiKey, text })
}

/** From the answer on the key is refused. */
export async function revokeApiKey(context: Context, id: ApiKeyId): Promise<Result<null>> {
  const revoked = await context.store.revokeKey(id, context.clock.now())
  context.keys.drop()
  return revoked ? success(null) : failure({ kind: 'notFound', what: 'key', id })
}

function choiceFault(field: string, choices: readonly string[]): FieldError {
  const message = choices.length === 0 ? 'this dialect has none' : `must be one of: ${choices.join(', ')}`
  return { field, rule: 'choice', message }
}
