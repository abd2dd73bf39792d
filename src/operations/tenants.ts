import { type Erasure, newErasure } from '../domain/erasure.ts'
import type { TenantId } from '../domain/ids.ts'
import { systemTenant } from '../domain/operational-events.ts'
import type { Principal } from '../domain/principal.ts'
import { type FieldError, failure, invalidField, type Result, success } from '../domain/problem.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { PageRequest, SearchedPage } from '../contracts/page.ts'
import type { Dialect } from '../contracts/dialect.ts'
import { tenantChange } from '../domain/audited-changes.ts'
import { type Context, dialectOf } from './context.ts'
import { choiceFault } from './choice-fault.ts'
import { findErasure } from './erasures.ts'

/** Creates a tenant. By default its id is generated and it has no settings. */
export async function createTenant(
  context: Context,
  principal: Principal,
  input: {
    readonly id?: string
    readonly dialect: string
    readonly name?: string | null
    readonly settings?: Readonly<Record<string, string>>
  } & RetentionInput,
): Promise<Result<Tenant>> {
  const dialect = context.dialects.get(input.dialect)
  if (dialect === undefined) {
    return invalidField('dialect', 'choice', `must be one of: ${[...context.dialects.keys()].join(', ')}`)
  }
  if (input.id === systemTenant) {
    return invalidField('id', 'choice', 'is that of operational events: its first endpoint creates this tenant')
  }
  if (input.id !== undefined && !dialect.tenantIdPattern.test(input.id)) {
    return invalidField('id', 'format', `must be ${dialect.tenantIdWords}`)
  }
  // Clients of HTTP resolve both in paths, so no request could name the tenant.
  if (input.id === '.' || input.id === '..') return invalidField('id', 'format', 'must not be . or ..')
  const faults = settingFaults(dialect, input.settings ?? {})
  if (faults.length > 0) return failure({ kind: 'invalid', where: 'body', fields: faults })
  const tenant: Tenant = {
    id: (input.id ?? dialect.newTenantId(context.randomBytes)) as TenantId,
    dialect: dialect.name,
    name: input.name ?? null,
    settings: input.settings ?? {},
    createdAt: context.clock.now(),
    ...retentionOf(input, {}),
  }
  const { id } = tenant
  const change = tenantChange(null, tenant)
  const audit = context.auditTrail.recordOf(principal, { action: 'tenant.create', object: id, tenant: id, change })
  return (await context.writer.createTenant(tenant, audit)) === 'written'
    ? success(tenant)
    : failure({ kind: 'conflict', code: 'tenant_exists', detail: `tenant ${id} exists already` })
}

/** Null: as the installation; absent: unchanged. */
interface RetentionInput {
  readonly retainSeconds?: number | null
  readonly retainDataSeconds?: number | null
}

type Retention = Pick<Tenant, 'retainSeconds' | 'retainDataSeconds'>

function retentionOf(input: RetentionInput, before: Retention): Retention {
  const { retainSeconds = before.retainSeconds, retainDataSeconds = before.retainDataSeconds } = input
  return { ...(retainSeconds && { retainSeconds }), ...(retainDataSeconds && { retainDataSeconds }) }
}

/** Changes the given fields. `settings` replaces all settings. */
export async function changeTenant(
  context: Context,
  principal: Principal,
  id: TenantId,
  change: { readonly name?: string | null; readonly settings?: Readonly<Record<string, string>> } & RetentionInput,
): Promise<Result<Tenant>> {
  const before = await context.tenantCache.load(id)
  if (before === null) return failure({ kind: 'notFound', what: 'tenant', id })
  const faults = settingFaults(dialectOf(context, before.tenant), change.settings ?? {})
  if (faults.length > 0) return failure({ kind: 'invalid', where: 'body', fields: faults })
  const { name = before.tenant.name, settings = before.tenant.settings } = change
  const changed = { name, settings, ...retentionOf(change, before.tenant) }
  const { dialect, createdAt } = before.tenant
  const audit = context.auditTrail.recordOf(principal, {
    action: 'tenant.change',
    object: id,
    tenant: id,
    change: tenantChange(before.tenant, changed),
  })
  const written = await context.writer.updateTenant(id, changed, audit)
  return written === 'written'
    ? success({ id, dialect, createdAt, ...changed })
    : failure({ kind: 'notFound', what: 'tenant', id })
}

/** The faults of settings of a tenant. */
export function settingFaults(dialect: Dialect, settings: Readonly<Record<string, string>>): FieldError[] {
  return Object.entries(settings).flatMap(([name, value]): FieldError[] => {
    const choices = Object.hasOwn(dialect.tenantSettings, name) ? dialect.tenantSettings[name] : undefined
    if (choices === undefined) {
      return [{ field: `settings.${name}`, rule: 'unknown', message: `is not a setting of ${dialect.name}` }]
    }
    return choices.includes(value) ? [] : [choiceFault(`settings.${name}`, choices)]
  })
}

/** Deletes a tenant. From then on its data is shown to no caller; the erasure removes all of it. */
export async function deleteTenant(context: Context, principal: Principal, id: TenantId): Promise<Result<Erasure>> {
  const erasure = newErasure(context.clock.now(), context.randomBytes)
  const audit = context.auditTrail.recordOf(principal, { action: 'tenant.delete', object: id, tenant: id })
  const written = await context.writer.deleteTenant(id, erasure, audit)
  return written === 'written' ? findErasure(context, erasure.id) : failure({ kind: 'notFound', what: 'tenant', id })
}

/** Tenants, newest first; null: of all dialects, and of any id and name. @param text the beginning of an id or a name */
export function listTenants(
  context: Context,
  page: PageRequest,
  dialect: string | null,
  text: string | null,
): Promise<SearchedPage<Tenant>> {
  return context.store.listTenants(page, dialect, text)
}
